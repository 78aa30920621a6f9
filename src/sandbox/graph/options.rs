//! The query options of a call, read and checked against what the service supports.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::call::{Call, Fault};
use super::schema::{Entity, Holds, Property, basic};
use crate::sandbox::odata::filter::{Argument, Filter, How, Literal};
use crate::sandbox::odata::grammar;

/// What a collection is made of.
pub struct Shape {
    pub entities: &'static [&'static Entity],
    /// As in `$metadata#users`.
    pub set: &'static str,
    /// Items say what they are: collections of more than one type.
    pub typed: bool,
    pub page: usize,
}

impl Shape {
    pub const fn of(entities: &'static [&'static Entity], set: &'static str) -> Shape {
        Shape { entities, set, typed: false, page: 100 }
    }

    pub const fn typed(mut self) -> Shape {
        self.typed = true;
        self
    }

    fn property(&self, name: &str) -> Option<&'static Property> {
        self.entities.iter().find_map(|entity| entity.property(name))
    }

    fn directory(&self) -> bool {
        self.entities.iter().any(|entity| entity.directory)
    }

    /// The name in messages: `user`, or `directoryObject` for several.
    fn name(&self) -> &'static str {
        match self.entities {
            [only] => only.name,
            _ => "directoryObject",
        }
    }
}

pub struct Expand {
    pub name: &'static str,
    pub select: Option<Vec<String>>,
}

pub struct OrderBy {
    pub property: &'static str,
    pub descending: bool,
}

#[derive(Default)]
pub struct Options {
    /// In the service's spelling; nothing when everything usual is wanted.
    pub select: Option<Vec<String>>,
    pub expand: Vec<Expand>,
    pub filter: Option<Filter>,
    pub search: Option<String>,
    pub order: Vec<OrderBy>,
    pub top: Option<usize>,
    pub count: bool,
    pub after: Option<Position>,
}

/// Where a next page starts.
pub enum Position {
    /// Behind the item with this sequence.
    After(u64),
    /// Behind so many items, where an order was asked for.
    Offset(usize),
}

impl Position {
    pub fn token(&self) -> String {
        let text = match self {
            Position::After(sequence) => format!("s:{sequence}"),
            Position::Offset(offset) => format!("o:{offset}"),
        };
        URL_SAFE_NO_PAD.encode(text)
    }

    fn read(token: &str) -> Option<Position> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        match text.split_once(':')? {
            ("s", number) => Some(Position::After(number.parse().ok()?)),
            ("o", number) => Some(Position::Offset(number.parse().ok()?)),
            _ => None,
        }
    }
}

impl Options {
    /// For one object: `$select` and `$expand`.
    pub fn of_one(call: &Call, entity: &'static Entity) -> Result<Options, Fault> {
        let mut options = Options::default();
        if let Some(text) = call.request.option("$select") {
            options.select = select(text, |name| entity.property(name), entity.name)?;
        }
        if let Some(text) = call.request.option("$expand") {
            options.expand = expand(text, &[entity])?;
        }
        Ok(options)
    }

