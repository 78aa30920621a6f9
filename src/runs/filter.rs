//! Graph's `$filter`, read on our side: in a preview the service cannot know the objects that are only planned, so
//! they are held against the filter here. The sandbox reads the grammar by itself and shares nothing with this file.

use std::cmp::Ordering;

use jiff::civil::{DateTime, Time};
use jiff::fmt::temporal::Pieces;
use serde_json::{Number, Value};
use winnow::ascii::{Caseless, multispace0};
use winnow::combinator::{alt, cut_err, eof, not, opt, peek, preceded, separated, terminated};
use winnow::error::{AddContext, ErrMode, ParserError};
use winnow::prelude::*;
use winnow::stream::{Stateful, Stream};
use winnow::token::{one_of, take_till, take_while};

/// A Graph `$filter`, to be held against planned objects.
#[derive(Debug, Clone)]
pub struct Filter(Node);

/// Text that is not a `$filter`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("reading the filter: expected {expected} at byte {at}")]
pub struct ParseError {
    /// Bytes from the start of the text.
    pub at: usize,
    pub expected: String,
}

impl Filter {
    pub fn parse(text: &str) -> Result<Filter, ParseError> {
        let end = eof.context("an operator, `and`, `or` or the end");
        let mut filter = preceded(multispace0, terminated(either, end));
        filter
            .parse(Input { input: text, state: 0 })
            .map(Filter)
            .map_err(|e| ParseError { at: e.offset(), expected: e.inner().0.to_owned() })
    }

    /// Whether the service would return the object. None where that cannot be told from what a planned object has: an
    /// unknown function, values of kinds that do not compare. A property that the object lacks is null.
    pub fn matches(&self, object: &Value) -> Option<bool> {
        let truth = self.0.truth(&Scope { name: "$it", value: object, outer: None });
        match (truth.least, truth.most) {
            (Three::True, _) => Some(true),
            // What is null is left out as what is false: https://learn.microsoft.com/graph/filter-query-parameter
            (_, Three::False | Three::Null) => Some(false),
            (_, Three::True) => None,
        }
    }
}

#[derive(Debug, Clone)]
enum Node {
    Either(Vec<Node>),
    Both(Vec<Node>),
    Not(Box<Node>),
    Compare(Box<Node>, Comparison, Box<Node>),
    OneOf(Box<Node>, Vec<Node>),
    Text(TextTest, Box<[Node; 2]>),
    Lambda(Path, Lambda),
    Count(Path),
    Property(Path),
    Literal(Literal),
    /// Part of the language, but not of what is understood here.
    Unknown,
}

type Path = Vec<String>;

#[derive(Debug, Clone)]
enum Lambda {
    NotEmpty,
    Any(String, Box<Node>),
    All(String, Box<Node>),
}

#[derive(Debug, Clone, Copy)]
enum Comparison {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
    Has,
}

#[derive(Debug, Clone, Copy)]
enum TextTest {
    StartsWith,
    EndsWith,
    Contains,
}

/// A guid is text, for that is what it is in JSON.
#[derive(Debug, Clone)]
enum Literal {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    Instant(DateTime),
}

/// The state is how deep we are.
type Input<'a> = Stateful<&'a str, usize>;

/// Far more than anyone writes, far less than a thread's stack holds.
const DEEPEST: usize = 64;

