//! Select-Object, Sort-Object, Group-Object, Measure-Object.

use super::super::cmdlets;
use super::super::code::{Code, Gives, Level, Pieces, Severity, quoted};
use super::super::syntax::*;
use super::arguments::{Raw, raw};
use super::types::{self, is_single};
use super::walk::word;
use super::{Emitter, Outcome, names, trouble};

/// A column: its name, and how its value is read of an element.
enum Column<'t> {
    Property(&'t str),
    Calculated { name: Option<&'t Expression>, value: &'t Expression, descending: bool },
    Dynamic(&'t Expression),
}

/// The switches and options of these cmdlets that take no value.
fn is_flag(name: &str) -> bool {
    let lower = name.to_lowercase();
    [
        "unique",
        "descending",
        "caseinsensitive",
        "casesensitive",
        "noelement",
        "ashashtable",
        "asstring",
        "sum",
        "average",
        "minimum",
        "maximum",
        "line",
        "word",
        "character",
        "wait",
        "stable",
        "allstats",
        "standarddeviation",
        "ignorewhitespace",
    ]
    .iter()
    .any(|known| !lower.is_empty() && known.starts_with(&lower))
        && !["pr", "pro", "prop", "property"].contains(&lower.as_str())
}

struct Options<'t> {
    columns: Vec<Column<'t>>,
    flags: Vec<String>,
    values: Vec<(String, &'t Expression)>,
}

impl Options<'_> {
    fn flag(&self, name: &str) -> bool {
        self.flags.iter().any(|flag| name.starts_with(flag.as_str()))
    }
}

fn columns_of(value: &Expression) -> Vec<Column<'_>> {
    match &value.kind {
        ExpressionKind::List(items) => items.iter().flat_map(columns_of).collect(),
        ExpressionKind::Array(list) => list
            .iter()
            .filter_map(|statement| match &statement.kind {
                StatementKind::Pipeline(line) => match line.elements.as_slice() {
                    [Element::Expression(only)] => Some(columns_of(only)),
                    _ => None,
                },
                _ => None,
            })
            .flatten()
            .collect(),
        ExpressionKind::Hash { entries, .. } => {
            let entry = |names: &[&str]| {
                entries.iter().find_map(|entry| {
                    let key = word(&entry.key)?.to_lowercase();
                    let StatementKind::Pipeline(line) = &entry.value.kind else { return None };
                    let [Element::Expression(only)] = line.elements.as_slice() else { return None };
                    names.iter().any(|name| name.starts_with(&key)).then_some(only)
                })
            };
            match entry(&["expression"]) {
                Some(value) => {
                    let descending = entry(&["descending"])
                        .is_some_and(|value| matches!(&value.kind, ExpressionKind::Variable { name, .. } if name.eq_ignore_ascii_case("true")));
                    vec![Column::Calculated { name: entry(&["name", "label"]), value, descending }]
                }
                None => vec![Column::Dynamic(value)],
            }
        }
        ExpressionKind::Script(_) => vec![Column::Calculated { name: None, value, descending: false }],
        ExpressionKind::Word(name) | ExpressionKind::Text(name) => vec![Column::Property(name)],
        _ => vec![Column::Dynamic(value)],
    }
}

fn options<'t>(order: &'t Command, numbers: &[&str]) -> Options<'t> {
    let mut found = Options { columns: Vec::new(), flags: Vec::new(), values: Vec::new() };
    for each in raw(order, &is_flag) {
        match each {
            Raw::Named(name, None) => found.flags.push(name.to_lowercase()),
            Raw::Named(name, Some(value)) => {
                let lower = name.to_lowercase();
                let is_number = numbers.iter().any(|known| known.starts_with(&lower));
                if !is_number && "property".starts_with(&lower) && !lower.is_empty() {
                    found.columns.extend(columns_of(value));
                } else if is_flag(name) {
                    // `-Descending:$false`
                    if !matches!(&value.kind, ExpressionKind::Variable { name, .. } if name.eq_ignore_ascii_case("false"))
                    {
                        found.flags.push(lower);
                    }
                } else {
                    found.values.push((lower, value));
                }
            }
            Raw::Value(value) => found.columns.extend(columns_of(value)),
            Raw::Splat(..) => {}
        }
    }
    found
}