    /// For a collection.
    pub fn read(call: &Call, shape: &Shape) -> Result<Options, Fault> {
        let request = call.request;
        let mut options = Options::default();
        let eventual = call.eventual();
        if request.option("$skip").is_some() && shape.directory() {
            return Err(Fault::request("'$skip' is not supported by the service."));
        }
        // The segment itself asks for the count.
        let segment = request.segments.last().is_some_and(|last| last.eq_ignore_ascii_case("$count"));
        options.count = match request.option("$count") {
            _ if segment => eventual,
            Some(text) if text.eq_ignore_ascii_case("true") => eventual || !shape.directory(),
            _ => false,
        };
        if let Some(text) = request.option("$select") {
            options.select = select(text, |name| shape.property(name), shape.name())?;
        }
        if let Some(text) = request.option("$expand") {
            options.expand = expand(text, shape.entities)?;
        }
        if let Some(text) = request.option("$filter") {
            let mut filter = grammar::parse(text).ok_or_else(|| {
                Fault::bad("BadRequest", format!("Invalid filter clause: syntax error in '{text}'."))
            })?;
            let mut check = Check { shape, advanced: None, variables: Vec::new() };
            check.bind(&mut filter)?;
            if let Some(property) = check.advanced
                && shape.directory()
                && !(eventual && options.count)
            {
                return Err(unsupported(&property, shape));
            }
            options.filter = Some(filter);
        }
        if let Some(text) = request.option("$search") {
            if shape.directory() && !eventual {
                return Err(Fault::bad(
                    "Request_UnsupportedQuery",
                    "Request with $search query parameter only works through MSGraph with a special request header: \
                     'ConsistencyLevel: eventual'",
                ));
            }
            options.search = Some(text.to_owned());
        }
        if let Some(text) = request.option("$orderby") {
            options.order = order(text, shape)?;
            let sortable = options.order.iter().all(|by| {
                shape.property(by.property).is_some_and(|property| property.filter & basic::SORT != 0)
            });
            let alone = options.filter.is_none() && options.search.is_none();
            if shape.directory() && !(alone && sortable) && !(eventual && options.count) {
                return Err(Fault::bad(
                    "Request_UnsupportedQuery",
                    "Sorting not supported for current query.",
                ));
            }
        }
        if let Some(text) = request.option("$top") {
            let number: i64 = text.parse().map_err(|_| {
                Fault::bad("BadRequest", format!("Invalid value '{text}' for $top query option."))
            })?;
            if number < 1 || (shape.directory() && number > 999) {
                let message =
                    format!("Invalid page size specified: '{number}'. Must be between 1 and 999 inclusive.");
                return Err(Fault::bad("Request_UnsupportedQuery", message));
            }
            options.top = usize::try_from(number).ok();
        }
        if !options.expand.is_empty() && shape.directory() && (options.search.is_some() || options.count) {
            return Err(Fault::bad(
                "Request_UnsupportedQuery",
                "Expand is not supported for advanced queries.",
            ));
        }
        if let Some(token) = request.option("$skiptoken") {
            let position = Position::read(token)
                .ok_or_else(|| Fault::bad("Directory_ExpiredPageToken", "The specified page token value has expired and can no longer be included in your request."))?;
            options.after = Some(position);
        }
        Ok(options)
    }
}

fn unsupported(property: &str, shape: &Shape) -> Fault {
    let mut resource = shape.name().to_owned();
    resource[..1].make_ascii_uppercase();
    Fault::bad(
        "Request_UnsupportedQuery",
        format!(
            "Unsupported or invalid query filter clause specified for property '{property}' of resource '{resource}'."
        ),
    )
}

fn select(
    text: &str,
    find: impl Fn(&str) -> Option<&'static Property>,
    kind: &str,
) -> Result<Option<Vec<String>>, Fault> {
    let mut names = Vec::new();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if name == "*" {
            return Ok(None);
        }
        let first = name.split('/').next().unwrap_or_default();
        let property = find(first).ok_or_else(|| {
            let message = format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{first}' on type \
                 'microsoft.graph.{kind}'."
            );
            Fault::bad("BadRequest", message)
        })?;
        if !names.iter().any(|known| known == property.name) {
            names.push(property.name.to_owned());
        }
    }
    Ok(Some(names).filter(|names| !names.is_empty()))
}

fn expand(text: &str, entities: &[&'static Entity]) -> Result<Vec<Expand>, Fault> {
    let mut found = Vec::new();
    for part in outside_parentheses(text, ',') {
        let (name, inner) = match part.split_once('(') {
            Some((name, rest)) => (name, rest.strip_suffix(')')),
            None => (part, None),
        };
        let name = name.split('/').next().unwrap_or_default().trim();
        let known = entities
            .iter()
            .flat_map(|entity| entity.expands.iter().copied())
            .find(|known| known.eq_ignore_ascii_case(name));
        let Some(known) = known else {
            let kind = entities.first().map_or("directoryObject", |entity| entity.name);
            let message = format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type \
                 'microsoft.graph.{kind}'."
            );
            return Err(Fault::bad("BadRequest", message));
        };
        let select = inner.into_iter().flat_map(|inner| outside_parentheses(inner, ';')).find_map(|option| {
            let (key, names) = option.split_once('=')?;
            key.trim()
                .eq_ignore_ascii_case("$select")
                .then(|| names.split(',').map(|n| n.trim().to_owned()).collect())
        });
        found.push(Expand { name: known, select });
    }
    if found.len() > 1 && entities.iter().any(|entity| entity.directory) {
        return Err(Fault::request(
            "Multiple expressions in $expand are not supported for directory objects.",
        ));
    }
    Ok(found)
}

