//! Files: tables through the verbs of the data area, text through the compatibility module, both below the working directory.

use super::super::code::{Code, Gives, Severity};
use super::Outcome;
use super::arguments::{Arguments, items};
use super::layout::{call, list, native};

pub fn translate(name: &str, arguments: &mut Arguments) -> Option<Outcome> {
    match name {
        "import-csv" => Some(import_csv(arguments)),
        "export-csv" => Some(export_csv(arguments)),
        "export-excel" => Some(export_excel(arguments)),
        "out-file" | "set-content" | "add-content" => Some(write(name, arguments)),
        "get-content" => Some(get_content(arguments)),
        "test-path" => {
            let path = path(arguments)?;
            arguments.rest();
            Some(arguments.done(native("path_exists", &[path]).giving(Gives::Truth)))
        }
        "join-path" => {
            let mut parts: Vec<Code> = vec![arguments.take("Path")?];
            parts.extend(arguments.take("ChildPath"));
            parts.extend(arguments.take("AdditionalChildPath"));
            parts.append(&mut arguments.loose);
            arguments.rest();
            Some(arguments.done(native("join_path", &parts).giving(Gives::Text)))
        }
        "split-path" => {
            let path = arguments.take_any(&["Path", "LiteralPath"])?;
            let part = ["LeafBase", "Leaf", "Extension", "Parent"]
                .into_iter()
                .find(|part| arguments.flag(part))
                .unwrap_or("Parent");
            arguments.rest();
            let part = match part {
                "LeafBase" => "leaf_base",
                "Leaf" => "leaf",
                "Extension" => "extension",
                _ => "parent",
            };
            Some(arguments.done(native("split_path", &[path, Code::string(part)]).giving(Gives::Text)))
        }
        "resolve-path" | "convert-path" => {
            let path = path(arguments)?;
            arguments.rest();
            Some(arguments.done(path))
        }
        "new-item" => {
            let mut place = path(arguments)?;
            if let Some(name) = arguments.take("Name") {
                place = native("join_path", &[place, name]);
            }
            let kind = arguments
                .take("ItemType")
                .and_then(|kind| kind.literal)
                .unwrap_or_else(|| "Directory".to_owned());
            let value = arguments.take("Value");
            arguments.rest();
            let code = match kind.to_lowercase().as_str() {
                "directory" | "container" | "folder" => native("make_folder", &[place]),
                _ => native("write_text", &[place, value.unwrap_or_else(|| Code::string(""))]),
            };
            Some(arguments.done(code.giving(Gives::Nothing)))
        }
        "remove-item" => {
            let path = path(arguments)?;
            arguments.rest();
            Some(arguments.done(native("remove_file", &[path]).giving(Gives::Nothing)))
        }
        "clear-content" => {
            let path = path(arguments)?;
            arguments.rest();
            Some(arguments.done(native("write_text", &[path, Code::string("")]).giving(Gives::Nothing)))
        }
        "get-item" => {
            let path = path(arguments)?;
            arguments.rest();
            Some(arguments.done(native("file", &[path]).giving(Gives::Unknown)))
        }
        "copy-item" | "move-item" | "rename-item" | "get-childitem" | "compress-archive"
        | "expand-archive" => Some(Outcome::Unsupported {
            reason: format!("usher does not do what {} does with files", arguments.cmdlet),
        }),
        _ => None,
    }
}

/// A path as it is meant on any system: `\` divides folders on Windows only.
fn portable(path: Code, arguments: &mut Arguments) -> Code {
    match &path.literal {
        Some(text) => {
            let (plain, moved) = plain_path(text);
            if moved {
                let message = format!(
                    "`{text}` became `{plain}`, below the working directory: `--allow-path` opens another folder"
                );
                arguments.remark(Severity::Note, message);
            }
            Code::string(&plain)
        }
        None => native("path", &[path]).giving(Gives::Text),
    }
}

/// The path with `/`; one that begins with a drive or a share is brought below the working directory.
fn plain_path(text: &str) -> (String, bool) {
    let slashed = text.replace('\\', "/");
    let drive =
        slashed.get(1..2) == Some(":") && slashed.starts_with(|letter: char| letter.is_ascii_alphabetic());
    let share = slashed.starts_with("//");
    match drive || share {
        true => {
            let leaf = slashed.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
            (leaf.to_owned(), true)
        }
        false => (slashed.trim_start_matches("./").to_owned(), false),
    }
}

fn path(arguments: &mut Arguments) -> Option<Code> {
    let given = arguments.take_any(&["Path", "LiteralPath", "FilePath"])?;
    Some(portable(given, arguments))
}

