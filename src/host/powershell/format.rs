//! .NET's formats: `{0,-10:N2}` and what stands in them.

use rhai::Dynamic;

use super::super::date::Date;
use super::text::{as_number, text};

/// A number with as many digits as it needs.
pub fn general(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let size = number.abs();
    if size != 0.0 && !(1e-5..1e15).contains(&size) {
        let text = format!("{number:E}");
        let (digits, exponent) = text.split_once('E').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
        return format!("{digits}E{sign}{exponent:0>2}");
    }
    format!("{number}")
}

/// `composite("{0} is {1:N0}", ...)`: braces twice stand for themselves.
pub fn composite(pattern: &str, values: &[Dynamic]) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(place) = rest.find(['{', '}']) {
        out.push_str(&rest[..place]);
        let tail = &rest[place..];
        if tail.starts_with("{{") || tail.starts_with("}}") {
            out.push_str(&tail[..1]);
            rest = &tail[2..];
            continue;
        }
        // A brace too many at the end does no harm: it is what it looks like.
        if let Some(after) = tail.strip_prefix('}') {
            out.push('}');
            rest = after;
            continue;
        }
        let end = tail.find('}');
        let Some(end) = end else { return Err(format!("`{pattern}` has a brace without its partner")) };
        out.push_str(&piece(&tail[1..end], values)?);
        rest = &tail[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// More than a column of any report.
const WIDEST: usize = 10_000;

fn piece(inside: &str, values: &[Dynamic]) -> Result<String, String> {
    let (head, format) = inside.split_once(':').unwrap_or((inside, ""));
    let (index, width) = head.split_once(',').unwrap_or((head, ""));
    let index: usize = index
        .trim()
        .parse()
        .map_err(|_| format!("`{{{inside}}}` names no value: they are counted from 0"))?;
    let Some(value) = values.get(index) else {
        let count = values.len();
        return Err(format!("`{{{inside}}}` wants a value more than there are: {count}"));
    };
    let shown = formatted(value, format)?;
    let width: i64 = if width.trim().is_empty() {
        0
    } else {
        width.trim().parse().map_err(|_| format!("`{width}` is no width"))?
    };
    let wanted = usize::try_from(width.unsigned_abs()).unwrap_or(WIDEST).min(WIDEST);
    let missing = wanted.saturating_sub(shown.chars().count());
    let padding = " ".repeat(missing);
    Ok(if width < 0 { format!("{shown}{padding}") } else { format!("{padding}{shown}") })
}

/// A value in a format of its own kind.
pub fn formatted(value: &Dynamic, format: &str) -> Result<String, String> {
    if format.is_empty() {
        return Ok(text(value));
    }
    if let Some(date) = value.read_lock::<Date>() {
        return super::dates::formatted(*date, format)
            .ok_or_else(|| format!("`{format}` is no format of a date"));
    }
    match as_number(value) {
        Some(number) => numeric(number, value.as_int().ok(), format),
        // Text has no formats: it stays as it is.
        None => Ok(text(value)),
    }
}

fn numeric(number: f64, whole: Option<i64>, format: &str) -> Result<String, String> {
    let letter = format.chars().next().unwrap_or('G');
    let digits = format.get(letter.len_utf8()..).unwrap_or_default();
    let standard =
        letter.is_ascii_alphabetic() && digits.len() <= 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !standard {
        return Ok(custom(number, format));
    }
    let digits: Option<usize> = digits.parse().ok();
    let fixed = |number: f64, digits: usize| format!("{:.*}", digits, rounded(number, digits));
    Ok(match letter.to_ascii_uppercase() {
        'N' => grouped(&fixed(number, digits.unwrap_or(2))),
        'F' => fixed(number, digits.unwrap_or(2)),
        'P' => format!("{} %", grouped(&fixed(number * 100.0, digits.unwrap_or(2)))),
        'C' => {
            let amount = grouped(&fixed(number.abs(), digits.unwrap_or(2)));
            if number < 0.0 { format!("(¤{amount})") } else { format!("¤{amount}") }
        }
        'D' => match whole {
            Some(whole) => {
                let sign = if whole < 0 { "-" } else { "" };
                format!("{sign}{:0>width$}", whole.unsigned_abs(), width = digits.unwrap_or(1))
            }
            None => return Err("the format `D` is for whole numbers".to_owned()),
        },
        'X' => match whole {
            Some(whole) if letter == 'X' => format!("{whole:0>width$X}", width = digits.unwrap_or(1)),
            Some(whole) => format!("{whole:0>width$x}", width = digits.unwrap_or(1)),
            None => return Err("the format `X` is for whole numbers".to_owned()),
        },
        'E' => {
            let text = format!("{number:.*E}", digits.unwrap_or(6));
            let (base, exponent) = text.split_once('E').unwrap_or((&text, "0"));
            let (sign, exponent) =
                exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
            format!("{base}{letter}{sign}{exponent:0>3}")
        }
        'G' | 'R' => whole.map_or_else(|| general(number), |whole| whole.to_string()),
        _ => return Err(format!("`{format}` is no format of a number")),
    })
}

/// Away from zero at half, as .NET's formats round; a value written with few digits is meant so.
fn rounded(number: f64, digits: usize) -> f64 {
    let scale = 10_f64.powi(i32::try_from(digits.min(15)).unwrap_or(0));
    let scaled = number * scale;
    let nudged = scaled + scaled.signum() * scaled.abs() * f64::EPSILON;
    if nudged.is_finite() && scaled.abs() < 1e15 { nudged.round() / scale } else { number }
}

fn grouped(text: &str) -> String {
    let (sign, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) =
        rest.split_once('.').map_or((rest, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut out = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    // Nothing left to be negative.
    let zero = !rest.bytes().any(|byte| byte.is_ascii_digit() && byte != b'0');
    let sign = if zero { "" } else { sign };
    fraction.map_or_else(|| format!("{sign}{out}"), |fraction| format!("{sign}{out}.{fraction}"))
}

/// `0.00`, `#,##0.#`, `000`: digits that are there in any case, and digits that are not.
fn custom(number: f64, format: &str) -> String {
    let sections: Vec<&str> = format.split(';').collect();
    let (format, number) = match sections.as_slice() {
        [_, _, zero, ..] if number == 0.0 => (*zero, number),
        [_, negative, ..] if number < 0.0 => (*negative, number.abs()),
        [first, ..] => (*first, number),
        [] => (format, number),
    };
    let is_digit = |letter: char| matches!(letter, '0' | '#');
    let Some(start) = format.find(|letter| is_digit(letter) || letter == '.') else {
        return format.to_owned();
    };
    let end = format.rfind(is_digit).map_or(start, |end| end + 1).max(start);
    let (prefix, middle, suffix) = (&format[..start], &format[start..end], &format[end..]);
    let percent = suffix.contains('%') || prefix.contains('%');
    let number = if percent { number * 100.0 } else { number };
    let (whole, fraction) = middle.split_once('.').unwrap_or((middle, ""));
    let least = whole.chars().filter(|letter| *letter == '0').count();
    let most = fraction.chars().filter(|letter| is_digit(*letter)).count();
    let kept = fraction.chars().filter(|letter| *letter == '0').count();
    let text = format!("{:.*}", most, rounded(number.abs(), most));
    let (digits, mut decimals) =
        text.split_once('.').map_or((text.clone(), String::new()), |(a, b)| (a.to_owned(), b.to_owned()));
    while decimals.len() > kept && decimals.ends_with('0') {
        decimals.pop();
    }
    let mut digits = if digits == "0" && least == 0 { String::new() } else { format!("{digits:0>least$}") };
    if whole.contains(',') {
        digits = grouped(&digits);
    }
    let sign = if number < 0.0 && text.bytes().any(|byte| matches!(byte, b'1'..=b'9')) { "-" } else { "" };
    let point = if decimals.is_empty() { "" } else { "." };
    let plain = |text: &str| text.replace(['\'', '"', '\\'], "");
    format!("{sign}{}{digits}{point}{decimals}{}", plain(prefix), plain(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_formatted_as_dotnet_does() {
        for (value, format, expected) in [
            (1234.5, "N2", "1,234.50"),
            (1234567.0, "N0", "1,234,567"),
            (-0.001, "N2", "0.00"),
            (0.256, "P", "25.60 %"),
            (0.256, "P0", "26 %"),
            (2.675, "F2", "2.68"),
            (2.5, "N0", "3"),
            (12.0, "000", "012"),
            (1234.5, "#,##0.00", "1,234.50"),
            (0.5, "0.##", "0.5"),
            (0.5, "#.##", ".5"),
            (-7.25, "0.0", "-7.3"),
            (0.87, "0%", "87%"),
            (1234.0, "E2", "1.23E+003"),
        ] {
            assert_eq!(formatted(&value.into(), format).unwrap(), expected, "{value} {format}");
        }
        assert_eq!(formatted(&7_i64.into(), "D3").unwrap(), "007");
        assert_eq!(formatted(&255_i64.into(), "X4").unwrap(), "00FF");
        assert_eq!(formatted(&255_i64.into(), "x").unwrap(), "ff");
        assert!(formatted(&1.5.into(), "D").is_err());
    }

    #[test]
    fn a_pattern_takes_values_by_number_and_width() {
        let values: Vec<Dynamic> = vec!["Ann".to_owned().into(), 3_i64.into(), true.into()];
        assert_eq!(composite("{0,-5}|{1,3}|{2}", &values).unwrap(), "Ann  |  3|True");
        assert_eq!(composite("{{0}} {1:D2}", &values).unwrap(), "{0} 03");
        assert!(composite("{3}", &values).unwrap_err().contains("more than there are"));
        assert!(composite("{0", &values).is_err());
        assert!(composite("{x}", &values).is_err());
    }

    #[test]
    fn numbers_print_with_the_digits_they_need() {
        for (number, expected) in
            [(2.0, "2"), (1.5, "1.5"), (1e20, "1E+20"), (1e-7, "1E-07"), (-0.25, "-0.25")]
        {
            assert_eq!(general(number), expected);
        }
    }
}
