//! How a file of secrets is closed: by who may read it, and in a build with `keyring` by a key in the platform's keyring.
//!
//! The keyring holds a key, not the tokens: some keyrings take 2,560 bytes, which one access token alone can exceed.

use zeroize::Zeroizing;

/// Closes and opens files.
#[derive(Clone, Debug)]
pub(super) enum Seal {
    /// As it is: the file is readable for the user alone.
    #[cfg(not(feature = "keyring"))]
    Plain,
    #[cfg(feature = "keyring")]
    Keyring,
}

type Opened = Zeroizing<Vec<u8>>;

#[cfg(not(feature = "keyring"))]
impl Seal {
    /// The one that this build has.
    pub(super) fn usual() -> Seal {
        Seal::Plain
    }

    pub(super) fn close(&self, _name: &str, text: &[u8]) -> Result<Opened, String> {
        Ok(Zeroizing::new(text.to_vec()))
    }

    pub(super) fn open(&self, _name: &str, bytes: &[u8]) -> Result<Opened, String> {
        if bytes.starts_with(sealed::MARK) {
            return Err("it was closed by a build of usher that uses the platform's keyring".to_owned());
        }
        Ok(Zeroizing::new(bytes.to_vec()))
    }

    pub(super) fn forget(&self, _name: &str) {}

    pub(super) fn in_words(&self) -> &'static str {
        "a file that only you can read"
    }
}

#[cfg(feature = "keyring")]
impl Seal {
    /// The one that this build has.
    pub(super) fn usual() -> Seal {
        Seal::Keyring
    }

    pub(super) fn close(&self, name: &str, text: &[u8]) -> Result<Opened, String> {
        let key = match keys::find(name)? {
            Some(key) => key,
            None => keys::make(name)?,
        };
        sealed::close(&key, text)
    }

    pub(super) fn open(&self, name: &str, bytes: &[u8]) -> Result<Opened, String> {
        let key = keys::find(name)?.ok_or("the platform's keyring has no key for it any more")?;
        sealed::open(&key, bytes)
    }

    pub(super) fn forget(&self, name: &str) {
        keys::remove(name);
    }

    pub(super) fn in_words(&self) -> &'static str {
        "closed with a key that the platform's keyring keeps"
    }
}

/// A key of the platform's keyring for each profile.
#[cfg(feature = "keyring")]
mod keys {
    use keyring::v1::{Entry, Error};
    use ring::rand::{SecureRandom, SystemRandom};
    use zeroize::Zeroizing;

    use super::sealed::KEY_LENGTH;

    type Key = Zeroizing<Vec<u8>>;

    fn entry(name: &str) -> Result<Entry, String> {
        Entry::new("usher", name).map_err(said)
    }

    fn said(error: Error) -> String {
        format!("the platform's keyring cannot be used: {error}")
    }

    pub fn find(name: &str) -> Result<Option<Key>, String> {
        match entry(name)?.get_secret() {
            Ok(key) if key.len() == KEY_LENGTH => Ok(Some(Zeroizing::new(key))),
            Ok(_) | Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(said(error)),
        }
    }

    pub fn make(name: &str) -> Result<Key, String> {
        let mut key = Zeroizing::new(vec![0; KEY_LENGTH]);
        SystemRandom::new().fill(&mut key).map_err(|_| "the system gives no random numbers".to_owned())?;
        entry(name)?.set_secret(&key).map_err(said)?;
        Ok(key)
    }

    pub fn remove(name: &str) {
        // Without the file the key opens nothing; that it could not be removed is no reason to fail.
        let _ = entry(name).and_then(|entry| entry.delete_credential().map_err(said));
    }
}

/// What a closed file looks like: a mark, a number used once, and the text under AES-256-GCM.
#[cfg_attr(
    not(feature = "keyring"),
    allow(dead_code, reason = "read by builds with `keyring`, tried by the tests")
)]
mod sealed {
    use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
    use ring::rand::{SecureRandom, SystemRandom};
    use zeroize::Zeroizing;

    pub const MARK: &[u8] = b"usher-sealed-1\n";
    pub const KEY_LENGTH: usize = 32;

    fn key(bytes: &[u8]) -> Result<LessSafeKey, String> {
        let key = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| "the key is not one".to_owned())?;
        Ok(LessSafeKey::new(key))
    }

    pub fn close(secret: &[u8], text: &[u8]) -> Result<Zeroizing<Vec<u8>>, String> {
        let mut number = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut number).map_err(|_| "the system gives no random numbers".to_owned())?;
        let mut body = text.to_vec();
        key(secret)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(number), Aad::from(MARK), &mut body)
            .map_err(|_| "it cannot be encrypted".to_owned())?;
        Ok(Zeroizing::new([MARK, &number, &body].concat()))
    }

    pub fn open(secret: &[u8], bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, String> {
        let rest = bytes.strip_prefix(MARK).ok_or("a build of usher without the keyring wrote it")?;
        let (number, body) = rest.split_at_checked(NONCE_LEN).ok_or_else(|| "it is cut short".to_owned())?;
        let number = Nonce::try_assume_unique_for_key(number).map_err(|_| "it is cut short".to_owned())?;
        let mut body = Zeroizing::new(body.to_vec());
        let length = key(secret)?
            .open_in_place(number, Aad::from(MARK), &mut body)
            .map_err(|_| "the key of the platform's keyring does not open it".to_owned())?
            .len();
        body.truncate(length);
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use super::sealed::{KEY_LENGTH, close, open};

    #[test]
    fn what_is_closed_opens_with_its_own_key_only_and_when_it_is_whole() {
        let key = [7; KEY_LENGTH];
        let closed = close(&key, b"refresh").unwrap();
        assert!(!closed.windows(7).any(|part| part == b"refresh"));
        assert_eq!(open(&key, &closed).unwrap().as_slice(), b"refresh");
        assert!(open(&[8; KEY_LENGTH], &closed).is_err());
        let mut changed = closed.to_vec();
        *changed.last_mut().unwrap() ^= 1;
        assert!(open(&key, &changed).is_err());
        assert!(open(&key, &closed[..20]).is_err());
        assert_ne!(close(&key, b"refresh").unwrap().as_slice(), closed.as_slice());
    }
}
