//! The page: lines get their place of origin taken off, long ones are broken, empty ones are thinned out.

/// Stands for a line end inside a text, so that indenting leaves it alone.
pub const NEWLINE: char = '\u{e000}';
const MARK: char = '\u{e001}';
const END: char = '\u{e002}';

const WIDTH: usize = 110;

/// Characters that the page itself uses cannot come from a script.
pub fn is_ours(letter: char) -> bool {
    matches!(letter, NEWLINE | MARK | END)
}

/// The line of the original, at the beginning of a line.
pub fn mark(line: usize) -> String {
    format!("{MARK}{line}{END}")
}

pub struct Page {
    lines: Vec<(String, usize)>,
}

impl Page {
    pub fn new(lines: Vec<String>) -> Page {
        let mut origin = 0;
        let mut out = Vec::new();
        for line in lines.iter().flat_map(|line| line.split('\n')) {
            let (line, at) = unmarked(line);
            origin = at.unwrap_or(origin);
            out.push((line, origin));
        }
        Page { lines: out }
    }

    pub fn mentions(&self, text: &str) -> bool {
        self.lines.iter().any(|(line, _)| !line.trim_start().starts_with("//") && line.contains(text))
    }

    /// `import "powershell" as ps;` after the comments at the top.
    pub fn import(&mut self) {
        let at = self.lines.iter().take_while(|(line, _)| line.starts_with("//")).count();
        let blank = self.lines.get(at).is_some_and(|(line, _)| line.is_empty());
        let mut lines = vec![(super::super::IMPORT.to_owned(), 0), (String::new(), 0)];
        if at > 0 {
            lines.insert(0, (String::new(), 0));
            if blank {
                self.lines.remove(at);
            }
        }
        self.lines.splice(at..at, lines);
    }

    pub fn finish(self) -> (String, Vec<usize>) {
        let mut text = String::new();
        let mut origins = Vec::new();
        let mut empty = true;
        for (line, origin) in self.lines {
            if line.trim().is_empty() {
                if !empty {
                    text.push('\n');
                    origins.push(origin);
                }
                empty = true;
                continue;
            }
            // No empty line after an opening brace or before a closing one.
            if empty && line.trim_start().starts_with('}') && text.ends_with("\n\n") {
                text.pop();
                origins.pop();
            }
            for piece in fitted(&line) {
                let piece = piece.replace(NEWLINE, "\n");
                for _ in piece.split('\n') {
                    origins.push(origin);
                }
                text.push_str(&piece);
                text.push('\n');
            }
            empty = line.ends_with('{');
        }
        while text.ends_with("\n\n") {
            text.pop();
            origins.pop();
        }
        (text, origins)
    }
}