impl Emitter<'_> {
    pub(super) fn select_object(&mut self, source: Code, order: &Command) -> Outcome<Code> {
        let given = options(order, &["first", "last", "skip", "index", "expandproperty", "excludeproperty"]);
        let value = |names: &[&str]| {
            given
                .values
                .iter()
                .find(|(name, _)| names.iter().any(|full| full.starts_with(name.as_str())))
                .map(|(_, value)| *value)
        };
        let mut code = source;
        if let Some(name) = value(&["expandproperty"]) {
            code = self.expanded(&code, name)?;
        } else if let [Column::Dynamic(list)] = given.columns.as_slice()
            && let Pieces::List(items) = self.expression(list)?.pieces
            && let Some(names) = items.into_iter().map(|item| item.literal).collect::<Option<Vec<String>>>()
        {
            let columns: Vec<Column<'_>> = names.iter().map(|name| Column::Property(name)).collect();
            code = self.projected(code, &columns, value(&["excludeproperty"]))?;
        } else if !given.columns.is_empty() && !matches!(given.columns.as_slice(), [Column::Property("*")]) {
            code = self.projected(code, &given.columns, value(&["excludeproperty"]))?;
        }
        if given.flag("unique") {
            let list = types::each(&code);
            code =
                Code::atom(format!("{}.unique()", array(&list).at(Level::Atom))).giving(match list.gives {
                    Gives::Rows => Gives::List(Box::new(Gives::Row)),
                    other => other,
                });
        }
        if let Some(skip) = value(&["skip"]) {
            let count = self.expression(skip)?;
            let list = types::each(&code);
            let gives = list.gives.clone();
            code = match gives {
                Gives::Rows => {
                    Code::atom(format!("{}.slice({}, {}.len())", list.text, count.text, list.text))
                        .giving(gives)
                }
                _ => Code::atom(format!("{}.extract({})", list.at(Level::Atom), count.text)).giving(gives),
            };
        }
        for (names, first) in [(["first"], true), (["last"], false)] {
            let Some(count) = value(&names) else { continue };
            let count = self.expression(count)?;
            if is_single(&code.gives) {
                continue;
            }
            let list = types::each(&code);
            let gives = list.gives.clone();
            let at = list.at(Level::Atom);
            code = match (count.text.as_str(), &gives, first) {
                ("1", Gives::Rows, _) => Code::atom(format!(
                    "{}.get({})",
                    array(&list).at(Level::Atom),
                    if first { "0" } else { "-1" }
                )),
                ("1", _, _) => {
                    let one = match types::element(&gives) {
                        Gives::One(shape) => Gives::Maybe(shape),
                        _ => Gives::Unknown,
                    };
                    Code::atom(format!("{at}.get({})", if first { "0" } else { "-1" })).giving(one)
                }
                (_, Gives::Rows, true) => Code::atom(format!("{at}.slice(0, {})", count.text)).giving(gives),
                (_, _, true) => Code::atom(format!("{at}.extract(0, {})", count.text)).giving(gives),
                (_, _, false) => {
                    Code::atom(format!("{at}.extract(-{})", count.at(Level::Atom))).giving(gives)
                }
            };
        }
        Ok(code)
    }

    fn expanded(&mut self, source: &Code, name: &Expression) -> Outcome<Code> {
        let Some(name) = word(name) else {
            let code = self.expression(name)?;
            return Ok(Code::atom(format!("ps::get({}, {})", source.text, code.text)));
        };
        if is_single(&source.gives) {
            return Ok(self.property(source, name));
        }
        let list = types::each(source);
        let item = self.item_name(&list, &[]);
        let element = Code::atom(item.clone()).giving(types::element(&list.gives));
        let code = self.property(&element, name);
        let mapped = format!("{}.map(|{item}| {})", list.at(Level::Atom), code.text);
        let plain = matches!(
            code.gives,
            Gives::Text | Gives::Number | Gives::Truth | Gives::Date | Gives::Maybe(Some("text" | "date"))
        );
        Ok(match plain {
            true => Code::atom(format!("ps::one({mapped})")),
            false => Code::atom(format!("ps::one(ps::flatten({mapped}))")),
        })
    }

    /// Chosen columns: a table for each element.
    fn projected(
        &mut self,
        source: Code,
        columns: &[Column<'_>],
        exclude: Option<&Expression>,
    ) -> Outcome<Code> {
        let star =
            columns.iter().any(|column| matches!(column, Column::Property(name) if name.contains('*')));
        let single = is_single(&source.gives) && names::is_plain_key(&source.text);
        let list = if single { source.clone() } else { types::each(&source) };
        let mut used = Vec::new();
        for column in columns {
            if let Column::Calculated {
                value: Expression { kind: ExpressionKind::Script(block), .. }, ..
            } = column
            {
                used.extend(self.used(block));
            }
        }
        let item = if single { source.text.clone() } else { self.item_name(&list, &used) };
        let element = Code::atom(item.clone()).giving(types::element(&list.gives));
        let plain_unknown = !single
            && element.gives == Gives::Unknown
            && columns.iter().all(|column| matches!(column, Column::Property(_)));
        if star || plain_unknown || exclude.is_some() {
            return self.selected(&list, &item, &element, columns, exclude);
        }
        // The same columns as before: nothing changes.
        if let Gives::Table(pairs) = &element.gives
            && pairs.len() == columns.len()
            && pairs.iter().zip(columns).all(
                |((name, _), column)| matches!(column, Column::Property(wanted) if wanted.eq_ignore_ascii_case(name)),
            )
        {
            return Ok(source);
        }
        self.items.push(element.clone());
        let outcome = self.row_of(&element, columns);
        self.items.pop();
        let (pairs, dynamic) = outcome?;
        if dynamic {
            return self.selected(&list, &item, &element, columns, exclude);
        }
        let entries: Vec<String> =
            pairs.iter().map(|(name, code)| format!("{}: {}", names::key(name), code.text)).collect();
        let table = format!("#{{ {} }}", entries.join(", "));
        Ok(match single {
            true => {
                let gives = types::of_pairs(&pairs);
                Code { pieces: Pieces::Map(pairs), ..Code::atom(table).giving(gives) }
            }
            false => Code::atom(format!("{}.map(|{item}| {table})", list.at(Level::Atom)))
                .giving(Gives::List(Box::new(types::of_pairs(&pairs)))),
        })
    }

    fn row_of(&mut self, element: &Code, columns: &[Column<'_>]) -> Outcome<(Vec<(String, Code)>, bool)> {
        let mut pairs: Vec<(String, Code)> = Vec::new();
        for column in columns {
            let (name, code) = match column {
                Column::Property(name) => {
                    let name = (*name).to_owned();
                    self.survey.keys.entry(name.to_lowercase()).or_default().insert(name.clone());
                    let code = self.property(element, &name);
                    (name, code)
                }
                Column::Calculated { name, value, .. } => {
                    let code = self.of_item(element, value)?;
                    let name = match name {
                        Some(Expression {
                            kind: ExpressionKind::Word(name) | ExpressionKind::Text(name),
                            ..
                        }) => name.clone(),
                        Some(_) => return Ok((pairs, true)),
                        None => self.source(value.span).trim_matches(['{', '}', ' ']).to_owned(),
                    };
                    self.survey.keys.entry(name.to_lowercase()).or_default().insert(name.clone());
                    (name, code)
                }
                Column::Dynamic(_) => return Ok((pairs, true)),
            };
            if !pairs.iter().any(|(known, _)| *known == name) {
                pairs.push((name, code));
            }
        }
        Ok((pairs, false))
    }

    /// A block (or a name) read of an element.
    fn of_item(&mut self, element: &Code, value: &Expression) -> Outcome<Code> {
        match &value.kind {
            ExpressionKind::Script(block) => {
                self.items.push(element.clone());
                let code = match block.statements.as_slice() {
                    [only] => self.value(only),
                    list => self.statements_value(list),
                };
                self.items.pop();
                code
            }
            ExpressionKind::Word(name) | ExpressionKind::Text(name) => Ok(self.property(element, name)),
            _ => self.expression(value),
        }
    }

    /// Columns that are only known when the script runs, `*` among them.
    fn selected(
        &mut self,
        list: &Code,
        item: &str,
        element: &Code,
        columns: &[Column<'_>],
        exclude: Option<&Expression>,
    ) -> Outcome<Code> {
        let mut parts = Vec::new();
        for column in columns {
            parts.push(match column {
                Column::Property(name) => {
                    self.noticed(&element.gives, name);
                    quoted(name)
                }
                Column::Calculated { name, value, .. } => {
                    let name = match name {
                        Some(name) => self.expression(name)?.text,
                        None => quoted(self.source(value.span).trim_matches(['{', '}', ' '])),
                    };
                    self.items.push(element.clone());
                    let code = self.of_item(element, value);
                    self.items.pop();
                    format!("#{{ name: {name}, value: |{item}| {} }}", code?.text)
                }
                Column::Dynamic(value) => {
                    let code = self.expression(value)?;
                    match columns.len() {
                        1 => {
                            let text = format!("ps::select({}, {})", list.text, types::each(&code).text);
                            return Ok(Code::atom(text).giving(Gives::List(Box::new(Gives::Map))));
                        }
                        _ => code.text,
                    }
                }
            });
        }
        let text = match exclude {
            Some(exclude) => {
                let code = self.expression(exclude)?;
                format!("ps::select({}, [{}], {})", list.text, parts.join(", "), types::each(&code).text)
            }
            None => format!("ps::select({}, [{}])", list.text, parts.join(", ")),
        };
        Ok(Code::atom(text).giving(Gives::List(Box::new(Gives::Unknown))))
    }

    pub(super) fn sort_object(&mut self, source: Code, order: &Command) -> Outcome<Code> {
        let given = options(order, &["top", "bottom", "culture"]);
        let list = types::each(&source);
        let element_gives = types::element(&list.gives);
        let descending = given.flag("descending");
        let gives = match &list.gives {
            Gives::Rows => Gives::List(Box::new(Gives::Row)),
            other => other.clone(),
        };
        let item = self.item_name(&list, &[]);
        let element = Code::atom(item.clone()).giving(element_gives.clone());
        let mut keys = Vec::new();
        for column in &given.columns {
            keys.push(match column {
                Column::Property(name) => {
                    self.noticed(&element_gives, name);
                    match &element_gives {
                        Gives::One(Some(_)) => quoted(&cmdlets::property(name, &element_gives)),
                        Gives::Table(_) => {
                            quoted(types::key(&element_gives, name).map_or(*name, |(own, _)| own))
                        }
                        Gives::Map => quoted(&self.spelling(name)),
                        _ => quoted(name),
                    }
                }
                Column::Calculated { value, descending, .. } => {
                    let code = self.of_item(&element, value)?;
                    match descending {
                        true => format!("#{{ by: |{item}| {}, descending: true }}", code.text),
                        false => format!("|{item}| {}", code.text),
                    }
                }
                Column::Dynamic(value) => self.expression(value)?.text,
            });
        }
        let known = matches!(element_gives, Gives::One(Some(_)))
            || matches!(given.columns.as_slice(), [Column::Property(name)] if types::key(&element_gives, name).is_some());
        let mut code = match keys.as_slice() {
            [only] if !descending && known && list.gives != Gives::Rows && only.starts_with('"') => {
                Code::atom(format!("{}.sort_by({only})", list.at(Level::Atom)))
            }
            _ => Code::atom(format!("ps::sort({}, [{}], {descending})", list.text, keys.join(", "))),
        }
        .giving(gives.clone());
        if given.flag("unique") {
            code = match keys.is_empty() {
                true => Code::atom(format!("{}.unique()", code.text)).giving(gives),
                false => {
                    Code::atom(format!("ps::unique({}, [{}])", code.text, keys.join(", "))).giving(gives)
                }
            };
        }
        Ok(code)
    }

    pub(super) fn group_object(&mut self, source: Code, order: &Command) -> Outcome<Code> {
        let given = options(order, &[]);
        let list = types::each(&source);
        let item = self.item_name(&list, &[]);
        let gives = types::element(&list.gives);
        let element = Code::atom(item.clone()).giving(gives.clone());
        let mut keys = Vec::new();
        for column in &given.columns {
            keys.push(match column {
                Column::Property(name) => {
                    self.noticed(&gives, name);
                    match &gives {
                        Gives::One(Some(_)) => quoted(&cmdlets::property(name, &gives)),
                        _ => quoted(name),
                    }
                }
                Column::Calculated { value, .. } => {
                    format!("|{item}| {}", self.of_item(&element, value)?.text)
                }
                Column::Dynamic(value) => self.expression(value)?.text,
            });
        }
        let key = match keys.as_slice() {
            [only] => only.clone(),
            _ => format!("[{}]", keys.join(", ")),
        };
        if given.flag("ashashtable") {
            self.remark(
                order.span,
                Severity::Attention,
                "-AsHashTable: the groups come as a list here; look for `name` in it",
            );
        }
        let group =
            types::table(&[("name", Gives::Text), ("count", Gives::Number), ("group", list.gives.clone())]);
        Ok(Code::atom(format!("ps::group({}, {key})", list.text))
            .giving(Gives::List(Box::new(types::kept(&group, 1)))))
    }

    pub(super) fn measure_object(&mut self, source: Code, order: &Command) -> Outcome<Code> {
        let given = options(order, &[]);
        let list = types::each(&source);
        let key = match given.columns.first() {
            None => "()".to_owned(),
            Some(Column::Property(name)) => {
                let gives = types::element(&list.gives);
                self.noticed(&gives, name);
                quoted(&cmdlets::property(name, &gives))
            }
            Some(Column::Calculated { .. } | Column::Dynamic(_)) => {
                return trouble(order.span, "Measure-Object takes the name of a property here");
            }
        };
        let _ = array;
        let gives = types::table(&[
            ("count", Gives::Number),
            ("sum", Gives::Unknown),
            ("average", Gives::Unknown),
            ("maximum", Gives::Unknown),
            ("minimum", Gives::Unknown),
        ]);
        Ok(Code::atom(format!("ps::measure({}, {key})", list.text)).giving(gives))
    }
}

/// Rows as an array, which has more methods.
fn array(list: &Code) -> Code {
    match list.gives {
        Gives::Rows => Code::atom(format!("{}.to_array()", list.at(Level::Atom)))
            .giving(Gives::List(Box::new(Gives::Row))),
        _ => list.clone(),
    }
}
