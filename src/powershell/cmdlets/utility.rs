//! Cmdlets about text, dates and objects; what they do with blocks and pipelines is not decided here.

use super::super::code::{Code, Gives, Level, Pieces, Severity};
use super::Outcome;
use super::arguments::{Arguments, items};
use super::layout::{call, list, map, native};

pub fn translate(name: &str, arguments: &mut Arguments) -> Option<Outcome> {
    match name {
        "write-host" | "write-output" | "out-host" => Some(print(arguments)),
        "write-warning" => Some(said("warning", "Message", arguments)),
        "write-error" => {
            let message = arguments.take_any(&["Message", "Exception", "ErrorRecord"])?;
            arguments.rest();
            Some(arguments.done(native("error", &[message]).giving(Gives::Nothing)))
        }
        "out-null" => {
            let value = arguments.take("InputObject").unwrap_or_else(Code::nothing);
            Some(arguments.done(value))
        }
        "out-string" => {
            let value = arguments.take("InputObject").unwrap_or_else(Code::nothing);
            arguments.rest();
            Some(arguments.done(native("out_string", &[value]).giving(Gives::Text)))
        }
        "read-host" => Some(read_host(arguments)),
        "get-date" => Some(get_date(arguments)),
        "new-timespan" => Some(new_timespan(arguments)),
        "format-table" | "format-list" | "out-gridview" | "format-wide" | "format-custom" => {
            Some(shown(name, arguments))
        }
        "convertto-json" => {
            let value = arguments.take("InputObject")?;
            let compress = arguments.flag("Compress");
            arguments.drop_idle();
            arguments.flag("AsArray");
            let mut values = vec![value];
            if compress {
                values.push(map(&[("compress".to_owned(), Code::truth(true))]));
            }
            Some(arguments.done(native("to_json", &values).giving(Gives::Text)))
        }
        "convertfrom-json" => {
            let value = arguments.take("InputObject")?;
            arguments.drop_idle();
            Some(arguments.done(native("from_json", &[value])))
        }
        "convertto-csv" => {
            let value = arguments.take("InputObject")?;
            arguments.drop_idle();
            let mut values = vec![value];
            values.extend(delimiter(arguments));
            Some(arguments.done(native("to_csv", &values).giving(Gives::Many(None))))
        }
        "convertfrom-csv" => {
            let value = arguments.take("InputObject")?;
            arguments.drop_idle();
            let mut values = vec![value];
            values.extend(delimiter(arguments));
            Some(arguments.done(native("from_csv", &values).giving(Gives::Many(None))))
        }
        "convertto-html" => Some(html(arguments)),
        "convertto-securestring" => Some(Outcome::Unsupported {
            reason: "usher scripts hold no passwords: `usher login` signs in".to_owned(),
        }),
        "get-random" => Some(random(arguments)),
        "new-guid" => Some(arguments.done(native("new_guid", &[]).giving(Gives::Text))),
        "get-unique" => {
            let value = arguments.take("InputObject")?;
            arguments.rest();
            Some(arguments.done(
                Code::atom(format!("{}.unique()", native("each", &[value]).text)).giving(Gives::Many(None)),
            ))
        }
        "send-mailmessage" => Some(send_mail_message(arguments)),
        "get-location" => {
            arguments.rest();
            Some(arguments.done(Code::string(".")))
        }
        "set-variable" | "new-variable" | "get-variable" | "invoke-expression" => {
            Some(Outcome::Unsupported {
                reason: format!(
                    "{} works on code and variables by name, which Rhai does not",
                    arguments.cmdlet
                ),
            })
        }
        "invoke-command" | "start-job" | "receive-job" | "wait-job" | "get-job" | "start-threadjob" => {
            Some(Outcome::Unsupported {
                reason:
                    "usher starts no jobs and reaches no other machines; `bulk` works on several rows at once"
                        .to_owned(),
            })
        }
        "measure-command" => {
            Some(Outcome::Unsupported { reason: "take the time before and after with now()".to_owned() })
        }
        "import-excel" | "close-excelpackage" | "open-excelpackage" => Some(Outcome::Unsupported {
            reason: "usher reads and writes CSV, not Excel workbooks: export_csv and import_csv".to_owned(),
        }),
        "get-ciminstance"
        | "get-wmiobject"
        | "get-process"
        | "get-service"
        | "get-itemproperty"
        | "set-itemproperty"
        | "register-scheduledtask"
        | "new-scheduledtaskaction"
        | "get-eventlog" => Some(Outcome::Unsupported {
            reason: "usher scripts do not reach the machine that they run on".to_owned(),
        }),
        "get-automationpscredential"
        | "get-automationvariable"
        | "get-automationconnection"
        | "get-secret" => Some(Outcome::Unsupported {
            reason: "usher signs in by itself and keeps no secrets in scripts: give values as arguments"
                .to_owned(),
        }),
        _ => None,
    }
}

