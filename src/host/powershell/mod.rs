//! `import "powershell" as ps;`: PowerShell's ways with values, for scripts that were converted and depend on them.
//!
//! A converted script is plain Rhai wherever that means the same. Where it does not (text compared without regard to letter case, one
//! value or several, nothing, .NET's formats), it calls one of these. `x` is any value.
//!
//! **Comparing.** Text compares without regard to letter case; the right side is taken as the kind that the left one is; of a list it is
//! enough that one element compares. Each has a twin that ends in `_exact`, to which letter case matters.
//!
//! | function | PowerShell |
//! |---|---|
//! | `eq ne lt le gt ge (a, b)` | `-eq -ne -lt -le -gt -ge` |
//! | `like(text, pattern)` | `-like`, with `* ? [a-z]` and a back-tick before what is meant as it is |
//! | `matches(text, regex)` | `-match`, true or false |
//! | `groups(text, regex)` | `-match` and `$matches`: a map with `"0"`, `"1"`, and the names of groups; `()` where nothing matches |
//! | `contains(list, x)`, `is_in(x, list)` | `-contains`, `-in` |
//! | `compare(a, b)` | `.CompareTo()`: -1, 0 or 1 |
//! | `truth(x)` | what an `if` takes for true: not `()`, `""`, `0`, `[]`, nor a list of one such |
//! | `is_empty(x)`, `is_blank(x)` | `[string]::IsNullOrEmpty`, `[string]::IsNullOrWhiteSpace` |
//! | `is_type(x, "int")`, `type_of(x)` | `-is [int]`, `.GetType()` with `name` and `fullName` |
//!
//! **Text.** Positions count letters from 0.
//!
//! | function | PowerShell |
//! |---|---|
//! | `text(x)` | as it is printed inside a string: `True`, `03/31/2026 08:00:00`, lists with blanks between |
//! | `format(text, [values])` | `-f`: `{0}`, `{1,-10}`, `{2:N2}`, `{3:yyyy-MM-dd}` |
//! | `replace(text, regex, with)` | `-replace`, with `$1` and `${name}`; texts of a list each |
//! | `split(text, regex)`, `split(text, regex, limit)` | `-split` |
//! | `join(list, separator)` | `-join` |
//! | `replace_text(text, from, to)` | `.Replace()` |
//! | `split_at(text, separator, ...)` | `.Split()`: each letter of the first separates; `"RemoveEmptyEntries"` as the last leaves out empty parts |
//! | `index_of`, `last_index_of (text or list, x)` | `.IndexOf()`, `.LastIndexOf()`: -1 where it is not |
//! | `insert_text(text, at, what)`, `remove_text(text, at[, count])` | `.Insert()`, `.Remove()` |
//! | `pad_left`, `pad_right (text, length[, letter])` | `.PadLeft()`, `.PadRight()` |
//! | `trim`, `trim_start`, `trim_end (text[, letters])` | `.Trim()` ... |
//! | `escape(text)` | `[regex]::Escape` |
//! | `to_base64`, `from_base64`, `url_encode`, `url_decode`, `html_encode`, `html_decode (text)` | of UTF-8 text |
//! | `quoted(text)` | `.Replace("'", "''")`: for a value between apostrophes of a filter |
//! | `new_guid()`, `random()`, `random(#{ minimum, maximum, count, from })` | `New-Guid`, `Get-Random` |
//!
//! **Numbers and dates.** Dates are UTC, in PowerShell those of the machine's zone.
//!
//! | function | PowerShell |
//! |---|---|
//! | `number(x)`, `whole(x)` | `[double]`, `[int]`: to the even neighbour from half; `()` is 0 |
//! | `round(x, digits)` | `[math]::Round` |
//! | `add`, `subtract`, `multiply`, `divide (a, b)`, `range(a, b)` | `+ - * / ..` on whatever the left side is |
//! | `floor`, `ceiling`, `truncate (x)` | `[math]::Floor` ... |
//! | `date(x)` | `[datetime]`; `()` stays `()` |
//! | `date_text(x, ".NET format")` | `.ToString("yyyy-MM-dd")`; of a number its own formats |
//! | `new_date([year, month, day, ...])`, `date_with(date, #{ hour: 0 })`, `midnight(date)` | `Get-Date -Year ...`, `.Date` |
//! | `add_days`, `add_hours`, `add_minutes`, `add_seconds`, `add_milliseconds`, `add_months`, `add_years (date, n)` | `.AddDays()` ... |
//! | `span(from, to)`, `span(#{ days: 30 })`, `duration(text)`, `duration_of("days", n)` | `New-TimeSpan`, `[timespan]`: a time with `days` and `totalDays` and the like |
//!
//! **One or several.** A cmdlet's result is nothing, one object or a list, and PowerShell tells them apart only where it has to.
//!
//! | function | PowerShell |
//! |---|---|
//! | `each(x)` | what a `foreach` goes through: `()` is `[]`, one value is a list of it, a list stays |
//! | `one(x)` | what a pipeline gives: a list of one is its element, an empty one `()` |
//! | `count(x)` | `.Count` |
//! | `first(x, n)`, `last(x, n)` | `Select-Object -First`, `-Last` |
//! | `append(list, x)`, `without(list, x)` | `.Add()`, `.Remove()`: the list with and without |
//! | `sort(list, keys, descending)` | `Sort-Object`: keys are names, closures or `#{ by, descending }`, none for the values themselves |
//! | `group(list, key)` | `Group-Object`: maps with `name`, `count` and `group` |
//! | `unique(list)`, `unique(list, keys)` | `Select-Object -Unique`, `Sort-Object -Unique` |
//! | `measure(list)`, `measure(list, key)` | `Measure-Object`: `count`, `sum`, `average`, `maximum`, `minimum` |
//! | `select(list, columns[, excluded])` | `Select-Object`: objects with these alone, in this order; a column is a name, a pattern such as `*`, or `#{ name, value: \|item\| ... }` |
//! | `string_data(text)` | `ConvertFrom-StringData`: lines of `key = value` as a map |
//! | `flatten(list)` | a list of lists as one list, without what is nothing |
//! | `compare_objects(a, b, names, equal)` | `Compare-Object` |
//!
//! **Objects.**
//!
//! | function | PowerShell |
//! |---|---|
//! | `get(x, "Name")` | `.Name` in any letter case, by old names too; `()` where there is none; of a list, of each element |
//! | `has(x, what)` | `.Contains()`, `.ContainsKey()` |
//! | `item(x, index)` | `[index]` of a list, a map or text; `()` beyond the end |
//! | `set(x, "Name", value)` | gives the object or map with the property set, under the name that it has already |
//! | `entries(map)` | `.GetEnumerator()`: maps with `key` and `value` |
//!
//! **Files** lie below the working directory or a folder given with `--allow-path`. `\` and `/` both divide folders; a drive is left out.
//!
//! | function | PowerShell |
//! |---|---|
//! | `read_text(path)`, `read_lines(path)` | `Get-Content -Raw`, `Get-Content` |
//! | `write_text(path, x)`, `append_text(path, x)` | `Out-File`, `Add-Content`: lists a line each |
//! | `append_csv(path, rows[, #{ delimiter }])` | `Export-Csv -Append` |
//! | `import_csv(path, #{ header, delimiter })` | `Import-Csv -Header` |
//! | `to_csv(rows)`, `from_csv(lines)`, `to_json(x)`, `from_json(text)`, `to_html(rows, #{ title, ... })` | `ConvertTo-Csv` ... |
//! | `path_exists`, `make_folder`, `remove_file`, `file (path)` | `Test-Path`, `New-Item`, `Remove-Item`, `Get-Item` |
//! | `path(text)`, `join_path(a, b, ...)`, `split_path(path, "leaf")` | a path for any system, `Join-Path`, `Split-Path` |
//!
//! **Messages, arguments and requests.**
//!
//! | function | PowerShell |
//! |---|---|
//! | `warning(x)`, `error(x)` | `Write-Warning`, `Write-Error`: a line to stderr |
//! | `out_string(x)` | `Out-String` |
//! | `shown(x)` | what `print` gets of a line's value: a list of texts and numbers as lines, anything else as it is |
//! | `attempt(\|\| ...)` | `-ErrorAction SilentlyContinue`: what the closure gives, `()` where it fails; a second closure is given the error |
//! | `go_on(error)` | in the `catch` of a loop, where a cmdlet would show its error and go on: shows it, counts it for the exit code, and throws again only what stands in the way of every round, or what the script threw itself |
//! | `parameters(args, [#{ name, type, mandatory, aliases, allowed, help }])` | `param()` of a script |
//! | `answer(prompt)` | `Read-Host`: the next argument that no parameter took; without one, whoever sits at the terminal is asked |
//! | `modules(name)`, `scopes()`, `token()` | `Get-Module`, the scopes of `Get-MgContext`, a token fetched by hand: nothing is ever missing, and nothing of it is sent |
//! | `options(map[, without])` | a table of parameters as the options of a verb: names in camelCase |
//! | `body(x)`, `headers(map)`, `recipients(x)`, `addresses(x)` | what requests send |
//! | `key(x)`, `identity(x)`, `linked(x)` | the id in a path; by what Exchange knows an object; the id at the end of an `@odata.id` |
//! | `sku(x)`, `licenses(x)`, `license_changes(x)` | what licences are called in a request |