/// How many brackets lie within each other; those in text count too, which only makes this more careful.
pub fn deepest(lines: &[String]) -> usize {
    let (mut depth, mut most) = (0usize, 0usize);
    for letter in
        lines.iter().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| line.chars())
    {
        match letter {
            '(' | '[' | '{' => {
                depth += 1;
                most = most.max(depth);
            }
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    most
}

/// A line without its mark.
pub fn bare(line: &str) -> String {
    unmarked(line).0.trim_start().to_owned()
}

/// Takes marks out; the first tells the line.
fn unmarked(line: &str) -> (String, Option<usize>) {
    if !line.contains(MARK) {
        return (line.to_owned(), None);
    }
    let mut out = String::new();
    let mut origin = None;
    let mut number = None;
    for letter in line.chars() {
        match (letter, number.as_mut()) {
            (MARK, _) => number = Some(String::new()),
            (END, _) => {
                if let Some(digits) = number.take() {
                    origin = origin.or(digits.parse().ok());
                }
            }
            (letter, Some(digits)) => digits.push(letter),
            (letter, None) => out.push(letter),
        }
    }
    (out, origin)
}

/// A bracket pair, or a place where a chain can be broken.
#[derive(Debug)]
struct Group {
    open: usize,
    close: usize,
    depth: usize,
    /// Commas directly inside.
    commas: Vec<usize>,
    kind: char,
}

#[derive(Debug, Default)]
struct Shape {
    groups: Vec<Group>,
    /// Dots of method calls at depth 0.
    dots: Vec<usize>,
    /// `&&` and `||` at depth 0, and where they begin.
    logic: Vec<usize>,
    comment: bool,
}

/// Reads a line as brackets and strings; `None` where it does not add up, which is then left alone.
fn shape(letters: &[char]) -> Option<Shape> {
    let mut shape = Shape::default();
    let mut open: Vec<Group> = Vec::new();
    let mut i = 0;
    while i < letters.len() {
        match letters[i] {
            '"' => i = quote_end(letters, i)?,
            '`' => i = template_end(letters, i)?,
            '/' if letters.get(i + 1) == Some(&'/') => {
                shape.comment = true;
                break;
            }
            kind @ ('(' | '[' | '{') => {
                open.push(Group { open: i, close: 0, depth: open.len(), commas: Vec::new(), kind });
            }
            ')' | ']' | '}' => match open.pop() {
                Some(group) => shape.groups.push(Group { close: i, ..group }),
                // Closes what an earlier line opened: nothing before it can be broken.
                None => shape = Shape::default(),
            },
            ',' => {
                if let Some(group) = open.last_mut() {
                    group.commas.push(i);
                }
            }
            '.' if open.is_empty()
                && letters.get(i + 1).is_some_and(char::is_ascii_alphabetic)
                && i > 0
                && letters[i - 1] != '.' =>
            {
                let end =
                    letters[i + 1..].iter().take_while(|c| c.is_ascii_alphanumeric() || **c == '_').count();
                if letters.get(i + 1 + end) == Some(&'(') {
                    shape.dots.push(i);
                }
            }
            '&' | '|' if open.is_empty() && letters.get(i + 1) == Some(&letters[i]) => {
                shape.logic.push(i);
                i += 1;
            }
            _ => {}
        }
        i += 1;
    }
    Some(shape)
}

fn quote_end(letters: &[char], from: usize) -> Option<usize> {
    let mut i = from + 1;
    loop {
        match letters.get(i)? {
            '\\' => i += 1,
            '"' => return Some(i),
            _ => {}
        }
        i += 1;
    }
}

fn template_end(letters: &[char], from: usize) -> Option<usize> {
    let mut i = from + 1;
    loop {
        match (letters.get(i)?, letters.get(i + 1)) {
            ('`', Some('`')) => i += 1,
            ('`', _) => return Some(i),
            ('$', Some('{')) => {
                let mut depth = 1;
                i += 2;
                while depth > 0 {
                    match letters.get(i)? {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        '"' => i = quote_end(letters, i)?,
                        '`' => i = template_end(letters, i)?,
                        _ => {}
                    }
                    i += 1;
                }
                continue;
            }
            _ => {}
        }
        i += 1;
    }
}

/// A line in as many lines as it needs.
fn fitted(line: &str) -> Vec<String> {
    fit(line, 0)
}

fn fit(line: &str, rounds: usize) -> Vec<String> {
    let whole = || vec![line.to_owned()];
    if line.chars().count() <= WIDTH || rounds > 12 || line.trim_start().starts_with("//") {
        return whole();
    }
    let letters: Vec<char> = line.chars().collect();
    let indent: String = letters.iter().take_while(|letter| **letter == ' ').collect();
    let Some(shape) = shape(&letters) else { return whole() };
    if shape.comment {
        return whole();
    }
    let text = |from: usize, to: usize| letters[from..to].iter().collect::<String>();
    let again = |lines: Vec<String>| lines.iter().flat_map(|line| fit(line, rounds + 1)).collect::<Vec<_>>();
    // The arguments of what stands last, where they are a table or a list: the common shape of a call.
    let is_list = |group: &&Group| {
        (group.kind == '{' && group.open > 0 && letters[group.open - 1] == '#')
            || (group.kind == '['
                && (group.open == 0
                    || !(letters[group.open - 1].is_alphanumeric() || letters[group.open - 1] == ')')))
    };
    // A chain: each call on a line of its own.
    // What stands last in a call's parentheses, and is short enough, goes on a line of its own.
    let alone = shape.groups.iter().find(|group| {
        let name = group.open.checked_sub(1).and_then(|at| letters.get(at));
        group.kind == '('
            && group.depth == 0
            && group.commas.is_empty()
            && group.close + 3 > letters.len()
            && group.close > group.open + 30
            && group.close - group.open + indent.len() + 3 < WIDTH
            && !matches!(letters.get(group.open + 1), Some('#' | '[' | '|'))
            && name.is_some_and(|letter| letter.is_alphanumeric() || *letter == '_')
            && has_chain(&letters[group.open + 1..group.close])
    });
    if let Some(group) = alone.filter(|_| shape.dots.is_empty()) {
        return vec![
            text(0, group.open + 1),
            format!("{indent}    {}", text(group.open + 1, group.close).trim()),
            format!("{indent}{}", text(group.close, letters.len())),
        ];
    }
    let chain: Vec<usize> = shape.dots.clone();
    if shape.logic.is_empty() && chain.len() >= 2 {
        let mut lines = vec![text(0, chain[0])];
        for (at, dot) in chain.iter().enumerate() {
            let end = chain.get(at + 1).copied().unwrap_or(letters.len());
            lines.push(format!("{indent}    {}", text(*dot, end)));
        }
        return again(lines);
    }
    let best = shape
        .groups
        .iter()
        .filter(is_list)
        .filter(|group| group.close > group.open + 30)
        .min_by_key(|group| (group.depth, letters.len() - (group.close - group.open)));
    if let Some(group) = best.filter(|group| shape.logic.is_empty() || group.depth == 0) {
        let mut lines = vec![text(0, group.open + 1)];
        let mut from = group.open + 1;
        for comma in group.commas.iter().copied().chain([group.close]) {
            let piece = text(from, comma);
            if !piece.trim().is_empty() {
                lines.push(format!("{indent}    {},", piece.trim()));
            }
            from = comma + 1;
        }
        lines.push(format!("{indent}{}", text(group.close, letters.len())));
        return again(lines);
    }
    if !shape.logic.is_empty() {
        let mut lines = Vec::new();
        let mut from = 0;
        for at in &shape.logic {
            let piece = text(from, *at);
            lines.push(if lines.is_empty() {
                piece.trim_end().to_owned()
            } else {
                format!("{indent}    {}", piece.trim())
            });
            from = *at;
        }
        lines.push(format!("{indent}    {}", text(from, letters.len()).trim()));
        return again(lines);
    }
    // A call with several arguments.
    let call = shape
        .groups
        .iter()
        .filter(|group| group.kind == '(' && group.close > group.open + 40)
        .min_by_key(|group| (group.depth, group.open));
    if let Some(group) = call {
        let mut lines = vec![text(0, group.open + 1)];
        let mut from = group.open + 1;
        let many = group.commas.len();
        for (at, comma) in group.commas.iter().copied().chain([group.close]).enumerate() {
            let piece = text(from, comma);
            let sign = if at < many { "," } else { "" };
            if !piece.trim().is_empty() {
                lines.push(format!("{indent}    {}{sign}", piece.trim()));
            }
            from = comma + 1;
        }
        lines.push(format!("{indent}{}", text(group.close, letters.len())));
        if lines.iter().any(|piece| piece.len() >= line.len()) {
            return whole();
        }
        return again(lines);
    }
    whole()
}

/// Whether calls follow calls: `f(...).g(...)`.
fn has_chain(letters: &[char]) -> bool {
    shape(letters).is_some_and(|shape| !shape.dots.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(lines: &[&str]) -> String {
        Page::new(lines.iter().map(|line| (*line).to_owned()).collect()).finish().0
    }

    #[test]
    fn a_long_call_is_broken_at_its_table() {
        let long = "let invitation = new_invitation(#{ invitedUserEmailAddress: row.email, inviteRedirectUrl: \"https://myapplications.microsoft.com\", sendInvitationMessage: true });";
        insta::assert_snapshot!(page(&[long]), @r#"
        let invitation = new_invitation(#{
            invitedUserEmailAddress: row.email,
            inviteRedirectUrl: "https://myapplications.microsoft.com",
            sendInvitationMessage: true,
        });
        "#);
    }

    #[test]
    fn a_long_chain_is_broken_at_its_dots() {
        let long = "let guests = get_users(#{ filter: \"userType eq 'Guest'\" }).filter(|user| user.accountEnabled).map(|user| user.displayName);";
        insta::assert_snapshot!(page(&[long]), @r#"
        let guests = get_users(#{ filter: "userType eq 'Guest'" })
            .filter(|user| user.accountEnabled)
            .map(|user| user.displayName);
        "#);
    }

    #[test]
    fn line_ends_inside_a_text_are_not_indented_and_empty_lines_do_not_pile_up() {
        let text = format!("{}    let x = `a{NEWLINE}b`;", mark(7));
        let (page, origins) =
            Page::new(vec![String::new(), text, String::new(), String::new(), "print(x);".to_owned()])
                .finish();
        assert_eq!(page, "    let x = `a\nb`;\n\nprint(x);\n");
        assert_eq!(origins, [7, 7, 7, 7]);
    }
}