/// What was expected; empty until a parser says it.
#[derive(Debug)]
struct Expected(&'static str);

impl<I: Stream> ParserError<I> for Expected {
    type Inner = Self;

    fn from_input(_: &I) -> Self {
        Expected("")
    }

    fn into_inner(self) -> Result<Self, Self> {
        Ok(self)
    }
}

impl<I: Stream> AddContext<I> for Expected {
    /// The innermost parser knows best.
    fn add_context(self, _: &I, _: &I::Checkpoint, expected: &'static str) -> Self {
        if self.0.is_empty() { Expected(expected) } else { self }
    }
}

type Parsed<T> = ModalResult<T, Expected>;

/// Fails for good at this place.
fn refuse<T>(expected: &'static str) -> Parsed<T> {
    Err(ErrMode::Cut(Expected(expected)))
}

/// `or`, which binds weakest.
fn either(input: &mut Input<'_>) -> Parsed<Node> {
    if input.state >= DEEPEST {
        return refuse("less nesting");
    }
    input.state += 1;
    let parsed = chain(input, "or", both, Node::Either);
    input.state -= 1;
    parsed
}

fn both(input: &mut Input<'_>) -> Parsed<Node> {
    chain(input, "and", negation, Node::Both)
}

/// A long chain is wide, not deep, so that a thousand addresses joined by `or` can be asked for.
fn chain<'a>(
    input: &mut Input<'a>,
    joint: &'static str,
    mut link: impl FnMut(&mut Input<'a>) -> Parsed<Node>,
    join: fn(Vec<Node>) -> Node,
) -> Parsed<Node> {
    let first = link(input)?;
    let mut links = vec![first];
    while opt(word(joint)).parse_next(input)?.is_some() {
        links.push(cut_err(link.by_ref()).parse_next(input)?);
    }
    Ok(if links.len() == 1 { links.remove(0) } else { join(links) })
}

/// `not` takes the whole comparison: `not a eq b` could by the letter be `(not a) eq b`, which for text means nothing
/// and for true and false means the same.
fn negation(input: &mut Input<'_>) -> Parsed<Node> {
    let mut negated = false;
    while opt(word("not")).parse_next(input)?.is_some() {
        negated = !negated;
    }
    let node = comparison(input)?;
    Ok(if negated { Node::Not(Box::new(node)) } else { node })
}

fn comparison(input: &mut Input<'_>) -> Parsed<Node> {
    let left = operand(input)?;
    if opt(word("in")).parse_next(input)?.is_some() {
        let values = separated(1.., operand, sign(","));
        let list = (sign("(").context("`(`"), values, sign(")").context("`,` or `)`"));
        let (_, values, _) = cut_err(list).parse_next(input)?;
        return Ok(Node::OneOf(Box::new(left), values));
    }
    match opt(comparison_word).parse_next(input)? {
        Some(comparison) => {
            let right = cut_err(operand).parse_next(input)?;
            Ok(Node::Compare(Box::new(left), comparison, Box::new(right)))
        }
        None => Ok(left),
    }
}

fn comparison_word(input: &mut Input<'_>) -> Parsed<Comparison> {
    let named = name.verify_map(|name: &str| match name.to_ascii_lowercase().as_str() {
        "eq" => Some(Comparison::Eq),
        "ne" => Some(Comparison::Ne),
        "gt" => Some(Comparison::Gt),
        "ge" => Some(Comparison::Ge),
        "lt" => Some(Comparison::Lt),
        "le" => Some(Comparison::Le),
        "has" => Some(Comparison::Has),
        _ => None,
    });
    terminated(named, multispace0).parse_next(input)
}

fn operand(input: &mut Input<'_>) -> Parsed<Node> {
    let text = quoted.map(|text| Node::Literal(Literal::Text(text)));
    let guid = guid.map(|text| Node::Literal(Literal::Text(text.to_owned())));
    let digits = number_or_date.map(Node::Literal);
    let operand = alt((group, text, guid, digits, named)).context("a property, a value or a function");
    terminated(operand, multispace0).parse_next(input)
}

fn group(input: &mut Input<'_>) -> Parsed<Node> {
    sign("(").parse_next(input)?;
    let node = cut_err(either).parse_next(input)?;
    close(input)?;
    Ok(node)
}

/// The parenthesis itself; the blanks behind it are the operand's.
fn close(input: &mut Input<'_>) -> Parsed<()> {
    cut_err(')'.context("an operator, `and`, `or` or `)`")).void().parse_next(input)
}

/// Text in quotes; a quote within it is written twice.
fn quoted(input: &mut Input<'_>) -> Parsed<String> {
    let mut text = String::new();
    '\''.parse_next(input)?;
    loop {
        let part: &str = take_till(0.., '\'').parse_next(input)?;
        text.push_str(part);
        cut_err('\''.context("a closing `'`")).parse_next(input)?;
        if opt('\'').parse_next(input)?.is_none() {
            return Ok(text);
        }
        text.push('\'');
    }
}

fn guid<'a>(input: &mut Input<'a>) -> Parsed<&'a str> {
    let text = take_while(36, |c: char| c.is_ascii_hexdigit() || c == '-');
    let guid = text.verify(|text: &str| uuid::Uuid::try_parse(text).is_ok());
    terminated(guid, not(one_of(|c: char| in_name(c) || c == '-'))).parse_next(input)
}

fn number_or_date(input: &mut Input<'_>) -> Parsed<Literal> {
    peek((opt('-'), one_of('0'..='9'))).parse_next(input)?;
    let text = take_while(1.., |c: char| c.is_ascii_alphanumeric() || "+-.:".contains(c));
    let literal = text.verify_map(|text: &str| match serde_json::from_str(text) {
        Ok(number) => Some(Literal::Number(number)),
        Err(_) => instant(text).map(Literal::Instant),
    });
    cut_err(literal.context("a number, a date or a guid")).parse_next(input)
}