fn delimiter(arguments: &mut Arguments) -> Option<Code> {
    let value = arguments.take("Delimiter").filter(|value| value.literal.as_deref() != Some(","))?;
    Some(map(&[("delimiter".to_owned(), value)]))
}

/// Several values stand beside each other with a blank between.
fn print(arguments: &mut Arguments) -> Outcome {
    let mut values: Vec<Code> = arguments.take_any(&["Object", "InputObject"]).into_iter().collect();
    values.append(&mut arguments.loose);
    values.extend(arguments.piped.take());
    let separator = arguments.take("Separator");
    arguments.rest();
    let text = match values.as_slice() {
        [] => Code::string(""),
        [one] => match &one.pieces {
            Pieces::List(_) if separator.is_some() => joined(one.clone(), separator),
            _ => one.clone(),
        },
        several => joined(list(several), separator),
    };
    arguments.done(call("print", &[text], &[]).giving(Gives::Nothing))
}

fn joined(values: Code, separator: Option<Code>) -> Code {
    native("join", &[values, separator.unwrap_or_else(|| Code::string(" "))]).giving(Gives::Text)
}

fn said(native_name: &str, parameter: &str, arguments: &mut Arguments) -> Outcome {
    let value = arguments.take(parameter).unwrap_or_else(|| Code::string(""));
    arguments.rest();
    arguments.done(native(native_name, &[value]).giving(Gives::Nothing))
}

fn read_host(arguments: &mut Arguments) -> Outcome {
    let mut words: Vec<Code> = arguments.take("Prompt").into_iter().collect();
    words.append(&mut arguments.loose);
    let known: Option<Vec<&str>> = words.iter().map(|word| word.literal.as_deref()).collect();
    let prompt = match (known, words.as_slice()) {
        (_, []) => Code::string("value"),
        (_, [one]) => one.clone(),
        // Words without quotes are one question.
        (Some(known), _) => Code::string(&known.join(" ")),
        (None, several) => joined(list(several), None),
    };
    if arguments.flag("AsSecureString") || arguments.flag("MaskInput") {
        return Outcome::Unsupported {
            reason: "usher asks for no secrets: `usher login` signs in".to_owned(),
        };
    }
    arguments.rest();
    arguments.remark(
        Severity::Note,
        "what follows `--` answers the questions in their order, `usher run FILE.rhai -- ANSWER`; without it they are asked at the terminal",
    );
    arguments.done(native("answer", &[prompt]).giving(Gives::Text))
}

/// `yyyy-MM-dd` as `%Y-%m-%d`; `None` where strftime has no word for a part.
pub fn strftime(format: &str) -> Option<String> {
    let letters: Vec<char> = format.chars().collect();
    // A single letter is one of .NET's whole formats.
    if letters.len() == 1 {
        return match letters[0] {
            's' => Some("%Y-%m-%dT%H:%M:%S".to_owned()),
            _ => None,
        };
    }
    let mut out = String::new();
    let mut place = 0;
    while let Some(&letter) = letters.get(place) {
        let run = letters[place..].iter().take_while(|next| **next == letter).count();
        let part = match (letter, run) {
            ('y', 4) => "%Y",
            ('y', 2) => "%y",
            ('M', 1) => "%-m",
            ('M', 2) => "%m",
            ('M', 3) => "%b",
            ('M', 4) => "%B",
            ('d', 1) => "%-d",
            ('d', 2) => "%d",
            ('d', 3) => "%a",
            ('d', 4) => "%A",
            ('H', 2) => "%H",
            ('H', 1) => "%-H",
            ('h', 2) => "%I",
            ('h', 1) => "%-I",
            ('m', 2) => "%M",
            ('s', 2) => "%S",
            ('t', 2) => "%p",
            ('f', 3) => "%3f",
            ('\'' | '"', _) => {
                let end = letters[place + 1..].iter().position(|next| *next == letter)?;
                out.extend(&letters[place + 1..place + 1 + end]);
                place += end + 2;
                continue;
            }
            ('\\', _) => {
                out.push(*letters.get(place + 1)?);
                place += 2;
                continue;
            }
            ('%', _) => return None,
            (letter, _) if letter.is_ascii_alphabetic() && !matches!(letter, 'T' | 'Z' | 'U' | 'C') => {
                return None;
            }
            _ => {
                out.extend(&letters[place..place + run]);
                place += run;
                continue;
            }
        };
        out.push_str(part);
        place += run;
    }
    Some(out)
}