fn outside_parentheses(text: &str, separator: char) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_i32, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            c if c == separator && depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

fn order(text: &str, shape: &Shape) -> Result<Vec<OrderBy>, Fault> {
    let mut order: Vec<OrderBy> = Vec::new();
    for part in text.split(',') {
        let mut words = part.split_whitespace();
        let name = words.next().unwrap_or_default();
        let descending = match words.next().map(str::to_ascii_lowercase).as_deref() {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(other) => {
                return Err(Fault::bad("BadRequest", format!("Syntax error at '{other}' in $orderby.")));
            }
        };
        let property = shape.property(name).ok_or_else(|| no_property(name, shape))?;
        // Named again it decides nothing, and only takes time.
        if order.iter().all(|known| known.property != property.name) {
            order.push(OrderBy { property: property.name, descending });
        }
    }
    Ok(order)
}

fn no_property(name: &str, shape: &Shape) -> Fault {
    let message = format!(
        "Invalid filter clause: Could not find a property named '{name}' on type 'microsoft.graph.{}'.",
        shape.name()
    );
    Fault::bad("BadRequest", message)
}

/// Holds a filter against what the shape's properties allow, and puts names into the service's spelling.
struct Check<'a> {
    shape: &'a Shape,
    /// The property because of which the query is an advanced one.
    advanced: Option<String>,
    variables: Vec<String>,
}

impl Check<'_> {
    fn bind(&mut self, filter: &mut Filter) -> Result<(), Fault> {
        match filter {
            Filter::And(left, right) | Filter::Or(left, right) => {
                self.bind(left)?;
                self.bind(right)
            }
            Filter::Not(inner) => {
                self.bind(inner)?;
                self.advanced.get_or_insert_with(|| "not".to_owned());
                Ok(())
            }
            Filter::Compare { path, how, value } => {
                let Some(property) = self.property(path)? else { return Ok(()) };
                if path.len() == 1 {
                    fits(property, value)?;
                } else if path.last().is_some_and(|last| last == "$count") {
                    self.needs_header(property);
                }
                let wanted = match how {
                    How::Eq if !matches!(value, Literal::Null) => basic::EQ,
                    How::Eq | How::Ne => 0,
                    _ => basic::RANGE,
                };
                if wanted == 0 || property.filter & wanted == 0 {
                    self.needs_header(property);
                }
                Ok(())
            }
            Filter::In { path, values } => {
                let Some(property) = self.property(path)? else { return Ok(()) };
                values.iter().try_for_each(|value| fits(property, value))?;
                if property.filter & basic::EQ == 0 {
                    self.needs_header(property);
                }
                Ok(())
            }
            Filter::Call { name, arguments } => self.call(name, arguments),
            Filter::Lambda { path, variable, body, .. } => {
                let Some(property) = self.property(path)? else { return Ok(()) };
                if !matches!(property.holds, Holds::Texts | Holds::Items) {
                    return Err(unsupported(property.name, self.shape));
                }
                let Some(body) = body else { return Ok(()) };
                // One within another would be tried for every pair of items, and so on for every level.
                if !self.variables.is_empty() {
                    return Err(unsupported(property.name, self.shape));
                }
                self.variables.push(variable.clone());
                let bound = self.bind(body);
                self.variables.pop();
                bound
            }
        }
    }

    fn call(&mut self, name: &str, arguments: &mut [Argument]) -> Result<(), Fault> {
        let unknown =
            || Fault::bad("BadRequest", format!("Invalid filter clause: unknown function '{name}'."));
        let [Argument::Path(path), Argument::Literal(Literal::Text(_))] = arguments else {
            return Err(unknown());
        };
        let inside = path.first().is_some_and(|first| self.variables.contains(first));
        let Some(property) = self.property(path)? else {
            if inside && name == "endswith" {
                self.advanced.get_or_insert_with(|| name.to_owned());
            }
            return Ok(());
        };
        match name {
            "startswith" => {
                if property.filter & basic::STARTS == 0 {
                    self.needs_header(property);
                }
                Ok(())
            }
            "endswith" if property.filter & basic::ENDS != 0 || !self.shape.directory() => {
                self.needs_header(property);
                Ok(())
            }
            "contains" if !self.shape.directory() => Ok(()),
            "endswith" | "contains" => Err(unsupported(property.name, self.shape)),
            _ => Err(unknown()),
        }
    }

    /// The property that a path starts with; nothing when it starts with a lambda's variable.
    fn property(&self, path: &mut [String]) -> Result<Option<&'static Property>, Fault> {
        let Some(first) = path.first_mut() else { return Ok(None) };
        if self.variables.iter().any(|variable| variable == first) {
            return Ok(None);
        }
        let property = self.shape.property(first).ok_or_else(|| no_property(first, self.shape))?;
        if property.filter == 0 {
            return Err(unsupported(property.name, self.shape));
        }
        property.name.clone_into(first);
        Ok(Some(property))
    }

    fn needs_header(&mut self, property: &Property) {
        self.advanced.get_or_insert_with(|| property.name.to_owned());
    }
}

