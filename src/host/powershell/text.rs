//! Text and numbers as PowerShell converts and prints them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use html_escape::{decode_html_entities, encode_quoted_attribute};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use rhai::{Array, Dynamic, ImmutableString, Module};

use super::super::date::{Date, Span};
use super::super::record::Record;
use super::super::rows::RowValue;
use super::super::values::to_json;
use super::lists::items;
use super::{Outcome, format, invalid, native};

/// Text, if it is that.
pub fn as_text(value: &Dynamic) -> Option<ImmutableString> {
    value
        .read_lock::<ImmutableString>()
        .map(|text| text.clone())
        .or_else(|| value.as_char().ok().map(|letter| letter.to_string().into()))
}

/// A number, if it is one.
pub fn as_number(value: &Dynamic) -> Option<f64> {
    value.as_float().ok().or_else(|| value.as_int().ok().map(|whole| whole as f64))
}

/// What PowerShell puts where a value stands inside a string.
pub fn text(value: &Dynamic) -> String {
    if value.is_unit() {
        return String::new();
    }
    if let Some(text) = as_text(value) {
        return text.into();
    }
    if let Ok(flag) = value.as_bool() {
        return if flag { "True" } else { "False" }.to_owned();
    }
    if let Ok(number) = value.as_float() {
        return format::general(number);
    }
    if let Some(date) = value.read_lock::<Date>() {
        return super::dates::formatted(*date, "MM/dd/yyyy HH:mm:ss").unwrap_or_else(|| date.to_string());
    }
    if let Some(span) = value.read_lock::<Span>() {
        return super::dates::span_text(*span);
    }
    if let Some(list) = items(value) {
        return list.iter().map(text).collect::<Vec<_>>().join(" ");
    }
    if let Some(map) = value.read_lock::<rhai::Map>() {
        let parts: Vec<String> = map.iter().map(|(name, value)| format!("{name}={}", text(value))).collect();
        return format!("@{{{}}}", parts.join("; "));
    }
    if let Some(record) = value.read_lock::<Record>() {
        return record.label();
    }
    if value.is::<RowValue>()
        && let Ok(serde_json::Value::Object(row)) = to_json(value)
    {
        let parts: Vec<String> = row
            .iter()
            .map(|(name, cell)| format!("{name}={}", cell.as_str().map_or_else(String::new, str::to_owned)))
            .collect();
        return format!("@{{{}}}", parts.join("; "));
    }
    value.to_string()
}

/// A number from what stands for one: digits, hexadecimal, true and false, nothing.
pub fn number(value: &Dynamic) -> Option<Dynamic> {
    if value.is_int() || value.is_float() {
        return Some(value.clone());
    }
    if value.is_unit() {
        return Some(0_i64.into());
    }
    if let Ok(flag) = value.as_bool() {
        return Some(i64::from(flag).into());
    }
    let text = as_text(value)?;
    let text = text.trim();
    if text.is_empty() {
        return Some(0_i64.into());
    }
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return i64::from_str_radix(digits, 16).ok().map(Dynamic::from);
    }
    let plain = text.replace(',', "");
    if let Ok(whole) = plain.parse::<i64>() {
        return Some(whole.into());
    }
    let spelled = plain
        .trim_start_matches(['+', '-'])
        .starts_with(|letter: char| letter.is_ascii_digit() || letter == '.');
    plain.parse::<f64>().ok().filter(|_| spelled).map(Dynamic::from)
}

fn needs_number(value: &Dynamic) -> Outcome {
    number(value).ok_or_else(|| invalid(format!("`{}` is no number", text(value))))
}

/// To the nearest whole number, to the even one from half.
fn whole(value: &Dynamic) -> Outcome {
    let number = needs_number(value)?;
    match number.as_float() {
        Ok(fraction) if fraction.is_finite() && fraction.abs() < 9.0e18 => {
            Ok((fraction.round_ties_even() as i64).into())
        }
        Ok(fraction) => {
            Err(invalid(format!("{} is too large for a whole number", format::general(fraction))))
        }
        Err(_) => Ok(number),
    }
}

fn round(value: &Dynamic, digits: &Dynamic) -> Outcome {
    let number = needs_number(value)?;
    let digits = digits.as_int().unwrap_or(0).clamp(0, 15);
    let Ok(fraction) = number.as_float() else { return Ok(number) };
    // What is written with few digits is meant so: 2.675 is not what the machine holds.
    let scale = 10_f64.powi(i32::try_from(digits).unwrap_or(0));
    let scaled = fraction * scale;
    let rounded =
        if (scaled - scaled.trunc()).abs() == 0.5 { scaled.round_ties_even() } else { scaled.round() };
    Ok((rounded / scale).into())
}