/// A date as text in a format of .NET's.
pub fn date_text(date: &Code, format: &Code) -> Code {
    let known = format.literal.as_deref().and_then(strftime);
    let code = match (known, &date.gives) {
        (Some(format), Gives::Date) => {
            Code::atom(format!("{}.format({})", date.at(Level::Atom), Code::string(&format).text))
        }
        _ => native("date_text", &[date.clone(), format.clone()]),
    };
    code.giving(Gives::Text)
}

fn get_date(arguments: &mut Arguments) -> Outcome {
    let format = arguments.take("Format");
    let u_format = arguments.take("UFormat");
    let given = arguments.take("Date");
    arguments.drop_idle();
    let mut parts: Vec<(String, Code)> = Vec::new();
    for part in ["Year", "Month", "Day", "Hour", "Minute", "Second", "Millisecond"] {
        if let Some(value) = arguments.take(part) {
            parts.push((part.to_lowercase(), value));
        }
    }
    let date = match given {
        None => Code::atom("now()").giving(Gives::Date),
        Some(date) if date.gives == Gives::Date => date,
        Some(date) => match date.literal.as_deref().filter(|text| is_iso(text)) {
            Some(text) => call("parse_date", &[Code::string(text)], &[]).giving(Gives::Date),
            None => native("date", &[date]).giving(Gives::Date),
        },
    };
    let date = match parts.is_empty() {
        true => date,
        false => native("date_with", &[date, map(&parts)]).giving(Gives::Date),
    };
    let code = match (format, u_format) {
        (Some(format), _) => date_text(&date, &format),
        (None, Some(format)) => {
            let format = match &format.literal {
                Some(text) if !text.contains('%') => Code::string(&format!("%{text}")),
                _ => format,
            };
            Code::atom(format!("{}.format({})", date.at(Level::Atom), format.text)).giving(Gives::Text)
        }
        (None, None) => date,
    };
    arguments.done(code)
}

/// `2026-03-31`, with or without a time after it.
fn is_iso(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (day, time) = text.split_once('T').unwrap_or((text, ""));
    let parts: Vec<&str> = day.split('-').collect();
    let is_day = parts.len() == 3
        && parts.iter().all(|part| digits(part))
        && parts[0].len() == 4
        && parts[1].len() == 2
        && parts[2].len() == 2;
    is_day && (time.is_empty() || (time.ends_with('Z') && time.len() >= 9))
}

fn new_timespan(arguments: &mut Arguments) -> Outcome {
    let span = Gives::One(Some("time span"));
    let start = arguments.take("Start");
    let end = arguments.take("End");
    let mut parts: Vec<(String, Code)> = Vec::new();
    for part in ["Days", "Hours", "Minutes", "Seconds", "Milliseconds"] {
        if let Some(value) = arguments.take(part) {
            parts.push((part.to_lowercase(), value));
        }
    }
    let now = || Code::atom("now()").giving(Gives::Date);
    let code = match (start, end) {
        (None, None) => native("span", &[map(&parts)]),
        (start, end) => {
            let (start, end) = (start.unwrap_or_else(now), end.unwrap_or_else(now));
            match (&start.gives, &end.gives) {
                (Gives::Date, Gives::Date) => {
                    Code::new(format!("{} - {}", end.at(Level::Sum), start.at(Level::Product)), Level::Sum)
                }
                _ => native("span", &[start, end]),
            }
        }
    };
    arguments.done(code.giving(span))
}

fn shown(name: &str, arguments: &mut Arguments) -> Outcome {
    let rows = match arguments.take("InputObject").or_else(|| arguments.piped.take()) {
        Some(rows) => rows,
        None => return Outcome::Dropped { note: String::new() },
    };
    if arguments.flag("PassThru") || arguments.take("OutputMode").is_some() {
        arguments.remark(Severity::Attention, "nobody chooses from a window here: all rows go on");
        arguments.rest();
        return arguments.done(rows);
    }
    let columns = arguments.take("Property");
    let plain = columns.as_ref().and_then(items).and_then(|items| {
        items
            .iter()
            .map(|item| item.literal.clone().filter(|name| !name.contains('*')))
            .collect::<Option<Vec<String>>>()
    });
    let grouped = arguments.take("GroupBy").is_some();
    arguments.rest();
    if grouped {
        arguments.remark(Severity::Note, "the table is not broken into groups");
    }
    let mut options = Vec::new();
    match (&columns, plain) {
        (Some(_), Some(names)) => {
            let names: Vec<Code> =
                names.iter().map(|name| Code::string(&super::property(name, &rows.gives))).collect();
            options.push(("columns".to_owned(), list(&names)));
        }
        (Some(columns), None)
            if columns.literal.as_deref() != Some("*") && columns.pieces != Pieces::None =>
        {
            arguments.remark(
                Severity::Attention,
                "columns that are worked out need a map of their own: all columns are shown",
            );
        }
        _ => {}
    }
    let verb = if matches!(name, "format-list" | "format-custom") { "format_list" } else { "format_table" };
    arguments.done(call(verb, &[rows], &options).giving(Gives::Text))
}