mod bodies;
mod compare;
mod csv;
mod dates;
mod errors;
mod files;
mod format;
mod html;
mod lists;
mod objects;
mod parameters;
mod patterns;
mod stages;
mod text;

use std::sync::{Arc, Mutex, PoisonError};

use rhai::{Dynamic, EvalAltResult, Module, NativeCallContext};

use super::errors::thrown;
use super::index::Index;
use crate::disk::Folders;
use crate::problem::{Kind, Problem};
use crate::runs::session::Watch;

/// The name under which scripts import it.
pub const NAME: &str = "powershell";

type Outcome = Result<Dynamic, Box<EvalAltResult>>;

/// Where the functions reach beyond values: files, the terminal, the arguments of the script.
#[derive(Clone)]
pub struct Place {
    pub folders: Folders,
    /// In which order the script wrote the keys of its maps.
    pub index: Arc<Index>,
    /// Whoever looks on: told of warnings and errors, and asked.
    pub watch: Arc<dyn Watch>,
    /// Told of each round of a loop that failed.
    pub fails: Arc<dyn Fn() + Send + Sync>,
    /// What `parameters` left of the arguments, for those who would have been asked.
    pub answers: Arc<Mutex<Vec<Dynamic>>>,
}

/// The arguments of a script, before its parameters take theirs.
pub fn answers(arguments: Vec<String>) -> Arc<Mutex<Vec<Dynamic>>> {
    Arc::new(Mutex::new(arguments.into_iter().map(Dynamic::from).collect()))
}