/// All that begins with a name: a word for a value, a function, a path.
fn named(input: &mut Input<'_>) -> Parsed<Node> {
    let start = input.checkpoint();
    let first = name(input)?;
    if opt(sign("(")).parse_next(input)?.is_some() {
        let arguments: Vec<Node> = cut_err(separated(0.., either, sign(","))).parse_next(input)?;
        close(input)?;
        let test = match first.to_ascii_lowercase().as_str() {
            "startswith" => TextTest::StartsWith,
            "endswith" => TextTest::EndsWith,
            "contains" => TextTest::Contains,
            _ => return Ok(Node::Unknown),
        };
        return match <[Node; 2]>::try_from(arguments) {
            Ok(two) => Ok(Node::Text(test, Box::new(two))),
            Err(_) => {
                input.reset(&start);
                refuse("a function with two arguments")
            }
        };
    }
    // `duration'P1D'`, and the members of an enumeration.
    if opt(quoted).parse_next(input)?.is_some() {
        return Ok(Node::Unknown);
    }
    match first.to_ascii_lowercase().as_str() {
        "true" => Ok(Node::Literal(Literal::Bool(true))),
        "false" => Ok(Node::Literal(Literal::Bool(false))),
        "null" => Ok(Node::Literal(Literal::Null)),
        _ => path(first, input),
    }
}

fn path(first: &str, input: &mut Input<'_>) -> Parsed<Node> {
    let mut path = vec![first.to_owned()];
    while opt('/').parse_next(input)?.is_some() {
        let start = input.checkpoint();
        let segment = cut_err(name.context("a property")).parse_next(input)?;
        if segment.eq_ignore_ascii_case("$count") {
            return Ok(Node::Count(path));
        }
        if opt(sign("(")).parse_next(input)?.is_some() {
            let all = match segment.to_ascii_lowercase().as_str() {
                "any" => false,
                "all" => true,
                _ => {
                    input.reset(&start);
                    return refuse("`any` or `all`");
                }
            };
            if !all && opt(')').parse_next(input)?.is_some() {
                return Ok(Node::Lambda(path, Lambda::NotEmpty));
            }
            let variable = (terminated(name, multispace0), sign(":"));
            let (variable, _) = cut_err(variable.context("a variable and `:`")).parse_next(input)?;
            let body = Box::new(cut_err(either).parse_next(input)?);
            close(input)?;
            let variable = variable.to_owned();
            return Ok(Node::Lambda(
                path,
                if all { Lambda::All(variable, body) } else { Lambda::Any(variable, body) },
            ));
        }
        path.push(segment.to_owned());
    }
    Ok(Node::Property(path))
}

fn in_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '@' | '$')
}

fn name<'a>(input: &mut Input<'a>) -> Parsed<&'a str> {
    let letters = take_while(1.., in_name);
    letters.verify(|name: &str| !name.starts_with(|c: char| c.is_ascii_digit() || c == '.')).parse_next(input)
}

/// A word in any case, and the blanks behind it.
fn word<'a>(word: &'static str) -> impl Parser<Input<'a>, (), ErrMode<Expected>> {
    (Caseless(word), not(one_of(in_name)), multispace0).void()
}

fn sign<'a>(sign: &'static str) -> impl Parser<Input<'a>, (), ErrMode<Expected>> {
    (sign, multispace0).void()
}

