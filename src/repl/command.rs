//! The words that are for the prompt itself: what each is called, what it takes, what it does.

use std::path::PathBuf;

use crate::words::nearest;

/// A word as help and completion have it.
#[derive(Debug)]
pub struct About {
    pub name: &'static str,
    pub takes: &'static str,
    pub summary: &'static str,
}

const fn about(name: &'static str, takes: &'static str, summary: &'static str) -> About {
    About { name, takes, summary }
}

pub const COMMANDS: &[About] = &[
    about("help", "[VERB]", "this list, or the reference of a verb"),
    about("all", "", "every property of the last result"),
    about("what-if", "on|off", "show what writes would do, and send nothing"),
    about("tenant", "", "where the lines go, and who acts there"),
    about("runs", "", "what was written so far, by this session and others"),
    about("time", "on|off|CODE", "how long lines take"),
    about("save", "FILE", "the lines that went well, as a script"),
    about("edit", "", "the last line in an editor; it comes back to be run"),
    about("record", "FILE|off", "every exchange with the services, secrets removed"),
    about("quit", "", "leave; so does Ctrl-D"),
];

#[derive(Debug, PartialEq)]
pub enum Command {
    /// The words of the prompt, or the page of a verb.
    Help(Vec<String>),
    All,
    /// On, off, or which of them it is.
    WhatIf(Option<bool>),
    Tenant,
    Runs,
    Time(Time),
    Save(PathBuf),
    Edit,
    /// The file, or nothing any more.
    Record(Option<PathBuf>),
    Quit,
}

#[derive(Debug, PartialEq)]
pub enum Time {
    Always(bool),
    Which,
    Once(String),
}

/// What a line that begins with `:` asks for, or what to say instead.
pub fn read(line: &str) -> Result<Command, String> {
    let line = line.trim().trim_start_matches(':').trim_end_matches(';').trim();
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    let file = |what: &str| match rest.is_empty() {
        true => Err(format!("error: `:{name}` takes a file\nhint: {what}")),
        false => Ok(PathBuf::from(rest.trim_matches('"'))),
    };
    Ok(match name {
        "help" | "h" | "?" | "" => Command::Help(rest.split_whitespace().map(str::to_owned).collect()),
        "all" => Command::All,
        "what-if" | "whatif" => Command::WhatIf(switch(name, rest)?),
        "tenant" => Command::Tenant,
        "runs" => Command::Runs,
        "time" => Command::Time(match rest {
            "" => Time::Which,
            "on" => Time::Always(true),
            "off" => Time::Always(false),
            code => Time::Once(code.to_owned()),
        }),
        "save" => Command::Save(file(":save onboard.rhai")?),
        "edit" | "e" => Command::Edit,
        "record" if rest == "off" => Command::Record(None),
        "record" => Command::Record(Some(file(":record exchanges.jsonl, and :record off")?)),
        "quit" | "q" | "exit" => Command::Quit,
        other => {
            let near = nearest(other, COMMANDS.iter().map(|known| known.name));
            let hint =
                near.map_or("`:help` lists them".to_owned(), |near| format!("did you mean `:{near}`?"));
            return Err(format!("error: there is no `:{other}`\nhint: {hint}"));
        }
    })
}

fn switch(name: &str, rest: &str) -> Result<Option<bool>, String> {
    match rest {
        "" => Ok(None),
        "on" => Ok(Some(true)),
        "off" => Ok(Some(false)),
        other => Err(format!("error: `:{name}` takes on or off, and got `{other}`")),
    }
}

/// The list that `:help` shows.
pub fn list() -> String {
    let line = |known: &About| {
        format!("  {:<20} {}", format!(":{} {}", known.name, known.takes).trim_end(), known.summary)
    };
    let own: Vec<String> = COMMANDS.iter().map(line).collect();
    let keys = [
        ("VERB?", "the reference of a verb; so do help VERB and help(VERB)"),
        ("help", "the verbs"),
        ("it", "the last result, in a line"),
        ("Tab", "what could stand here: verbs, options, values, files"),
        ("Right, End", "takes over the grey end of an earlier line"),
        ("Up, Ctrl-R", "earlier lines, and looking for one"),
        ("Ctrl-C", "drops the line, or stops what runs"),
    ];
    let keys = keys.map(|(key, summary)| format!("  {key:<20} {summary}"));
    format!("{}\n\n{}", own.join("\n"), keys.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_prompt_are_read() {
        assert_eq!(read(":what-if on"), Ok(Command::WhatIf(Some(true))));
        assert_eq!(read(":what-if"), Ok(Command::WhatIf(None)));
        assert_eq!(read(" :save \"a b.rhai\" "), Ok(Command::Save("a b.rhai".into())));
        assert_eq!(read(":record off"), Ok(Command::Record(None)));
        assert_eq!(read(":time get_users()"), Ok(Command::Time(Time::Once("get_users()".to_owned()))));
        assert_eq!(read(":q"), Ok(Command::Quit));
        assert_eq!(read(":help get_user"), Ok(Command::Help(vec!["get_user".to_owned()])));
    }

    #[test]
    fn an_unknown_word_is_told_the_nearest() {
        assert!(read(":tenent").unwrap_err().contains("did you mean `:tenant`?"));
        assert!(read(":zzz").unwrap_err().contains("`:help` lists them"));
        assert!(read(":what-if maybe").unwrap_err().contains("takes on or off"));
        assert!(read(":save").unwrap_err().contains("takes a file"));
    }

    #[test]
    fn the_list_fits_80_columns() {
        assert!(list().lines().all(|line| line.chars().count() <= 80), "{}", list());
    }
}