impl Place {
    fn left(&self, arguments: Vec<Dynamic>) {
        *self.answers.lock().unwrap_or_else(PoisonError::into_inner) = arguments;
    }
}

/// The module, with the functions that stand above.
pub fn module(place: &Place) -> Module {
    let mut module = Module::new();
    compare::register(&mut module);
    patterns::register(&mut module);
    text::register(&mut module);
    dates::register(&mut module);
    lists::register(&mut module);
    stages::register(&mut module);
    errors::register(&mut module, place);
    objects::register(&mut module);
    csv::register(&mut module, place);
    html::register(&mut module, place);
    bodies::register(&mut module);
    files::register(&mut module, place);
    parameters::register(&mut module, place);
    module
}

fn invalid(message: impl Into<String>) -> Box<EvalAltResult> {
    thrown(Problem::new(Kind::InvalidInput, message))
}

/// An error stands where the function was called.
fn placed(context: &NativeCallContext, outcome: Outcome) -> Outcome {
    outcome.map_err(|mut error| {
        if error.position().is_none() {
            error.set_position(context.call_position());
        }
        error
    })
}

/// `native!(module, "name", |a, b| outcome)`: a function of any values; `context` names the call's.
macro_rules! native {
    ($module:expr, $name:expr, || $body:expr) => {
        rhai::FuncRegistration::new($name).set_into_module(
            $module,
            move |context: rhai::NativeCallContext<'_>| -> $crate::host::powershell::Outcome {
                $crate::host::powershell::placed(&context, $body)
            },
        )
    };
    ($module:expr, $name:expr, |$($argument:ident),*| $body:expr) => {
        native!($module, $name, context, |$($argument),*| { let _ = &context; $body })
    };
    ($module:expr, $name:expr, $context:ident, |$($argument:ident),*| $body:expr) => {
        rhai::FuncRegistration::new($name).set_into_module(
            $module,
            move |$context: rhai::NativeCallContext<'_>, $($argument: rhai::Dynamic),*| -> $crate::host::powershell::Outcome {
                $(let $argument = $argument.flatten();)*
                $crate::host::powershell::placed(&$context, $body)
            },
        )
    };
}
use native;

#[cfg(test)]
mod tests;