/// A letter's place as bytes; places beyond the end are the end.
fn place(text: &str, letters: i64) -> usize {
    let letters = usize::try_from(letters).unwrap_or(0);
    text.char_indices().nth(letters).map_or(text.len(), |(place, _)| place)
}

fn index_of(holder: &Dynamic, wanted: &Dynamic, last: bool) -> Outcome {
    let found = match items(holder) {
        Some(list) => {
            let same = |item: &Dynamic| super::compare::same(item, wanted, true);
            if last { list.iter().rposition(same) } else { list.iter().position(same) }
        }
        None => {
            let (text, wanted) = (text(holder), text(wanted));
            let byte = if last { text.rfind(&wanted) } else { text.find(&wanted) };
            byte.map(|byte| text[..byte].chars().count())
        }
    };
    Ok(found.and_then(|found| i64::try_from(found).ok()).unwrap_or(-1).into())
}

fn insert(holder: &Dynamic, at: &Dynamic, what: &Dynamic) -> Outcome {
    let mut whole = text(holder);
    let at = place(&whole, at.as_int().unwrap_or(0));
    whole.insert_str(at, &text(what));
    Ok(whole.into())
}

fn remove(holder: &Dynamic, at: &Dynamic, count: Option<&Dynamic>) -> Outcome {
    let mut whole = text(holder);
    let start = at.as_int().unwrap_or(0);
    let end = match count {
        Some(count) => place(&whole, start.saturating_add(count.as_int().unwrap_or(0))),
        None => whole.len(),
    };
    let start = place(&whole, start);
    if start < end {
        whole.replace_range(start..end, "");
    }
    Ok(whole.into())
}

/// More than a column of any report; beyond it a text would fill the memory.
const MOST_PADDING: usize = 1_000_000;

fn pad(holder: &Dynamic, length: &Dynamic, letter: Option<&Dynamic>, left: bool) -> Outcome {
    let whole = text(holder);
    let letter = letter.and_then(as_text).and_then(|text| text.chars().next()).unwrap_or(' ');
    let length = usize::try_from(length.as_int().unwrap_or(0)).unwrap_or(0);
    let missing = length.saturating_sub(whole.chars().count());
    if missing > MOST_PADDING {
        return Err(invalid(format!("text is padded up to {MOST_PADDING} letters")));
    }
    let padding: String = std::iter::repeat_n(letter, missing).collect();
    Ok(if left { format!("{padding}{whole}") } else { format!("{whole}{padding}") }.into())
}

/// `.Split(',')`, `.Split(";,")`, `.Split(@(',', ';'))`, with an option or a limit after it.
fn split_at(holder: &Dynamic, separators: &[Dynamic]) -> Outcome {
    let mut letters: Vec<char> = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut drop_empty = false;
    let mut limit = usize::MAX;
    for separator in separators {
        match separator.as_int() {
            Ok(1) => drop_empty = true,
            Ok(count) => limit = usize::try_from(count).unwrap_or(usize::MAX).max(1),
            Err(_) => {
                for part in items(separator).unwrap_or_else(|| vec![separator.clone()]) {
                    match text(&part) {
                        option if option.eq_ignore_ascii_case("RemoveEmptyEntries") => drop_empty = true,
                        option if option.eq_ignore_ascii_case("None") => {}
                        several if several.chars().count() > 1 && items(separator).is_some() => {
                            words.push(several)
                        }
                        several => letters.extend(several.chars()),
                    }
                }
            }
        }
    }
    let whole = text(holder);
    let mut parts: Vec<String> = vec![String::new()];
    let mut rest = whole.as_str();
    while let Some(letter) = rest.chars().next() {
        let word = words.iter().find(|word| rest.starts_with(word.as_str())).map(String::len);
        let width = word.or_else(|| letters.contains(&letter).then(|| letter.len_utf8()));
        match width {
            Some(width) if parts.len() < limit => {
                parts.push(String::new());
                rest = &rest[width..];
            }
            _ => {
                if let Some(part) = parts.last_mut() {
                    part.push(letter);
                }
                rest = &rest[letter.len_utf8()..];
            }
        }
    }
    let kept = parts.into_iter().filter(|part| !drop_empty || !part.is_empty());
    Ok(kept.map(Dynamic::from).collect::<Array>().into())
}

