//! What a text leaves open at its end: brackets, strings, comments. A prompt goes on reading until nothing is.

/// Something that was opened and not closed, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    pub what: What,
    pub line: usize,
    pub column: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Comment,
    /// Between backticks: it may hold line ends, and code in `${ }`.
    Text,
    /// `#"raw"#`, with as many `#` as it was opened with.
    Raw(usize),
    /// Between double quotes; goes on in the next line only after a `\` at the end.
    Quote,
    Bracket(char),
}

/// The outermost comment that is not closed; Rhai takes it for the end of the script, without a word.
pub fn open_comment(text: &str) -> Option<Open> {
    scan(text).ok()?.into_iter().find(|open| open.what == What::Comment)
}

/// Whether more has to come before the text makes sense. A bracket closed by the wrong one never will.
pub fn is_open(text: &str) -> bool {
    scan(text).is_ok_and(|open| !open.is_empty())
}

/// A bracket closed by one of another kind.
struct Mismatch;

fn scan(text: &str) -> Result<Vec<Open>, Mismatch> {
    let letters: Vec<char> = text.chars().collect();
    let mut open: Vec<Open> = Vec::new();
    let (mut line, mut column, mut i) = (1, 1, 0);
    while i < letters.len() {
        let (here, next) = (letters[i], letters.get(i + 1).copied());
        let mut step = 1;
        let mut opens = None;
        let mut closes = false;
        match open.last().map(|open| open.what) {
            Some(What::Comment) => match (here, next) {
                ('/', Some('*')) => (opens, step) = (Some(What::Comment), 2),
                ('*', Some('/')) => (closes, step) = (true, 2),
                _ => {}
            },
            Some(What::Text) => match (here, next) {
                ('`', Some('`')) => step = 2,
                ('`', _) => closes = true,
                ('$', Some('{')) => (opens, step) = (Some(What::Bracket('}')), 2),
                _ => {}
            },
            Some(What::Raw(hashes)) => {
                let end = letters[i + 1..].iter().take_while(|letter| **letter == '#').count();
                if here == '"' && end >= hashes {
                    (closes, step) = (true, 1 + hashes);
                }
            }
            Some(What::Quote) => match here {
                '\\' => step = 2,
                '"' | '\n' => closes = true,
                _ => {}
            },
            Some(What::Bracket(_)) | None => match (here, next) {
                ('/', Some('/')) => {
                    step = letters[i..].iter().take_while(|letter| **letter != '\n').count();
                }
                ('/', Some('*')) => (opens, step) = (Some(What::Comment), 2),
                ('"', _) => opens = Some(What::Quote),
                ('`', _) => opens = Some(What::Text),
                ('\'', _) => step = character(&letters[i..]),
                ('#', Some('#' | '"')) => {
                    let hashes = letters[i..].iter().take_while(|letter| **letter == '#').count();
                    if letters.get(i + hashes) == Some(&'"') {
                        (opens, step) = (Some(What::Raw(hashes)), hashes + 1);
                    }
                }
                ('(', _) => opens = Some(What::Bracket(')')),
                ('[', _) => opens = Some(What::Bracket(']')),
                ('{', _) => opens = Some(What::Bracket('}')),
                (')' | ']' | '}', _) => match open.last().map(|open| open.what) {
                    Some(What::Bracket(wanted)) if wanted == here => closes = true,
                    _ => return Err(Mismatch),
                },
                _ => {}
            },
        }
        if closes {
            open.pop();
        }
        if let Some(what) = opens {
            open.push(Open { what, line, column });
        }
        for letter in &letters[i..(i + step).min(letters.len())] {
            match letter {
                '\n' => (line, column) = (line + 1, 1),
                _ => column += 1,
            }
        }
        i += step;
    }
    // A plain string ends with its line, unless the line ends in `\`.
    if open.last().is_some_and(|open| open.what == What::Quote)
        && !text.trim_end_matches('\n').ends_with('\\')
    {
        open.pop();
    }
    Ok(open)
}

/// How long `'x'` is; a quote that closes nowhere near stands for itself.
fn character(letters: &[char]) -> usize {
    let from = if letters.get(1) == Some(&'\\') { 3 } else { 2 };
    let end = letters.iter().enumerate().skip(from).take(10).take_while(|(_, letter)| **letter != '\n');
    end.into_iter().find(|(_, letter)| **letter == '\'').map_or(1, |(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_comment_is_found_and_one_in_a_string_is_not() {
        let found = open_comment("let x = 1;\n  /* oh").unwrap();
        assert_eq!((found.line, found.column), (2, 3));
        assert_eq!(open_comment("print(\"/*\"); // /* \n/* a */"), None);
        assert_eq!(open_comment("let c = '`'; /* a */"), None);
    }

    #[test]
    fn brackets_strings_and_comments_are_open_until_they_are_closed() {
        for text in
            ["fn f() {", "f(1,", "#{ a: [1", "`two\nlines", "/* a /* b */", "`${ f(", "\"on\\", "#\"raw"]
        {
            assert!(is_open(text), "{text}");
        }
        let closed =
            ["fn f() {}", "\"(\"", "'{'", "'\\''", "// (", "`a ${ `{` } b`", "\"not closed", "#\"(\"#", "``"];
        for text in closed {
            assert!(!is_open(text), "{text}");
        }
    }

    #[test]
    fn a_bracket_closed_by_another_is_wrong_and_not_open() {
        assert!(!is_open("f(1, [2)"));
    }
}