fn import_csv(arguments: &mut Arguments) -> Outcome {
    let Some(path) = path(arguments) else {
        return Outcome::Unsupported { reason: "Import-Csv has no -Path".to_owned() };
    };
    let mut options = Vec::new();
    if let Some(header) = arguments.take("Header") {
        let names = items(&header)
            .map_or_else(|| native("each", std::slice::from_ref(&header)), |items| list(&items));
        options.push(("header".to_owned(), names));
    }
    if let Some(delimiter) = arguments.take("Delimiter").filter(|value| value.literal.as_deref() != Some(","))
    {
        options.push(("delimiter".to_owned(), delimiter));
    }
    if let Some(encoding) = arguments.take("Encoding").and_then(|value| value.literal) {
        match encoding.to_lowercase().as_str() {
            "unicode" => options.push(("encoding".to_owned(), Code::string("utf-16le"))),
            "ansi" | "default" | "oem" => {}
            _ => {}
        }
    }
    arguments.drop_idle();
    let headed = options.first().is_some_and(|(name, _)| name == "header");
    // The verb reads the names of columns from the file; a file without them is read line by line.
    let code = match headed {
        true => call("ps::import_csv", &[path], &options).giving(Gives::Many(None)),
        false => call("import_csv", &[path], &options).giving(Gives::Rows),
    };
    arguments.done(code)
}

fn export_csv(arguments: &mut Arguments) -> Outcome {
    let Some(path) = path(arguments) else {
        return Outcome::Unsupported { reason: "Export-Csv has no -Path".to_owned() };
    };
    let Some(rows) = arguments.take("InputObject").or_else(|| arguments.piped.take()) else {
        return Outcome::Unsupported { reason: "nothing is given to Export-Csv".to_owned() };
    };
    let mut options = Vec::new();
    if let Some(delimiter) = arguments.take("Delimiter").filter(|value| value.literal.as_deref() != Some(","))
    {
        options.push(("delimiter".to_owned(), delimiter));
    }
    let encoding = arguments.take("Encoding").and_then(|value| value.literal).unwrap_or_default();
    let append = arguments.flag("Append");
    arguments.drop_idle();
    arguments.flag("NoHeader");
    if append {
        let mut values = vec![path, rows];
        if !options.is_empty() {
            values.push(super::layout::map(&options));
        }
        return arguments.done(native("append_csv", &values).giving(Gives::Nothing));
    }
    if encoding.eq_ignore_ascii_case("utf8BOM") {
        options.push(("bom".to_owned(), Code::truth(true)));
    }
    arguments.done(call("export_csv", &[rows, path], &options).giving(Gives::Nothing))
}

/// The rows of a workbook as CSV.
fn export_excel(arguments: &mut Arguments) -> Outcome {
    let given = arguments.take("Path");
    let rows = arguments.take("InputObject").or_else(|| arguments.piped.take());
    let (Some(given), Some(rows)) = (given, rows) else {
        return Outcome::Unsupported {
            reason: "usher writes CSV, not Excel workbooks: export_csv".to_owned(),
        };
    };
    let path = match &given.literal {
        Some(text) => {
            let base = text.strip_suffix(".xlsx").unwrap_or(text);
            portable(Code::string(&format!("{base}.csv")), arguments)
        }
        None => {
            native("path", &[native("replace", &[given, Code::string("\\.xlsx$"), Code::string(".csv")])])
        }
    };
    arguments.rest();
    arguments.remark(Severity::Attention, "the rows go into a CSV file: usher writes no Excel workbooks");
    arguments.done(call("export_csv", &[rows, path], &[]).giving(Gives::Nothing))
}

fn write(name: &str, arguments: &mut Arguments) -> Outcome {
    let Some(path) = path(arguments) else {
        return Outcome::Unsupported { reason: format!("{} has no path", arguments.cmdlet) };
    };
    let value = arguments.take_any(&["InputObject", "Value"]).or_else(|| arguments.piped.take());
    let append = name == "add-content" || arguments.flag("Append");
    arguments.rest();
    let value = value.unwrap_or_else(|| Code::string(""));
    let function = if append { "append_text" } else { "write_text" };
    arguments.done(native(function, &[path, value]).giving(Gives::Nothing))
}

fn get_content(arguments: &mut Arguments) -> Outcome {
    let Some(path) = path(arguments) else {
        return Outcome::Unsupported { reason: "Get-Content has no -Path".to_owned() };
    };
    let raw = arguments.flag("Raw");
    let first = arguments.take("TotalCount");
    let last = arguments.take("Tail");
    arguments.rest();
    let code = match raw {
        true => native("read_text", &[path]).giving(Gives::Text),
        false => native("read_lines", &[path]).giving(Gives::Many(None)),
    };
    let code = match (first, last) {
        (Some(first), _) => {
            Code::atom(format!("ps::first({}, {})", code.text, first.text)).giving(Gives::Many(None))
        }
        (None, Some(last)) => {
            Code::atom(format!("ps::last({}, {})", code.text, last.text)).giving(Gives::Many(None))
        }
        _ => code,
    };
    arguments.done(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_the_same_everywhere() {
        for (from, to, moved) in [
            (r".\guests.csv", "guests.csv", false),
            (r"out\guests.csv", "out/guests.csv", false),
            (r"C:\temp\guests.csv", "guests.csv", true),
            (r"C:guests.csv", "guests.csv", true),
            (r"\\server\share\guests.csv", "guests.csv", true),
            ("guests.csv", "guests.csv", false),
        ] {
            assert_eq!(plain_path(from), (to.to_owned(), moved), "{from}");
        }
    }
}