/// Letters, digits and `-._~` stand for themselves, as with `[uri]::EscapeDataString`.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn random(options: &Dynamic) -> Outcome {
    let get = |name: &str| super::objects::get(options, name);
    if let Some(mut from) = items(&get("from")?) {
        let count = get("count")?.as_int().ok();
        let wanted = usize::try_from(count.unwrap_or(1)).unwrap_or(0).min(from.len());
        let mut chosen = Array::new();
        for _ in 0..wanted {
            chosen.push(from.swap_remove(rand::random_range(0..from.len())));
        }
        return Ok(if count.is_some() { chosen.into() } else { chosen.pop().unwrap_or(Dynamic::UNIT) });
    }
    let least = get("minimum")?.as_int().unwrap_or(0);
    let most = get("maximum")?.as_int().unwrap_or(i64::from(i32::MAX));
    if least >= most {
        return Err(invalid(format!("there is no number between {least} and {most}")));
    }
    Ok(rand::random_range(least..most).into())
}

pub fn register(module: &mut Module) {
    native!(module, "text", |x| Ok(text(&x).into()));
    native!(module, "number", |x| needs_number(&x));
    native!(module, "whole", |x| whole(&x));
    native!(module, "round", |x, digits| round(&x, &digits));
    native!(module, "quoted", |x| Ok(text(&x).replace('\'', "''").into()));
    native!(module, "replace_text", |x, from, to| {
        let from = text(&from);
        match from.is_empty() {
            true => Err(invalid("nothing cannot be replaced: the text to look for is empty")),
            false => Ok(text(&x).replace(&from, &text(&to)).into()),
        }
    });
    native!(module, "index_of", |x, wanted| index_of(&x, &wanted, false));
    native!(module, "last_index_of", |x, wanted| index_of(&x, &wanted, true));
    native!(module, "insert_text", |x, at, what| insert(&x, &at, &what));
    native!(module, "remove_text", |x, at| remove(&x, &at, None));
    native!(module, "remove_text", |x, at, count| remove(&x, &at, Some(&count)));
    native!(module, "pad_left", |x, length| pad(&x, &length, None, true));
    native!(module, "pad_left", |x, length, letter| pad(&x, &length, Some(&letter), true));
    native!(module, "pad_right", |x, length| pad(&x, &length, None, false));
    native!(module, "pad_right", |x, length, letter| pad(&x, &length, Some(&letter), false));
    native!(module, "split_at", |x, a| split_at(&x, &[a]));
    native!(module, "split_at", |x, a, b| split_at(&x, &[a, b]));
    native!(module, "split_at", |x, a, b, c| split_at(&x, &[a, b, c]));
    native!(module, "to_base64", |x| Ok(STANDARD.encode(&*text(&x)).into()));
    native!(module, "from_base64", |x| {
        let bytes = STANDARD
            .decode(text(&x).split_whitespace().collect::<String>())
            .map_err(|_| invalid("this is no base64"))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned().into())
    });
    native!(module, "url_encode", |x| Ok(utf8_percent_encode(&text(&x), PLAIN).to_string().into()));
    native!(module, "url_decode", |x| {
        Ok(percent_decode_str(&text(&x)).decode_utf8_lossy().into_owned().into())
    });
    native!(module, "html_encode", |x| Ok(encode_quoted_attribute(&text(&x)).into_owned().into()));
    native!(module, "html_decode", |x| Ok(decode_html_entities(&text(&x)).into_owned().into()));
    native!(module, "new_guid", || Ok(uuid::Uuid::new_v4().to_string().into()));
    native!(module, "random", || random(&Dynamic::UNIT));
    native!(module, "random", |options| random(&options));
    native!(module, "is_empty", |x| Ok((x.is_unit() || text(&x).is_empty()).into()));
    native!(module, "is_blank", |x| Ok((x.is_unit() || text(&x).trim().is_empty()).into()));
    native!(module, "format", |pattern, values| {
        let values = items(&values).unwrap_or_else(|| vec![values.clone()]);
        format::composite(&text(&pattern), &values).map(Dynamic::from).map_err(invalid)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_text() {
        let read = |text: &str| number(&text.to_owned().into()).map(|number| number.to_string());
        assert_eq!(read(" 1,234 ").as_deref(), Some("1234"));
        assert_eq!(read("0x1F").as_deref(), Some("31"));
        assert_eq!(read("2.50").as_deref(), Some("2.5"));
        assert_eq!(read("NaN"), None);
        assert_eq!(read("x"), None);
    }
}
