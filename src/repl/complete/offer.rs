//! The candidates for a place: verbs, options, values, members, files.

use super::options::{Choice, entry_of, keys, real, values};
use super::place::{Here, Place, Slot};
use super::receiver::Receiver;
use super::{Candidate, Found, Known, Names, methods};
use crate::catalogue;
use crate::host::pieces::keywords;
use crate::host::{LIBRARY, Named, Thing};
use crate::repl::command;
use crate::verbs::Entry;

/// Letters from which on the middle of a name finds it as well.
const ENOUGH: usize = 3;

pub fn offer(text: &str, cursor: usize, here: &Here, known: &dyn Known) -> Found {
    let typed = &text[here.start..cursor];
    let follows = text[cursor..].chars().next();
    let found = |start: usize, candidates: Vec<Candidate>| Found { start, candidates };
    let at = |candidates| found(here.start, candidates);
    match &here.place {
        Place::Nowhere => Found::default(),
        Place::Command => at(matching(typed, commands())),
        Place::AfterCommand(name) => at(after_command(name, typed, known)),
        Place::Help => at(matching_verbs(typed, |entry| entry.card.name.to_owned())),
        Place::Key { slot, given } => at(matching(typed, keys(slot, given))),
        Place::Value { slot, quoted: true } => at(in_quotes(values(slot, typed, known), typed, follows)),
        Place::Value { slot, quoted: false } => {
            let values = bare(values(slot, "", known), slot, typed);
            match matching(typed, values) {
                none if none.is_empty() => word(text, cursor, here, known),
                candidates => at(candidates),
            }
        }
        Place::Member { before } => {
            let receiver = Receiver { text, pieces: &here.pieces, known };
            let members = receiver.before(*before).map(members).unwrap_or_default();
            at(matching(typed, members))
        }
        Place::Module(name) => at(matching(typed, module(name, known))),
        Place::Import => {
            let library = LIBRARY.iter().map(|(name, _)| plain(name, "comes with usher"));
            // A module's file goes without its ending.
            let own = known.files(typed).into_iter().filter_map(|file| match file.name.ends_with('/') {
                true => Some(plain(&file.name, "")),
                false => file.name.strip_suffix(".rhai").map(|name| plain(name, "of this folder")),
            });
            at(closed(matching(typed, library.chain(own).collect()), follows))
        }
        Place::Word => word(text, cursor, here, known),
    }
}

fn plain(name: &str, about: &str) -> Candidate {
    Candidate { replacement: name.to_owned(), name: name.to_owned(), about: about.to_owned() }
}

fn folded(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

/// Those that begin with what was typed, in any case; without any, those in which it occurs.
fn matching(typed: &str, candidates: Vec<Candidate>) -> Vec<Candidate> {
    let name = |candidate: &Candidate| candidate.replacement.trim_matches('"').to_owned();
    let wanted = folded(typed.trim_matches('"'));
    let (begin, others): (Vec<Candidate>, Vec<Candidate>) =
        candidates.into_iter().partition(|candidate| folded(&name(candidate)).starts_with(&wanted));
    match begin.is_empty() && wanted.chars().count() >= ENOUGH {
        true => others.into_iter().filter(|candidate| folded(&name(candidate)).contains(&wanted)).collect(),
        false => begin,
    }
}

/// Verbs by their own name or that of a cmdlet; `write` makes what is put into the line.
fn matching_verbs(typed: &str, write: impl Fn(&Entry) -> String) -> Vec<Candidate> {
    let wanted = folded(typed);
    let cmdlets = |entry: &Entry, test: &dyn Fn(&str) -> bool| {
        entry.card.cmdlets.iter().find(|cmdlet| test(&folded(cmdlet.name))).map(|cmdlet| cmdlet.name)
    };
    let candidate = |entry: &'static Entry, cmdlet: Option<&str>| Candidate {
        replacement: write(entry),
        name: entry.signature(),
        about: match cmdlet {
            Some(cmdlet) => format!("{cmdlet}: {}", lowered(entry.card.summary)),
            None => entry.card.summary.to_owned(),
        },
    };
    let named: Vec<Candidate> = catalogue::entries()
        .iter()
        .filter(|entry| folded(entry.card.name).starts_with(&wanted))
        .map(|entry| candidate(entry, None))
        .collect();
    if !named.is_empty() && !typed.contains('-') {
        return named;
    }
    let by_cmdlet: Vec<Candidate> = catalogue::entries()
        .iter()
        .filter_map(|entry| Some(candidate(entry, Some(cmdlets(entry, &|name| name.starts_with(&wanted))?))))
        .collect();
    if !by_cmdlet.is_empty() || wanted.chars().count() < ENOUGH {
        return by_cmdlet;
    }
    catalogue::entries()
        .iter()
        .filter(|entry| {
            folded(entry.card.name).contains(&wanted)
                || cmdlets(entry, &|name| name.contains(&wanted)).is_some()
        })
        .map(|entry| candidate(entry, None))
        .collect()
}