fn fits(property: &Property, value: &Literal) -> Result<(), Fault> {
    let fits = matches!(
        (property.holds, value),
        (_, Literal::Null)
            | (Holds::Text, Literal::Text(_))
            | (Holds::Flag | Holds::Yes, Literal::Flag(_))
            | (Holds::Number, Literal::Number(_))
            | (Holds::Moment, Literal::Moment(_))
            | (Holds::Guid, Literal::Guid(_))
    );
    if fits {
        return Ok(());
    }
    let message = format!(
        "Invalid filter clause: A binary operator with incompatible types was detected. The literal does not fit \
         property '{}'.",
        property.name
    );
    Err(Fault::bad("BadRequest", message))
}

/// The text that a property must equal in every row a filter wants; nothing when the filter does not say.
pub fn required<'a>(filter: &'a Filter, property: &str) -> Option<&'a str> {
    match filter {
        Filter::And(left, right) => required(left, property).or_else(|| required(right, property)),
        Filter::Compare { path, how: How::Eq, value } if path.len() == 1 && path[0] == property => {
            value.text()
        }
        _ => None,
    }
}

/// Texts that one of the rows a filter wants must go by; nothing when the filter does not say.
pub fn handles(filter: &Filter) -> Option<Vec<String>> {
    const KNOWN: [&str; 6] = ["mail", "userPrincipalName", "displayName", "mailNickname", "id", "appId"];
    let text = |value: &Literal| value.text().map(str::to_lowercase);
    match filter {
        Filter::Or(left, right) => {
            let mut all = handles(left)?;
            all.extend(handles(right)?);
            Some(all)
        }
        Filter::And(left, right) => handles(left).or_else(|| handles(right)),
        Filter::Compare { path, how: How::Eq, value }
            if path.len() == 1 && KNOWN.contains(&path[0].as_str()) =>
        {
            text(value).map(|text| vec![text])
        }
        Filter::In { path, values } if path.len() == 1 && KNOWN.contains(&path[0].as_str()) => {
            values.iter().map(text).collect()
        }
        Filter::Lambda { path, all: false, variable, body: Some(body) } if path.len() == 1 => match &**body {
            Filter::Compare { path: inner, how: How::Eq, value }
                if inner.len() == 1 && inner[0] == *variable =>
            {
                let text = text(value)?;
                match path[0].as_str() {
                    "otherMails" => Some(vec![text]),
                    "proxyAddresses" => Some(vec![text.strip_prefix("smtp:")?.to_owned()]),
                    _ => None,
                }
            }
            _ => None,
        },
        _ => None,
    }
}