/// Any date the services write, as date and time in UTC. Not a `jiff::Timestamp`, which ends hours before
/// `9999-12-31T23:59:59Z`, the services' "never".
fn instant(text: &str) -> Option<DateTime> {
    let pieces = Pieces::parse(text).ok()?;
    match (pieces.time(), pieces.to_numeric_offset()) {
        (Some(time), Some(offset)) => Some(
            pieces
                .date()
                .to_datetime(time)
                .saturating_sub(jiff::SignedDuration::from_secs(offset.seconds().into())),
        ),
        // A time of day without an offset is no instant.
        (Some(_), None) => None,
        (None, _) => Some(pieces.date().to_datetime(Time::midnight())),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Three {
    False,
    Null,
    True,
}

impl std::ops::Not for Three {
    type Output = Three;

    fn not(self) -> Three {
        match self {
            Three::False => Three::True,
            Three::Null => Three::Null,
            Three::True => Three::False,
        }
    }
}

/// What is known of an answer: it lies between these two. OData's `and` is then the lesser and `or` the greater of
/// both, bound by bound, and "null, which is left out" stays apart from "cannot be told".
#[derive(Debug, Clone, Copy)]
struct Truth {
    least: Three,
    most: Three,
}

impl Truth {
    const FALSE: Truth = Truth::sure(Three::False);
    const NULL: Truth = Truth::sure(Three::Null);
    const TRUE: Truth = Truth::sure(Three::True);
    const UNKNOWN: Truth = Truth { least: Three::False, most: Three::True };

    const fn sure(truth: Three) -> Truth {
        Truth { least: truth, most: truth }
    }

    fn and(self, other: Truth) -> Truth {
        Truth { least: self.least.min(other.least), most: self.most.min(other.most) }
    }

    fn or(self, other: Truth) -> Truth {
        Truth { least: self.least.max(other.least), most: self.most.max(other.most) }
    }
}

impl std::ops::Not for Truth {
    type Output = Truth;

    fn not(self) -> Truth {
        Truth { least: !self.most, most: !self.least }
    }
}

impl From<bool> for Truth {
    fn from(truth: bool) -> Truth {
        if truth { Truth::TRUE } else { Truth::FALSE }
    }
}

/// What an operand comes to.
#[derive(Debug, Clone)]
enum Held<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(&'a str),
    Instant(DateTime),
    Object,
    List(&'a [Value]),
    Unknown,
}

impl<'a> From<&'a Value> for Held<'a> {
    fn from(value: &'a Value) -> Held<'a> {
        match value {
            Value::Null => Held::Null,
            Value::Bool(truth) => Held::Bool(*truth),
            Value::Number(number) => Held::Number(number.clone()),
            Value::String(text) => Held::Text(text),
            Value::Array(items) => Held::List(items),
            Value::Object(_) => Held::Object,
        }
    }
}

impl From<Truth> for Held<'_> {
    fn from(truth: Truth) -> Self {
        match (truth.least, truth.most) {
            (Three::True, _) => Held::Bool(true),
            (_, Three::False) => Held::Bool(false),
            (Three::Null, Three::Null) => Held::Null,
            _ => Held::Unknown,
        }
    }
}

/// The names that stand for something: the object itself, and around it the variables of the lambdas.
struct Scope<'a> {
    name: &'a str,
    value: &'a Value,
    outer: Option<&'a Scope<'a>>,
}

impl<'a> Scope<'a> {
    fn find(&self, path: &[String]) -> Held<'a> {
        let mut scope = self;
        loop {
            if let [first, rest @ ..] = path
                && first.eq_ignore_ascii_case(scope.name)
            {
                return follow(scope.value, rest);
            }
            match scope.outer {
                Some(outer) => scope = outer,
                None => return follow(scope.value, path),
            }
        }
    }

    /// None where there is something, but no list. A list that is not there is empty.
    fn list(&self, path: &[String]) -> Option<&'a [Value]> {
        match self.find(path) {
            Held::List(items) => Some(items),
            Held::Null => Some(&[]),
            _ => None,
        }
    }
}

fn follow<'a>(mut value: &'a Value, path: &[String]) -> Held<'a> {
    for name in path {
        let properties = match value {
            Value::Object(properties) => properties,
            Value::Null => return Held::Null,
            _ => return Held::Unknown,
        };
        let exact = properties.get(name);
        let found = exact.or_else(|| {
            properties.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        });
        value = match found {
            Some(value) => value,
            // `microsoft.graph.user` is a type, which an object does not have as a property.
            None if name.contains('.') && !name.contains('@') => return Held::Unknown,
            None => return Held::Null,
        };
    }
    Held::from(value)
}

impl Node {
    fn truth(&self, scope: &Scope<'_>) -> Truth {
        match self {
            Node::Either(nodes) => nodes.iter().fold(Truth::FALSE, |truth, node| truth.or(node.truth(scope))),
            Node::Both(nodes) => nodes.iter().fold(Truth::TRUE, |truth, node| truth.and(node.truth(scope))),
            Node::Not(node) => !node.truth(scope),
            Node::Compare(left, comparison, right) => comparison.holds(&left.held(scope), &right.held(scope)),
            Node::OneOf(left, values) => {
                let left = left.held(scope);
                values.iter().fold(Truth::FALSE, |truth, value| {
                    truth.or(Comparison::Eq.holds(&left, &value.held(scope)))
                })
            }
            Node::Text(test, operands) => test.holds(&operands[0].held(scope), &operands[1].held(scope)),
            Node::Lambda(path, lambda) => match scope.list(path) {
                Some(items) => lambda.holds(items, scope),
                None => Truth::UNKNOWN,
            },
            Node::Count(_) | Node::Property(_) | Node::Literal(_) | Node::Unknown => match self.held(scope) {
                Held::Bool(truth) => truth.into(),
                Held::Null => Truth::NULL,
                _ => Truth::UNKNOWN,
            },
        }
    }

