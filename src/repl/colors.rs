//! Colours of a line while it is typed, and the bracket that belongs to the one at the cursor.

use anstyle::{AnsiColor, Style};

use crate::catalogue;
use crate::host::pieces::{Kind, Piece, pieces};

const fn color(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(anstyle::Color::Ansi(color)))
}

/// The text with its colours; without them it reads the same.
pub fn painted(text: &str, cursor: usize) -> String {
    if text.trim_start().starts_with(':') {
        return paint(text, color(AnsiColor::Cyan));
    }
    let pieces = pieces(text);
    let pair = pair(text, &pieces, cursor);
    let mut out = String::with_capacity(text.len() * 2);
    let mut end = 0;
    for (n, piece) in pieces.iter().enumerate() {
        out.push_str(&text[end..piece.range.start]);
        end = piece.range.end;
        let word = &text[piece.range.clone()];
        let style = match pair {
            Some((a, b)) if n == a || n == b => Style::new().bold().underline(),
            _ => style(text, &pieces, n),
        };
        out.push_str(&paint(word, style));
    }
    out.push_str(&text[end..]);
    out
}

/// A part in colours, line by line: the editor draws lines one at a time.
fn paint(text: &str, style: Style) -> String {
    if style == Style::new() {
        return text.to_owned();
    }
    let line = |line: &str| if line.is_empty() { String::new() } else { format!("{style}{line}{style:#}") };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

fn style(text: &str, pieces: &[Piece], n: usize) -> Style {
    let of = |n: usize| pieces.get(n).map_or("", |piece| &text[piece.range.clone()]);
    match pieces[n].kind {
        Kind::Comment => Style::new().dimmed(),
        Kind::Text => color(AnsiColor::Green),
        Kind::Number => color(AnsiColor::Cyan),
        Kind::Keyword if matches!(of(n), "true" | "false") => color(AnsiColor::Cyan),
        Kind::Keyword => color(AnsiColor::Magenta),
        Kind::Word if of(n + 1) == ":" => color(AnsiColor::Yellow),
        Kind::Word => {
            let name = match n.checked_sub(2).map(|module| (of(module), of(n - 1))) {
                Some((module, "::")) => format!("{module}::{}", of(n)),
                _ => of(n).to_owned(),
            };
            match catalogue::entries().iter().any(|entry| entry.card.name == name) {
                true => color(AnsiColor::Blue).bold(),
                false => Style::new(),
            }
        }
        Kind::Open | Kind::Close | Kind::Sign => Style::new(),
    }
}

/// The bracket at the cursor or just before it, and its partner.
fn pair(text: &str, pieces: &[Piece], cursor: usize) -> Option<(usize, usize)> {
    let at_cursor = |piece: &&Piece| piece.range.contains(&cursor);
    let before = |piece: &&Piece| piece.range.end == cursor;
    let bracket = |piece: &&Piece| matches!(piece.kind, Kind::Open | Kind::Close);
    // One that is open to nothing at the end of the line is being typed.
    let found = pieces
        .iter()
        .find(|piece| at_cursor(piece) && bracket(piece))
        .or_else(|| pieces.iter().find(|piece| before(piece) && bracket(piece)))?;
    let n = pieces.iter().position(|piece| piece == found)?;
    let mut open = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        match piece.kind {
            Kind::Open => open.push(at),
            Kind::Close => {
                let partner = open.pop()?;
                if at == n || partner == n {
                    let fits = |open: &str, close: &str| {
                        matches!((open, close), ("(", ")") | ("[", "]") | ("{" | "#{" | "${", "}"))
                    };
                    let of = |n: usize| &text[pieces[n].range.clone()];
                    return fits(of(partner), of(at)).then_some((partner, at));
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare(text: &str) -> String {
        let mut out = String::new();
        let mut escaped = false;
        for letter in text.chars() {
            match (escaped, letter) {
                (false, '\x1b') => escaped = true,
                (true, 'm') => escaped = false,
                (true, _) => {}
                (false, letter) => out.push(letter),
            }
        }
        out
    }

    #[test]
    fn colours_change_nothing_but_the_colours() {
        for text in
            ["get_user(\"é\").mail // x", "`a\nb ${c}`", "#{ a: [1, 2] }", "((", "}", ":what-if on", ""]
        {
            for cursor in 0..=text.len() {
                assert_eq!(bare(&painted(text, cursor)), text);
            }
        }
    }

    #[test]
    fn the_bracket_at_the_cursor_has_a_partner() {
        let pair = |text: &str, cursor| super::pair(text, &pieces(text), cursor);
        assert_eq!(pair("f(a, [b])", 9), Some((1, 7)));
        assert_eq!(pair("f(a, [b])", 5), Some((4, 6)));
        assert_eq!(pair("f(a", 1), None);
        assert_eq!(pair("f(\"(\")", 6), Some((1, 3)));
    }
}