fn lowered(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// A call that is to be finished, or one that takes nothing.
fn opened(entry: &Entry) -> String {
    match entry.signature().ends_with("()") {
        true => entry.signature(),
        false => format!("{}(", entry.card.name),
    }
}

/// Anything that an expression can begin with.
fn word(text: &str, cursor: usize, here: &Here, known: &dyn Known) -> Found {
    let typed = &text[here.start..cursor];
    if let Some(start) = cmdlet_start(text, cursor, here.start) {
        let candidates = matching_verbs(&text[start..cursor], opened);
        if !candidates.is_empty() {
            return Found { start, candidates };
        }
    }
    let mut own: Vec<Candidate> =
        known.variables().into_iter().map(|named| plain(&named.name, &named.about)).collect();
    own.extend(known.functions().into_iter().map(|named| Candidate {
        replacement: format!("{}(", named.name),
        name: named.about,
        about: "of this session".to_owned(),
    }));
    own.extend(modules(known, text[..here.start].trim().is_empty()));
    let mut candidates = matching(typed, own);
    if typed.is_empty() {
        candidates.truncate(0);
    }
    let mut verbs = matching_verbs(typed, opened);
    if !candidates.is_empty() {
        // What is in the session by that name is meant rather than a verb that only has it in its own.
        verbs.retain(|verb| folded(&verb.replacement).starts_with(&folded(typed)));
    }
    candidates.extend(verbs);
    if !typed.is_empty() {
        let of_language = methods::FUNCTIONS.iter().map(|method| of_method(*method));
        let keywords = keywords().iter().filter(|word| word.len() > 2).map(|word| plain(word, ""));
        candidates
            .extend(of_language.chain(keywords).filter(|candidate| candidate.replacement.starts_with(typed)));
    }
    // A call that stands there already gets no second bracket.
    if text[cursor..].starts_with('(') {
        for candidate in &mut candidates {
            candidate.replacement = candidate.replacement.trim_end_matches(['(', ')']).to_owned();
        }
    }
    Found { start: here.start, candidates }
}

/// Modules by the names they go under, and usher's own, imported or not.
fn modules(known: &dyn Known, begins: bool) -> Vec<Candidate> {
    let imports = known.imports();
    let mut found: Vec<Candidate> = imports
        .iter()
        .map(|(name, path)| Candidate {
            replacement: format!("{name}::"),
            name: format!("{name}::"),
            about: format!("functions of \"{path}\""),
        })
        .collect();
    found.push(Candidate {
        replacement: "sandbox::".to_owned(),
        name: "sandbox::".to_owned(),
        about: "the simulated tenant's clock, faults and mail".to_owned(),
    });
    // An import is a statement, and so the first thing in a line.
    for (name, _) in LIBRARY.iter().filter(|_| begins) {
        if imports.iter().all(|(_, path)| path != name) {
            found.push(Candidate {
                replacement: format!("import \"{name}\" as {name}; {name}::"),
                name: format!("{name}::"),
                about: "comes with usher; this imports it".to_owned(),
            });
        }
    }
    found
}

/// Where a cmdlet's name begins that ends at the cursor: it has a hyphen, which is an operator otherwise.
fn cmdlet_start(text: &str, cursor: usize, word: usize) -> Option<usize> {
    let begin = text[..cursor]
        .char_indices()
        .rev()
        .take_while(|(_, c)| c.is_alphanumeric() || matches!(c, '_' | '-'))
        .last()
        .map(|(at, _)| at)?;
    let typed = &text[begin..cursor];
    (begin < word && typed.starts_with(char::is_alphabetic)
        || begin == word && typed.contains('-') && typed.starts_with(char::is_alphabetic))
    .then_some(begin)
}

fn of_method((replacement, name, about): (&str, &str, &str)) -> Candidate {
    Candidate { replacement: replacement.to_owned(), name: name.to_owned(), about: about.to_owned() }
}

/// Properties and methods of a value.
fn members(thing: Thing) -> Vec<Candidate> {
    let methods = |list: &[(&'static str, &'static str, &'static str)]| {
        list.iter().map(|method| of_method(*method)).collect::<Vec<_>>()
    };
    match thing {
        Thing::Object { kind, properties } => {
            let mut found: Vec<Candidate> =
                properties.iter().map(|(named, _)| plain(&named.name, &named.about)).collect();
            found.extend(kind.into_iter().flat_map(verbs_of));
            found.extend(methods(methods::OBJECT));
            found
        }
        Thing::List(_) => methods(methods::LIST),
        Thing::Rows(_) => methods(methods::ROWS),
        Thing::Text => methods(methods::TEXT),
        Thing::Date => methods(methods::DATE),
        Thing::Span => methods(methods::SPAN),
        Thing::Other => Vec::new(),
    }
}

/// Verbs that are about this kind of object, as its methods.
fn verbs_of(kind: &str) -> Vec<Candidate> {
    let about = |entry: &&Entry| {
        let first = entry.card.positional.first().map(|name| &entry.schema()["properties"][*name]);
        let names = first.and_then(|schema| real(schema)["x-names"].as_str());
        let fits = names == Some(kind) || (names == Some("principal") && matches!(kind, "user" | "group"));
        // A function of a module is no method.
        fits && !entry.card.name.contains("::")
    };
    let candidate = |entry: &Entry| {
        let rest = entry.signature().split_once('(').map_or(String::new(), |(_, rest)| rest.to_owned());
        let rest = rest.split_once(", ").map_or(")", |(_, rest)| rest);
        let name = entry.card.name;
        Candidate {
            replacement: if rest == ")" { format!("{name}()") } else { format!("{name}(") },
            name: format!("{name}({rest}"),
            about: entry.card.summary.to_owned(),
        }
    };
    catalogue::entries().iter().filter(about).map(candidate).collect()
}

fn module(name: &str, known: &dyn Known) -> Vec<Candidate> {
    if name == "sandbox" {
        let own = catalogue::entries().iter().filter_map(|entry| {
            let bare = entry.card.name.strip_prefix("sandbox::")?;
            let signature = entry.signature();
            let signature = signature.trim_start_matches("sandbox::").to_owned();
            let replacement = if signature.ends_with("()") { signature.clone() } else { format!("{bare}(") };
            Some(Candidate { replacement, name: signature, about: entry.card.summary.to_owned() })
        });
        return own.collect();
    }
    let path = known.imports().into_iter().find(|(known, _)| known == name).map(|(_, path)| path);
    let candidate = |named: Named| {
        let (signature, about) = named.about.split_once("  ").unwrap_or((&named.about, ""));
        Candidate {
            replacement: if signature.ends_with("()") {
                signature.to_owned()
            } else {
                format!("{}(", named.name)
            },
            name: signature.to_owned(),
            about: about.to_owned(),
        }
    };
    known.module(path.as_deref().unwrap_or(name)).into_iter().map(candidate).collect()
}

/// Text as it stands between double quotes.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// Values where no quote was typed: texts bring their own.
fn bare(values: Vec<Choice>, slot: &Slot, typed: &str) -> Vec<Candidate> {
    let candidate = |choice: Choice| Candidate {
        replacement: match choice.is_text {
            true => format!("\"{}\"", escaped(&choice.value)),
            false => choice.value.clone(),
        },
        name: choice.value,
        about: choice.about,
    };
    let mut found: Vec<Candidate> = values.into_iter().map(candidate).collect();
    let options_come = slot.path.is_empty()
        && typed.is_empty()
        && entry_of(slot)
            .is_some_and(|entry| slot.n == entry.card.positional.len() && entry.signature().contains("#{"));
    if options_come {
        found.push(plain("#{ ", "options"));
    }
    found
}

/// Values inside of quotes; the closing one comes with them.
fn in_quotes(values: Vec<Choice>, typed: &str, follows: Option<char>) -> Vec<Candidate> {
    let texts = values.into_iter().filter(|choice| choice.is_text);
    let candidates = texts
        .map(|choice| Candidate {
            replacement: escaped(&choice.value),
            name: choice.value,
            about: choice.about,
        })
        .collect();
    closed(matching(typed, candidates), follows)
}

fn closed(mut candidates: Vec<Candidate>, follows: Option<char>) -> Vec<Candidate> {
    // A folder is not the end of a path.
    let open = |candidate: &&mut Candidate| !candidate.replacement.ends_with('/');
    if follows != Some('"') {
        candidates.iter_mut().filter(open).for_each(|candidate| candidate.replacement.push('"'));
    }
    candidates
}

fn commands() -> Vec<Candidate> {
    let candidate = |known: &command::About| Candidate {
        replacement: match known.takes.is_empty() {
            true => known.name.to_owned(),
            false => format!("{} ", known.name),
        },
        name: format!(":{} {}", known.name, known.takes).trim_end().to_owned(),
        about: known.summary.to_owned(),
    };
    command::COMMANDS.iter().map(candidate).collect()
}

fn after_command(name: &str, typed: &str, known: &dyn Known) -> Vec<Candidate> {
    let words = |words: &[&str]| matching(typed, words.iter().map(|word| plain(word, "")).collect());
    match name {
        "what-if" | "time" => words(&["on", "off"]),
        "help" => matching_verbs(typed, |entry| entry.card.name.to_owned()),
        "save" | "record" => {
            let mut found: Vec<Candidate> =
                known.files(typed).into_iter().map(|file| plain(&file.name, &file.about)).collect();
            if name == "record" {
                found.extend(words(&["off"]));
            }
            found
        }
        _ => Vec::new(),
    }
}

/// What the tenant would be asked for at this place, so that it can be asked before anybody waits for it.
pub fn words_of(here: &Here) -> Vec<Names> {
    let Place::Value { slot, .. } = &here.place else { return Vec::new() };
    let asked = Asked(std::cell::RefCell::default());
    values(slot, "", &asked);
    asked.0.into_inner()
}

/// Knows nothing, and notes what it was asked for.
struct Asked(std::cell::RefCell<Vec<Names>>);

impl Known for Asked {
    fn variables(&self) -> Vec<Named> {
        Vec::new()
    }
    fn variable(&self, _: &str) -> Option<Thing> {
        None
    }
    fn functions(&self) -> Vec<Named> {
        Vec::new()
    }
    fn imports(&self) -> Vec<(String, String)> {
        Vec::new()
    }
    fn module(&self, _: &str) -> Vec<Named> {
        Vec::new()
    }
    fn names(&self, which: Names) -> Vec<Named> {
        self.0.borrow_mut().push(which);
        Vec::new()
    }
    fn files(&self, _: &str) -> Vec<Named> {
        Vec::new()
    }
}
