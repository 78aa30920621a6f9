//! The chain: each entry's hash covers the one before it, and a salted digest stands for its value, so that
//! the value can be erased and the chain still holds.

use ring::digest::{Context, SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

pub type Hash = [u8; 32];
pub type Salt = [u8; 16];

/// Everything of an entry that its hash covers besides the value, which the digest stands for.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    pub seq: u32,
    pub kind: u8,
    /// Microseconds since 1970.
    pub at: i64,
    /// The intent that an outcome belongs to; 0, the run's start, where there is none.
    pub of: u32,
    pub status: u8,
    pub digest: Hash,
}

impl Link {
    pub fn hash(&self, previous: &Hash) -> Hash {
        let mut context = Context::new(&SHA256);
        context.update(previous);
        context.update(&self.seq.to_be_bytes());
        context.update(&[self.kind, self.status]);
        context.update(&self.at.to_be_bytes());
        context.update(&self.of.to_be_bytes());
        context.update(&self.digest);
        fixed(context.finish())
    }
}

/// What the first entry of a run hangs on: the run's own id.
pub fn root(run: &str) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(b"usher ledger 1 ");
    context.update(run.as_bytes());
    fixed(context.finish())
}

/// The salt keeps a short value (an address, a name) from being guessed from its digest once it is erased.
pub fn salted(salt: &Salt, value: &[u8]) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(salt);
    context.update(value);
    fixed(context.finish())
}

pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

/// A hash of any bytes as hexadecimal text, for scripts and inputs.
pub fn fingerprint(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}

pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [DIGITS[(byte >> 4) as usize] as char, DIGITS[(byte & 15) as usize] as char])
        .collect()
}

pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let text = text.as_bytes();
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let digit = |at: usize| (pair[at] as char).to_digit(16);
        *byte = (digit(0)? << 4 | digit(1)?) as u8;
    }
    Some(bytes)
}

fn fixed(digest: ring::digest::Digest) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest.as_ref());
    hash
}