    fn held<'a>(&'a self, scope: &Scope<'a>) -> Held<'a> {
        match self {
            Node::Property(path) => scope.find(path),
            Node::Count(path) => {
                scope.list(path).map_or(Held::Unknown, |items| Held::Number(items.len().into()))
            }
            Node::Literal(Literal::Null) => Held::Null,
            Node::Literal(Literal::Bool(truth)) => Held::Bool(*truth),
            Node::Literal(Literal::Number(number)) => Held::Number(number.clone()),
            Node::Literal(Literal::Text(text)) => Held::Text(text),
            Node::Literal(Literal::Instant(instant)) => Held::Instant(*instant),
            Node::Unknown => Held::Unknown,
            _ => self.truth(scope).into(),
        }
    }
}

impl Lambda {
    fn holds(&self, items: &[Value], outer: &Scope<'_>) -> Truth {
        let within =
            |name: &str, body: &Node, value: &Value| body.truth(&Scope { name, value, outer: Some(outer) });
        match self {
            Lambda::NotEmpty => (!items.is_empty()).into(),
            Lambda::Any(name, body) => {
                items.iter().fold(Truth::FALSE, |truth, item| truth.or(within(name, body, item)))
            }
            Lambda::All(name, body) => {
                items.iter().fold(Truth::TRUE, |truth, item| truth.and(within(name, body, item)))
            }
        }
    }
}

impl Comparison {
    fn holds(self, left: &Held<'_>, right: &Held<'_>) -> Truth {
        // Null equals itself alone, and is neither before nor after anything.
        let order = match (left, right) {
            (Held::Unknown | Held::List(_), _) | (_, Held::Unknown | Held::List(_)) => return Truth::UNKNOWN,
            (Held::Null, Held::Null) => return matches!(self, Comparison::Eq).into(),
            (Held::Null, _) | (_, Held::Null) => return matches!(self, Comparison::Ne).into(),
            _ => order(left, right),
        };
        let Some(order) = order else { return Truth::UNKNOWN };
        match self {
            Comparison::Eq => order.is_eq().into(),
            Comparison::Ne => order.is_ne().into(),
            Comparison::Gt => order.is_gt().into(),
            Comparison::Ge => order.is_ge().into(),
            Comparison::Lt => order.is_lt().into(),
            Comparison::Le => order.is_le().into(),
            Comparison::Has => Truth::UNKNOWN,
        }
    }
}

/// None for kinds that do not compare.
fn order(left: &Held<'_>, right: &Held<'_>) -> Option<Ordering> {
    match (left, right) {
        (Held::Bool(left), Held::Bool(right)) => Some(left.cmp(right)),
        (Held::Text(left), Held::Text(right)) => Some(folded(left).cmp(&folded(right))),
        (Held::Number(left), Held::Number(right)) => match (left.as_i128(), right.as_i128()) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
        },
        (Held::Instant(left), Held::Instant(right)) => Some(left.cmp(right)),
        (Held::Text(left), Held::Instant(right)) => Some(instant(left)?.cmp(right)),
        (Held::Instant(left), Held::Text(right)) => Some(left.cmp(&instant(right)?)),
        _ => None,
    }
}

impl TextTest {
    fn holds(self, text: &Held<'_>, part: &Held<'_>) -> Truth {
        let (text, part) = match (text, part) {
            (Held::Text(text), Held::Text(part)) => (folded(text), folded(part)),
            (Held::Null, Held::Null | Held::Text(_)) | (Held::Text(_), Held::Null) => return Truth::NULL,
            _ => return Truth::UNKNOWN,
        };
        match self {
            TextTest::StartsWith => text.starts_with(&part).into(),
            TextTest::EndsWith => text.ends_with(&part).into(),
            TextTest::Contains => text.contains(&part).into(),
        }
    }
}

/// Without regard to case, letter by letter: `str::to_lowercase` writes a sigma by its place in the word, and a part
/// of a text would no longer be found in it.
fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests;
