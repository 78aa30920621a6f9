//! Where in a line the cursor is: in the options of which verb, behind whose point, in which text.

use crate::host::pieces::{Kind, Piece, pieces};

/// What could stand at the cursor.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// Nothing that is known of: a comment, a text of no special meaning.
    Nowhere,
    /// A word of the prompt's own, after `:`.
    Command,
    /// What follows such a word.
    AfterCommand(String),
    /// A verb whose reference is asked for.
    Help,
    /// A key in the options of a call; those that are there already are `given`.
    Key { slot: Slot, given: Vec<String> },
    /// A value of a call.
    Value { slot: Slot, quoted: bool },
    /// A property or method of what ends before this piece.
    Member { before: usize },
    /// A function of a module.
    Module(String),
    /// The path of an `import`.
    Import,
    /// Anything that an expression can begin with.
    Word,
}

/// Which value of a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Slot {
    /// The name of what is called.
    pub call: String,
    /// Which argument, from 0; what a method is called on is the first.
    pub n: usize,
    /// Keys of maps on the way to it, from the outside in.
    pub path: Vec<String>,
}

/// The cursor's place, and where the word begins that is being typed.
#[derive(Clone, Debug)]
pub struct Here {
    pub place: Place,
    pub start: usize,
    pub pieces: Vec<Piece>,
}

/// A bracket that is open at the cursor.
struct Frame {
    /// The piece that opened it.
    at: usize,
    commas: usize,
    /// Keys before the cursor, and the one whose value is being written.
    keys: Vec<String>,
    key: Option<String>,
}

/// Finds out where the cursor is.
pub fn find(text: &str, cursor: usize) -> Here {
    let typed = &text[..cursor];
    if let Some(here) = of_the_prompt(typed) {
        return here;
    }
    let pieces = pieces(text);
    let inside = pieces.iter().find(|piece| {
        let within = piece.range.start < cursor && cursor < piece.range.end;
        let at_end = cursor == piece.range.end && (piece.unclosed || typed_comment(text, piece));
        matches!(piece.kind, Kind::Text | Kind::Comment) && (within || at_end)
    });
    let quote = inside.filter(|piece| piece.kind == Kind::Text && text[piece.range.clone()].starts_with('"'));
    if inside.is_some() && quote.is_none() {
        return Here { place: Place::Nowhere, start: cursor, pieces };
    }
    let word = pieces.iter().find(|piece| {
        matches!(piece.kind, Kind::Word | Kind::Keyword)
            && piece.range.start < cursor
            && cursor <= piece.range.end
    });
    let start = match (quote, word) {
        (Some(quote), _) => quote.range.start + 1,
        (None, Some(word)) => word.range.start,
        (None, None) => cursor,
    };
    let edge = quote.map_or(start, |quote| quote.range.start);
    let before = pieces.iter().take_while(|piece| piece.range.end <= edge).count();
    let place = placed(text, &pieces, before, quote.is_some());
    // Keys that stand after the cursor are given as well.
    let place = match place {
        Place::Key { slot, mut given } => {
            let after = pieces.iter().position(|piece| piece.range.start >= cursor).unwrap_or(pieces.len());
            given.extend(keys_after(text, &pieces[after..]));
            Place::Key { slot, given }
        }
        place => place,
    };
    Here { place, start, pieces }
}

fn typed_comment(text: &str, piece: &Piece) -> bool {
    piece.kind == Kind::Comment && text[piece.range.clone()].starts_with("//")
}

/// `:what-if on`, `help get_user`.
fn of_the_prompt(typed: &str) -> Option<Here> {
    let line = typed.trim_start();
    let here = |place, word: &str| Some(Here { place, start: typed.len() - word.len(), pieces: Vec::new() });
    if let Some(rest) = line.strip_prefix(':') {
        return match rest.split_once(char::is_whitespace) {
            Some((command, rest)) => here(Place::AfterCommand(command.to_owned()), rest.trim_start()),
            None => here(Place::Command, rest),
        };
    }
    let rest = line.strip_prefix("help ").or_else(|| line.strip_prefix("help("))?;
    here(Place::Help, rest.trim_start())
}

fn placed(text: &str, pieces: &[Piece], before: usize, quoted: bool) -> Place {
    let of = |n: usize| &text[pieces[n].range.clone()];
    let last = before.checked_sub(1);
    if let Some(last) = last {
        match of(last) {
            "." | "?." if !quoted => return Place::Member { before: last },
            "::" if !quoted => {
                return last.checked_sub(1).map_or(Place::Nowhere, |name| Place::Module(of(name).to_owned()));
            }
            "import" if quoted => return Place::Import,
            _ => {}
        }
    }
    let frames = frames(text, pieces, before);
    let Some(top) = frames.last() else { return if quoted { Place::Nowhere } else { Place::Word } };
    let begins = last.is_some_and(|last| matches!(of(last), "(" | "," | "#{" | "[" | ":"));
    let in_map = of(top.at) == "#{";
    let Some(slot) = slot(text, pieces, &frames) else {
        return if quoted || (in_map && top.key.is_none()) { Place::Nowhere } else { Place::Word };
    };
    match in_map && top.key.is_none() {
        true if begins => Place::Key { slot, given: top.keys.clone() },
        true => Place::Nowhere,
        // After an operator or a closure's head anything may come.
        false if begins => Place::Value { slot, quoted },
        false if quoted => Place::Nowhere,
        false => Place::Word,
    }
}