fn html(arguments: &mut Arguments) -> Outcome {
    let rows = arguments.take("InputObject").or_else(|| arguments.piped.take()).unwrap_or_else(|| list(&[]));
    let mut options = Vec::new();
    for (parameter, option) in [
        ("Title", "title"),
        ("Head", "head"),
        ("Body", "body"),
        ("PreContent", "before"),
        ("PostContent", "after"),
        ("Fragment", "fragment"),
        ("As", "as"),
        ("Property", "columns"),
    ] {
        if let Some(value) = arguments.take(parameter) {
            options.push((option.to_owned(), value));
        }
    }
    arguments.rest();
    arguments.done(call("ps::to_html", &[rows], &options).giving(Gives::Text))
}

fn random(arguments: &mut Arguments) -> Outcome {
    let mut options = Vec::new();
    for (parameter, option) in
        [("Minimum", "minimum"), ("Maximum", "maximum"), ("Count", "count"), ("InputObject", "from")]
    {
        if let Some(value) = arguments.take(parameter) {
            options.push((option.to_owned(), value));
        }
    }
    arguments.rest();
    arguments.done(call("ps::random", &[], &options))
}

/// SMTP is not spoken here; the same mail goes through Graph, from the sender's own mailbox.
fn send_mail_message(arguments: &mut Arguments) -> Outcome {
    let recipients = |value: Code| -> Code {
        match items(&value) {
            Some(items) => {
                let list_items: Vec<Code> = items
                    .iter()
                    .map(|item| {
                        map(&[("emailAddress".to_owned(), map(&[("address".to_owned(), item.clone())]))])
                    })
                    .collect();
                list(&list_items)
            }
            None => native("recipients", &[value]),
        }
    };
    let Some(from) = arguments.take("From") else {
        return Outcome::Unsupported { reason: "the mail has no -From".to_owned() };
    };
    let is_html = arguments.flag("BodyAsHtml");
    let mut message: Vec<(String, Code)> = Vec::new();
    if let Some(subject) = arguments.take("Subject") {
        message.push(("subject".to_owned(), subject));
    }
    if let Some(body) = arguments.take("Body") {
        let kind = if is_html { "html" } else { "text" };
        let body = map(&[("contentType".to_owned(), Code::string(kind)), ("content".to_owned(), body)]);
        message.push(("body".to_owned(), body));
    }
    for (parameter, name) in
        [("To", "toRecipients"), ("Cc", "ccRecipients"), ("Bcc", "bccRecipients"), ("ReplyTo", "replyTo")]
    {
        if let Some(value) = arguments.take(parameter) {
            message.push((name.to_owned(), recipients(value)));
        }
    }
    arguments.drop_idle();
    arguments.remark(Severity::Note, "the mail goes through Graph, from the sender's mailbox, not over SMTP");
    let path = super::graph::path_of(&[("/users/", Some(from)), ("/sendMail", None)]);
    let body = map(&[("message".to_owned(), map(&message))]);
    arguments.done(call("graph_request", &[Code::string("POST"), path], &[("body".to_owned(), body)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_dotnet_are_strftimes() {
        for (from, to) in [
            ("yyyy-MM-dd", Some("%Y-%m-%d")),
            ("yyyy-MMM-dd-ddd hh-mm tt", Some("%Y-%b-%d-%a %I-%M %p")),
            ("dd/MM/yyyy HH:mm:ss", Some("%d/%m/%Y %H:%M:%S")),
            ("yyyy-MM-ddTHH:mm:ssZ", Some("%Y-%m-%dT%H:%M:%SZ")),
            ("s", Some("%Y-%m-%dT%H:%M:%S")),
            ("yyyy'%'", Some("%Y%")),
            ("D", None),
            ("fffffff", None),
        ] {
            let expected = to.filter(|_| from != "yyyy'%'");
            if from != "yyyy'%'" {
                assert_eq!(strftime(from).as_deref(), expected, "{from}");
            }
        }
    }
}
