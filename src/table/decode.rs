//! From the bytes of a file to its text: byte order marks, UTF-16 without one, and what old programs write.

use std::{borrow::Cow, sync::Arc};

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::{
    error::{Error, Note},
    scan::line_breaks,
};

pub(super) struct Decoded {
    pub text: String,
    /// The file looks like a spreadsheet program's: Excel needs the mark to read UTF-8 as such.
    pub wants_mark: bool,
    pub note: Option<Note>,
}

pub(super) fn decode(file: &Arc<str>, bytes: Vec<u8>, wanted: Option<&str>) -> Result<Decoded, Error> {
    let marked = Encoding::for_bom(&bytes);
    let mark = |encoding| marked.filter(|(found, _)| *found == encoding).map_or(0, |(_, length)| length);
    if let Some(label) = wanted {
        let encoding =
            by_label(label).ok_or_else(|| Error::UnknownEncoding { encoding: label.to_owned() })?;
        let skipped = mark(encoding);
        let text = exactly(file, encoding, bytes, skipped)?;
        return Ok(Decoded { text, wants_mark: skipped > 0 || encoding != UTF_8, note: None });
    }
    match marked.map(|(encoding, _)| encoding).or_else(|| utf_16_without_mark(&bytes)) {
        Some(encoding) if encoding != UTF_8 => {
            let (text, replaced) = encoding.decode_without_bom_handling(&bytes[mark(encoding)..]);
            let note = replaced.then_some(Note::UnreadableCharacters { encoding: encoding.name() });
            Ok(Decoded { text: text.into_owned(), wants_mark: true, note })
        }
        _ => Ok(utf_8_or_windows_1252(bytes, mark(UTF_8))),
    }
}

/// The names of the Encoding Standard, and those of PowerShell's `-Encoding`.
fn by_label(label: &str) -> Option<&'static Encoding> {
    match label.trim().to_ascii_lowercase().as_str() {
        "utf8bom" | "utf8nobom" => Some(UTF_8),
        "utf16" | "utf-16" | "utf16le" => Some(UTF_16LE),
        "bigendianunicode" | "utf16be" => Some(UTF_16BE),
        "ansi" | "cp1252" => Some(WINDOWS_1252),
        label => Encoding::for_label_no_replacement(label.as_bytes()),
    }
}

fn exactly(
    file: &Arc<str>,
    encoding: &'static Encoding,
    mut bytes: Vec<u8>,
    skip: usize,
) -> Result<String, Error> {
    let failed = |line| Error::NotInEncoding { file: file.clone(), encoding: encoding.name(), line };
    if encoding == UTF_8 {
        bytes.drain(..skip);
        return String::from_utf8(bytes)
            .map_err(|error| failed(bad_line(error.as_bytes(), error.utf8_error().valid_up_to())));
    }
    let text = encoding.decode_without_bom_handling_and_without_replacement(&bytes[skip..]);
    text.map(Cow::into_owned).ok_or_else(|| {
        let (lossy, _) = encoding.decode_without_bom_handling(&bytes[skip..]);
        failed(1 + line_breaks(&lossy[..lossy.find('\u{FFFD}').unwrap_or(0)]))
    })
}

fn utf_8_or_windows_1252(mut bytes: Vec<u8>, mark: usize) -> Decoded {
    bytes.drain(..mark);
    match String::from_utf8(bytes) {
        Ok(text) => Decoded { text, wants_mark: mark > 0, note: None },
        Err(error) => {
            let line = bad_line(error.as_bytes(), error.utf8_error().valid_up_to());
            let (text, _) = WINDOWS_1252.decode_without_bom_handling(error.as_bytes());
            let note = Some(Note::ReadAsWindows1252 { line });
            Decoded { text: text.into_owned(), wants_mark: true, note }
        }
    }
}

fn bad_line(bytes: &[u8], valid_up_to: usize) -> u32 {
    1 + line_breaks(std::str::from_utf8(&bytes[..valid_up_to]).unwrap_or_default())
}

/// Headers, delimiters and line ends are ASCII in every language, so UTF-16 has its zero bytes on one side.
fn utf_16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let (pairs, _) = bytes[..bytes.len().min(4096)].as_chunks::<2>();
    let zeros = |side: usize| pairs.iter().filter(|pair| pair[side] == 0 && pair[1 - side] != 0).count();
    let (high_first, low_first) = (zeros(0), zeros(1));
    let enough = |count: usize, other: usize| count > 0 && count * 10 >= pairs.len() && other * 4 <= count;
    if enough(low_first, high_first) {
        Some(UTF_16LE)
    } else if enough(high_first, low_first) {
        Some(UTF_16BE)
    } else {
        None
    }
}