fn frames(text: &str, pieces: &[Piece], before: usize) -> Vec<Frame> {
    let mut frames: Vec<Frame> = Vec::new();
    for (at, piece) in pieces[..before].iter().enumerate() {
        match (piece.kind, &text[piece.range.clone()]) {
            (Kind::Open, _) => frames.push(Frame { at, commas: 0, keys: Vec::new(), key: None }),
            (Kind::Close, _) => drop(frames.pop()),
            (Kind::Sign, ",") => {
                if let Some(frame) = frames.last_mut() {
                    frame.commas += 1;
                    frame.key = None;
                }
            }
            (Kind::Sign, ":") => {
                if let (Some(frame), Some(name)) = (frames.last_mut(), at.checked_sub(1)) {
                    let name = text[pieces[name].range.clone()].trim_matches('"').to_owned();
                    frame.keys.push(name.clone());
                    frame.key = Some(name);
                }
            }
            _ => {}
        }
    }
    frames
}

/// The call that the innermost frames are arguments of.
fn slot(text: &str, pieces: &[Piece], frames: &[Frame]) -> Option<Slot> {
    let of = |n: usize| &text[pieces[n].range.clone()];
    let mut path = Vec::new();
    for (n, frame) in frames.iter().enumerate().rev() {
        match of(frame.at) {
            "#{" => {
                // The innermost map may wait for a key.
                match &frame.key {
                    Some(key) => path.insert(0, key.clone()),
                    None if n + 1 == frames.len() => {}
                    None => return None,
                }
            }
            "[" => {
                // An index is no list.
                let indexes = frame.at.checked_sub(1).is_some_and(|at| {
                    pieces[at].range.end == pieces[frame.at].range.start
                        && matches!(pieces[at].kind, Kind::Word | Kind::Close)
                });
                if indexes {
                    return None;
                }
            }
            "(" => {
                let name = frame.at.checked_sub(1).filter(|at| pieces[*at].kind == Kind::Word)?;
                let joint = name.checked_sub(1).map(&of);
                let call = match (joint, name.checked_sub(2)) {
                    (Some("::"), Some(module)) => format!("{}::{}", of(module), of(name)),
                    _ => of(name).to_owned(),
                };
                let of_method = usize::from(matches!(joint, Some("." | "?.")));
                return Some(Slot { call, n: frame.commas + of_method, path });
            }
            _ => return None,
        }
    }
    None
}

/// Keys further on in the map that the pieces begin in.
fn keys_after(text: &str, pieces: &[Piece]) -> Vec<String> {
    let mut depth = 0;
    let mut keys = Vec::new();
    for (n, piece) in pieces.iter().enumerate() {
        match piece.kind {
            Kind::Open => depth += 1,
            Kind::Close if depth == 0 => break,
            Kind::Close => depth -= 1,
            Kind::Sign if depth == 0 && &text[piece.range.clone()] == ":" => {
                if let Some(name) = n.checked_sub(1) {
                    keys.push(text[pieces[name].range.clone()].trim_matches('"').to_owned());
                }
            }
            _ => {}
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `|` marks the cursor.
    fn at(marked: &str) -> Place {
        let cursor = marked.find('¦').unwrap();
        find(&marked.replace('¦', ""), cursor).place
    }

    fn slot(call: &str, n: usize, path: &[&str]) -> Slot {
        Slot { call: call.to_owned(), n, path: path.iter().map(|key| (*key).to_owned()).collect() }
    }

    #[test]
    fn keys_and_values_belong_to_their_call() {
        let key = |slot, given: &[&str]| Place::Key {
            slot,
            given: given.iter().map(|g| (*g).to_owned()).collect(),
        };
        assert_eq!(at("new_invitation(#{ ¦"), key(slot("new_invitation", 0, &[]), &[]));
        // The one that is being written is not given yet.
        assert_eq!(at("f(u, #{ a: 1, b¦: 2, c: 3 })"), key(slot("f", 1, &[]), &["a", "c"]));
        assert_eq!(at("u.set(#{ m: #{ x: 1, ¦"), key(slot("set", 1, &["m"]), &["x"]));
        assert_eq!(at("f(#{ a: ¦"), Place::Value { slot: slot("f", 0, &["a"]), quoted: false });
        assert_eq!(at("f(#{ a: [\"¦"), Place::Value { slot: slot("f", 0, &["a"]), quoted: true });
        assert_eq!(at("f(x, \"ab¦"), Place::Value { slot: slot("f", 1, &[]), quoted: true });
        assert_eq!(at("f(x, \"ab¦\")"), Place::Value { slot: slot("f", 1, &[]), quoted: true });
        assert_eq!(
            at("sandbox::seed(\"¦"),
            Place::Value { slot: slot("sandbox::seed", 0, &[]), quoted: true }
        );
    }

    #[test]
    fn what_follows_a_point_is_a_member() {
        assert!(matches!(at("user.¦"), Place::Member { before: 1 }));
        assert!(matches!(at("user?.na¦me"), Place::Member { before: 1 }));
        assert_eq!(at("guests::on¦"), Place::Module("guests".to_owned()));
    }

    #[test]
    fn texts_and_comments_have_no_words() {
        assert_eq!(at("let x = \"get_¦"), Place::Nowhere);
        assert_eq!(at("x // get_¦"), Place::Nowhere);
        assert_eq!(at("`get_¦`"), Place::Nowhere);
        assert_eq!(at("`${get_¦}`"), Place::Word);
        assert_eq!(at("import \"gu¦"), Place::Import);
    }

    #[test]
    fn words_of_the_prompt_are_known_by_their_colon() {
        assert_eq!(at(":wh¦"), Place::Command);
        assert_eq!(at(":what-if o¦"), Place::AfterCommand("what-if".to_owned()));
        assert_eq!(at("help get_¦"), Place::Help);
        assert_eq!(at("if x { get_¦"), Place::Word);
        assert_eq!(at("f(|row| ¦"), Place::Word);
    }
}
