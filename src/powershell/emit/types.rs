//! What is known of values: how two kinds meet, and what the elements of a collection are.

use super::super::code::{Code, Gives, Level};

/// What a variable holds that is given both.
pub fn join(a: &Gives, b: &Gives) -> Gives {
    use Gives::*;
    if a == b {
        return a.clone();
    }
    match (a, b) {
        (Nothing, One(shape)) | (One(shape), Nothing) | (Nothing, Maybe(shape)) | (Maybe(shape), Nothing) => {
            Maybe(*shape)
        }
        (One(a), Maybe(b)) | (Maybe(b), One(a)) | (Maybe(a), Maybe(b)) if a == b => Maybe(*a),
        (One(_), One(_)) => One(None),
        (One(_) | Maybe(_), Maybe(_)) | (Maybe(_), One(_)) => Maybe(None),
        (Table(a), Table(b)) => Table(
            a.iter()
                .filter_map(|(name, gives)| {
                    let other = b.iter().find(|(known, _)| known == name)?;
                    Some((name.clone(), join(gives, &other.1)))
                })
                .collect(),
        ),
        (Table(_), Map) | (Map, Table(_)) => Map,
        (List(a), other) | (other, List(a)) if **a == Nothing && is_array(other) => other.clone(),
        (List(a), List(b)) => List(Box::new(join(a, b))),
        (Many(a), Many(b)) if a == b => Many(*a),
        (Many(_), Many(_)) => Many(None),
        _ if is_array(a) && is_array(b) && *a != Rows && *b != Rows => {
            List(Box::new(join(&element(a), &element(b))))
        }
        _ => Unknown,
    }
}

pub fn is_array(gives: &Gives) -> bool {
    matches!(gives, Gives::Many(_) | Gives::Rows | Gives::List(_))
}

/// Whether it is surely one thing, and not `()`.
pub fn is_single(gives: &Gives) -> bool {
    matches!(
        gives,
        Gives::Text
            | Gives::Number
            | Gives::Truth
            | Gives::Date
            | Gives::One(_)
            | Gives::Row
            | Gives::Map
            | Gives::Table(_)
            | Gives::Closure
    )
}

/// What an array's elements are; one thing is its own element.
pub fn element(gives: &Gives) -> Gives {
    match gives {
        Gives::Many(shape) | Gives::Maybe(shape) | Gives::One(shape) => Gives::One(*shape),
        Gives::Rows => Gives::Row,
        Gives::List(inner) if **inner == Gives::Nothing => Gives::Unknown,
        Gives::List(inner) => (**inner).clone(),
        Gives::Nothing => Gives::Unknown,
        other => other.clone(),
    }
}

/// An array of these.
pub fn array_of(element: &Gives) -> Gives {
    match element {
        Gives::One(shape) => Gives::Many(*shape),
        other => Gives::List(Box::new(other.clone())),
    }
}

/// The value that stands for "nothing yet": PowerShell takes null for it, which is empty, zero or false as the use demands.
pub fn blank(gives: &Gives) -> (&'static str, Gives) {
    match gives {
        Gives::Many(_) | Gives::List(_) => ("[]", gives.clone()),
        Gives::Number => ("0", Gives::Number),
        Gives::Truth => ("false", Gives::Truth),
        other => ("()", join(other, &Gives::Nothing)),
    }
}

/// The inside of `ps::one(...)`, where the whole is that: who wants an array takes it as it was.
pub fn unwrapped(code: &Code) -> Option<Code> {
    let inside = code.text.strip_prefix("ps::one(")?.strip_suffix(')')?;
    if code.level != Level::Atom || !balanced(inside) {
        return None;
    }
    Some(Code::atom(inside).giving(Gives::List(Box::new(Gives::Unknown))))
}

/// Whether no bracket closes more than was opened; text in quotes counts as it is, which only makes this more careful.
fn balanced(text: &str) -> bool {
    let mut depth = 0i64;
    for letter in text.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

/// Something that can be looped over and has the methods of an array.
pub fn each(code: &Code) -> Code {
    if is_array(&code.gives) {
        return code.clone();
    }
    if let Some(inside) = unwrapped(code) {
        return inside;
    }
    let gives = array_of(&element(&code.gives));
    if is_single(&code.gives) {
        return Code::atom(format!("[{}]", code.text)).giving(gives);
    }
    Code::atom(format!("ps::each({})", code.text)).giving(gives)
}

/// What an array holds after this was put into it: an array put in as one thing is unknown to us.
pub fn element_of_pushed(gives: &Gives) -> Gives {
    if is_array(gives) { Gives::Unknown } else { element(gives) }
}

/// What a list's kinds come down to for those who do not know tables.
pub fn plain(gives: &Gives) -> Gives {
    match gives {
        Gives::Table(_) => Gives::Map,
        Gives::List(inner) => Gives::List(Box::new(plain(inner))),
        other => other.clone(),
    }
}

/// Deeper and larger kinds than these tell nobody anything.
pub fn kept(gives: &Gives, depth: usize) -> Gives {
    match gives {
        Gives::Table(_) | Gives::List(_) if depth > 3 => match gives {
            Gives::Table(_) => Gives::Map,
            _ => Gives::List(Box::new(Gives::Unknown)),
        },
        Gives::Table(pairs) => Gives::Table(
            pairs.iter().take(60).map(|(name, gives)| (name.clone(), kept(gives, depth + 1))).collect(),
        ),
        Gives::List(inner) => Gives::List(Box::new(kept(inner, depth + 1))),
        other => other.clone(),
    }
}

/// A table of these keys.
pub fn table(keys: &[(&str, Gives)]) -> Gives {
    Gives::Table(keys.iter().map(|(name, gives)| ((*name).to_owned(), gives.clone())).collect())
}

/// The key of a table in its own spelling.
pub fn key<'g>(gives: &'g Gives, name: &str) -> Option<(&'g str, &'g Gives)> {
    let Gives::Table(pairs) = gives else { return None };
    pairs
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(known, gives)| (known.as_str(), gives))
}

/// What the pieces of a map literal say of it.
pub fn of_pairs(pairs: &[(String, Code)]) -> Gives {
    Gives::Table(pairs.iter().map(|(name, code)| (name.clone(), kept(&code.gives, 1))).collect())
}
