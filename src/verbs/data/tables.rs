//! Tables: reading CSV, writing it, showing it.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::verbs::card::{cmdlet_with, example};
use crate::verbs::{Area, Card, Entry, Returns, Verb};

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::hosted::<ImportCsv>());
    entries.push(Entry::hosted::<ExportCsv>());
    entries.push(Entry::hosted::<FormatTable>());
    entries.push(Entry::hosted::<FormatList>());
}

/// Rows of a CSV file.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportCsv {
    /// Where the file is, from the working directory.
    pub path: String,
    /// One character; found out when left out.
    #[schemars(length(min = 1, max = 1))]
    pub delimiter: Option<String>,
    /// `utf-8`, `utf-16le`, `windows-1252`; found out when left out.
    pub encoding: Option<String>,
    /// Columns without which the file is of no use.
    pub required: Option<Vec<String>>,
    /// Columns that read as empty when the file lacks them.
    pub optional: Option<Vec<String>>,
}

impl Verb for ImportCsv {
    const CARD: Card = Card {
        name: "import_csv",
        area: Area::Data,
        summary: "Read a CSV file into rows",
        details: "Takes Microsoft's bulk templates, spreadsheet exports and files made by hand: version rows, bracketed keys, example rows, BOM, UTF-16, `;` and tabs are understood. Cells are trimmed, an empty cell is `()`. A row is read by column name in any case, `row.displayName` finding `Display name`; a column the file lacks is an error, unless it was named in `optional`.",
        cmdlets: &[cmdlet_with(
            "Import-Csv",
            &[
                ("Path", "path"),
                ("LiteralPath", "path"),
                ("Delimiter", "delimiter"),
                ("Encoding", "encoding"),
            ],
        )],
        positional: &["path"],
        required: 1,
        returns: Returns::Rows,
        examples: &[example(
            "export_csv([#{ email: \"ann@fabrikam.example\", name: \"Ann Lee\" }], \"people.csv\");\nprint(import_csv(\"people.csv\")[0].name)",
            "Ann Lee",
        )],
        source: "https://learn.microsoft.com/entra/external-id/tutorial-bulk-invite",
        ..Card::PLAIN
    };
}

/// Objects into a CSV file.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExportCsv {
    /// Objects, maps or rows.
    pub rows: Value,
    /// Where the file goes, from the working directory.
    pub path: String,
    /// Which columns, in this order; those of the first object, as written, when left out.
    pub columns: Option<Vec<String>>,
    /// One character; `,` when left out.
    #[schemars(length(min = 1, max = 1))]
    pub delimiter: Option<String>,
    /// Begin with the mark by which Excel knows UTF-8.
    pub bom: Option<bool>,
    /// Leave cells that a spreadsheet would run as formulas as they are.
    pub raw: Option<bool>,
}

impl Verb for ExportCsv {
    const CARD: Card = Card {
        name: "export_csv",
        area: Area::Data,
        summary: "Write objects, maps or rows into a CSV file",
        details: "Columns come out in the order they were written in the script. A cell that a spreadsheet would run as a formula gets a `'` before it, unless `raw: true`.",
        cmdlets: &[cmdlet_with(
            "Export-Csv",
            &[("Path", "path"), ("LiteralPath", "path"), ("Delimiter", "delimiter")],
        )],
        positional: &["rows", "path"],
        required: 2,
        returns: Returns::Nothing,
        examples: &[example(
            "export_csv(get_guests().map(|g| #{ name: g.displayName, address: g.mail }), \"guests.csv\");\nprint(import_csv(\"guests.csv\").len() == get_guests().len())",
            "true",
        )],
        ..Card::PLAIN
    };
}

/// Objects as a table.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FormatTable {
    /// Objects, maps or rows.
    pub rows: Value,
    /// Which columns, in this order; the important ones of their kind when left out.
    pub columns: Option<Vec<String>>,
}

impl Verb for FormatTable {
    const CARD: Card = Card {
        name: "format_table",
        area: Area::Data,
        summary: "Show objects, maps or rows as a table; gives text",
        cmdlets: &[cmdlet_with("Format-Table", &[("Property", "columns")])],
        positional: &["rows"],
        required: 1,
        returns: Returns::Text,
        examples: &[example(
            "print(format_table([#{ name: \"Ann\", city: \"Bonn\" }]))",
            "name  city\n──────────\nAnn   Bonn",
        )],
        ..Card::PLAIN
    };
}

/// One object as a list.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FormatList {
    /// An object or map; of an array, each in turn.
    pub object: Value,
    /// Which properties, in this order; all when left out.
    pub columns: Option<Vec<String>>,
}

impl Verb for FormatList {
    const CARD: Card = Card {
        name: "format_list",
        area: Area::Data,
        summary: "Show an object as a list of its properties; gives text",
        cmdlets: &[cmdlet_with("Format-List", &[("Property", "columns")])],
        positional: &["object"],
        required: 1,
        returns: Returns::Text,
        examples: &[example(
            "print(format_list(#{ name: \"Ann\", city: \"Bonn\" }))",
            "name  Ann\ncity  Bonn",
        )],
        ..Card::PLAIN
    };
}
