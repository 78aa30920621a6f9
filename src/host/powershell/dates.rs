//! Dates in PowerShell's spellings and .NET's formats.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Zoned};
use rhai::{Dynamic, Module};

use super::super::date::{self, Date, Span};
use super::lists::items;
use super::text::{as_number, as_text, number, text};
use super::{Outcome, invalid, native};

/// Spellings that scripts and tables have, beside ISO 8601; month before day, as PowerShell reads them.
const DAYS: &[&str] = &[
    "%m/%d/%Y",
    "%Y/%m/%d",
    "%d-%b-%Y",
    "%d %b %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d %B %Y",
    "%m-%d-%Y",
    "%A, %B %d, %Y",
    "%Y%m%d",
    "%d.%m.%Y",
];
const TIMES: &[&str] = &["%H:%M:%S%.f", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%H:%M:%SZ"];

/// A date from a date or from text; `None` where it is none.
pub fn date(value: &Dynamic) -> Option<Date> {
    if let Some(date) = value.read_lock::<Date>() {
        return Some(*date);
    }
    let text = as_text(value)?;
    parse(text.trim())
}

pub fn parse(text: &str) -> Option<Date> {
    if let Some(date) = date::parse(text) {
        return Some(date);
    }
    if let Ok(moment) = text.parse::<DateTime>() {
        return at(moment);
    }
    // The time, where there is one, comes after the day; what it looks like is tried first.
    for day in DAYS {
        if let Ok(day) = jiff::civil::Date::strptime(day, text) {
            return at(day.to_datetime(Time::midnight()));
        }
        for time in TIMES {
            if let Ok(moment) = DateTime::strptime(format!("{day} {time}"), text) {
                return at(moment);
            }
        }
    }
    None
}

fn at(moment: DateTime) -> Option<Date> {
    Some(Date(moment.to_zoned(TimeZone::UTC).ok()?.timestamp()))
}

fn zoned(date: Date) -> Zoned {
    date.0.to_zoned(TimeZone::UTC)
}

fn needs_date(value: &Dynamic) -> Result<Date, Box<rhai::EvalAltResult>> {
    date(value).ok_or_else(|| match value.is_unit() {
        true => invalid("nothing, (), is no date"),
        false => invalid(format!("`{}` is no date", text(value))),
    })
}

/// A date in a format of .NET's; `None` for one that is unknown.
pub fn formatted(date: Date, format: &str) -> Option<String> {
    let mut letters = format.chars();
    if let (Some(letter), None) = (letters.next(), letters.next()) {
        let whole = match letter {
            'd' => "MM/dd/yyyy",
            'D' => "dddd, dd MMMM yyyy",
            't' => "HH:mm",
            'T' => "HH:mm:ss",
            'g' => "MM/dd/yyyy HH:mm",
            'G' => "MM/dd/yyyy HH:mm:ss",
            'f' => "dddd, dd MMMM yyyy HH:mm",
            'F' => "dddd, dd MMMM yyyy HH:mm:ss",
            's' => "yyyy-MM-ddTHH:mm:ss",
            'u' => "yyyy-MM-dd HH:mm:ssZ",
            'o' | 'O' => "yyyy-MM-ddTHH:mm:ss.fffffffZ",
            'r' | 'R' => "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
            'm' | 'M' => "MMMM dd",
            'y' | 'Y' => "yyyy MMMM",
            _ => return None,
        };
        return formatted(date, whole);
    }
    let moment = zoned(date);
    let letters: Vec<char> = format.chars().collect();
    let mut out = String::new();
    let mut place = 0;
    while let Some(&letter) = letters.get(place) {
        let run = letters[place..].iter().take_while(|next| **next == letter).count();
        let part = |pattern: &str| moment.strftime(pattern).to_string();
        let shown = match (letter, run) {
            ('\'' | '"', _) => {
                let inner: String = letters[place + 1..].iter().take_while(|next| **next != letter).collect();
                out.push_str(&inner);
                place += inner.chars().count() + 2;
                continue;
            }
            ('\\', _) => {
                out.extend(letters.get(place + 1));
                place += 2;
                continue;
            }
            // A letter on its own is written with a sign before it.
            ('%', _) => {
                place += 1;
                continue;
            }
            ('y', 1) => part("%-y"),
            ('y', 2) => part("%y"),
            ('y', _) => format!("{:0run$}", moment.year()),
            ('M', 1) => part("%-m"),
            ('M', 2) => part("%m"),
            ('M', 3) => part("%b"),
            ('M', _) => part("%B"),
            ('d', 1) => part("%-d"),
            ('d', 2) => part("%d"),
            ('d', 3) => part("%a"),
            ('d', _) => part("%A"),
            ('H', 1) => part("%-H"),
            ('H', _) => part("%H"),
            ('h', 1) => part("%-I"),
            ('h', _) => part("%I"),
            ('m', 1) => part("%-M"),
            ('m', _) => part("%M"),
            ('s', 1) => part("%-S"),
            ('s', _) => part("%S"),
            ('t', 1) => part("%p").chars().take(1).collect(),
            ('t', _) => part("%p"),
            ('f' | 'F', 1..=7) => {
                let digits = format!("{:09}", moment.subsec_nanosecond());
                let digits = &digits[..run];
                if letter == 'F' { digits.trim_end_matches('0').to_owned() } else { digits.to_owned() }
            }
            ('z', 1) => "+0".to_owned(),
            ('z', 2) => "+00".to_owned(),
            ('z', _) => "+00:00".to_owned(),
            ('K', _) => "Z".to_owned(),
            ('g', _) => "A.D.".to_owned(),
            _ => letters[place..place + run].iter().collect(),
        };
        out.push_str(&shown);
        place += run;
    }
    Some(out)
}

/// `1.02:03:04`
pub fn span_text(span: Span) -> String {
    let seconds = span.0.as_secs();
    let (sign, seconds) =
        if seconds < 0 { ("-", seconds.unsigned_abs()) } else { ("", seconds.unsigned_abs()) };
    let (days, hours, minutes, rest) =
        (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let fraction = span.0.subsec_nanos().unsigned_abs() / 100;
    let days = if days > 0 { format!("{days}.") } else { String::new() };
    let fraction = if fraction > 0 { format!(".{fraction:07}") } else { String::new() };
    format!("{sign}{days}{hours:02}:{minutes:02}:{rest:02}{fraction}")
}

/// `1.02:03:04`, `02:03`, or a number of days.
fn duration(value: &Dynamic) -> Option<Span> {
    if let Some(span) = value.read_lock::<Span>() {
        return Some(*span);
    }
    let text = as_text(value).map(|text| text.trim().to_owned())?;
    let (sign, rest) = text.strip_prefix('-').map_or((1.0, text.as_str()), |rest| (-1.0, rest));
    let parts: Vec<&str> = rest.split(':').collect();
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    let seconds = match parts.as_slice() {
        [days] => number(days)? * 86_400.0,
        [first, rest @ ..] if rest.len() <= 2 => {
            let (days, hours) = first
                .split_once('.')
                .map_or((0.0, number(first)), |(days, hours)| (number(days).unwrap_or(0.0), number(hours)));
            let minutes = number(rest.first()?)?;
            let seconds = rest.get(1).map_or(Some(0.0), |seconds| number(seconds))?;
            days * 86_400.0 + hours? * 3600.0 + minutes * 60.0 + seconds
        }
        _ => return None,
    };
    SignedDuration::try_from_secs_f64(sign * seconds).ok().map(Span)
}

/// How many seconds a unit has.
fn unit(name: &str) -> Option<f64> {
    Some(match name {
        "days" => 86_400.0,
        "hours" => 3600.0,
        "minutes" => 60.0,
        "seconds" => 1.0,
        "milliseconds" => 0.001,
        "ticks" => 1e-7,
        _ => return None,
    })
}

fn amount(value: &Dynamic) -> Result<f64, Box<rhai::EvalAltResult>> {
    number(value)
        .as_ref()
        .and_then(as_number)
        .ok_or_else(|| invalid(format!("`{}` is no number", text(value))))
}

fn of_unit(name: &str, value: &Dynamic) -> Outcome {
    let unit = unit(name).ok_or_else(|| {
        invalid(format!("`{name}` is no unit of time: days, hours, minutes, seconds, milliseconds"))
    })?;
    let span = SignedDuration::try_from_secs_f64(amount(value)? * unit)
        .map_err(|_| invalid("the time is too long"))?;
    Ok(Dynamic::from(Span(span)))
}

fn span_of(parts: &Dynamic) -> Outcome {
    let Some(map) = parts.read_lock::<rhai::Map>() else {
        return duration(parts)
            .map(Dynamic::from)
            .ok_or_else(|| invalid(format!("`{}` is no time", text(parts))));
    };
    let mut seconds = 0.0;
    for (name, value) in map.iter() {
        let unit =
            unit(&name.to_lowercase()).ok_or_else(|| invalid(format!("`{name}` is no unit of time")))?;
        seconds += amount(value)? * unit;
    }
    let span = SignedDuration::try_from_secs_f64(seconds).map_err(|_| invalid("the time is too long"))?;
    Ok(Dynamic::from(Span(span)))
}

fn added(value: &Dynamic, by: &Dynamic, name: &str) -> Outcome {
    let date = needs_date(value)?;
    let too_far = || invalid("the date lies too far away");
    let moved = match name {
        "months" | "years" => {
            let whole = number(by)
                .and_then(|number| number.as_int().ok().or_else(|| as_number(&number).map(|n| n as i64)));
            let whole = whole.ok_or_else(|| invalid(format!("`{}` is no number", text(by))))?;
            let whole = if name == "years" { whole.saturating_mul(12) } else { whole };
            let span = jiff::Span::new().try_months(whole).map_err(|_| too_far())?;
            zoned(date).checked_add(span).map_err(|_| too_far())?.timestamp()
        }
        _ => {
            let seconds = amount(by)? * unit(name).unwrap_or(1.0);
            let span = SignedDuration::try_from_secs_f64(seconds).map_err(|_| too_far())?;
            date.0.checked_add(span).map_err(|_| too_far())?
        }
    };
    Ok(Dynamic::from(Date(moved)))
}

fn midnight(value: &Dynamic) -> Outcome {
    let date = needs_date(value)?;
    let day = zoned(date).start_of_day().map_err(|_| invalid("the date lies too far away"))?;
    Ok(Dynamic::from(Date(day.timestamp())))
}

/// `[datetime]::new(2026, 3, 31)` and its kin.
fn new_date(parts: &Dynamic) -> Outcome {
    let parts = items(parts).unwrap_or_else(|| vec![parts.clone()]);
    let mut numbers = [1_i64, 1, 1, 0, 0, 0, 0];
    for (place, part) in parts.iter().enumerate().take(numbers.len()) {
        numbers[place] = number(part)
            .and_then(|number| number.as_int().ok())
            .ok_or_else(|| invalid(format!("`{}` is no number", text(part))))?;
    }
    made(numbers)
}

fn made(numbers: [i64; 7]) -> Outcome {
    let [year, month, day, hour, minute, second, millisecond] = numbers;
    let small = |number: i64| i8::try_from(number).ok();
    let moment = (|| {
        let nanos = i32::try_from(millisecond.checked_mul(1_000_000)?).ok()?;
        DateTime::new(
            i16::try_from(year).ok()?,
            small(month)?,
            small(day)?,
            small(hour)?,
            small(minute)?,
            small(second)?,
            nanos,
        )
        .ok()
    })();
    let date = moment.and_then(at);
    date.map(Dynamic::from).ok_or_else(|| {
        invalid(format!("there is no {year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"))
    })
}

fn with(value: &Dynamic, parts: &Dynamic) -> Outcome {
    let moment = zoned(needs_date(value)?);
    let mut numbers = [
        i64::from(moment.year()),
        i64::from(moment.month()),
        i64::from(moment.day()),
        i64::from(moment.hour()),
        i64::from(moment.minute()),
        i64::from(moment.second()),
        i64::from(moment.millisecond()),
    ];
    let names = ["year", "month", "day", "hour", "minute", "second", "millisecond"];
    for (place, name) in names.iter().enumerate() {
        let part = super::objects::get(parts, name)?;
        if !part.is_unit() {
            numbers[place] = number(&part)
                .and_then(|number| number.as_int().ok())
                .ok_or_else(|| invalid(format!("`{}` is no number", text(&part))))?;
        }
    }
    made(numbers)
}

fn shown(value: &Dynamic, format: &Dynamic) -> Outcome {
    let format = text(format);
    let date = match value.read_lock::<Date>() {
        Some(date) => Some(*date),
        None if value.is_int() || value.is_float() => None,
        None => date(value),
    };
    match date {
        Some(date) => formatted(date, &format)
            .map(Dynamic::from)
            .ok_or_else(|| invalid(format!("`{format}` is no format of a date"))),
        None if value.is_unit() => Ok(String::new().into()),
        None => super::format::formatted(value, &format).map(Dynamic::from).map_err(invalid),
    }
}

/// From `from` to `to`.
fn between(from: &Dynamic, to: &Dynamic) -> Outcome {
    // How long ago nothing was, nobody knows.
    if from.is_unit() || to.is_unit() {
        return Ok(Dynamic::UNIT);
    }
    let (from, to) = (needs_date(from)?, needs_date(to)?);
    Ok(Dynamic::from(Span(to.0.duration_since(from.0))))
}

/// `-` as PowerShell has it: dates, times, numbers.
pub fn subtract(a: &Dynamic, b: &Dynamic) -> Outcome {
    if let Some(from) = a.read_lock::<Date>().map(|date| *date) {
        if let Some(span) = b.read_lock::<Span>() {
            let moved = from.0.checked_sub(span.0).map_err(|_| invalid("the date lies too far away"))?;
            return Ok(Dynamic::from(Date(moved)));
        }
        return between(b, a);
    }
    if let Some(span) = a.read_lock::<Span>().map(|span| *span) {
        let other = duration(b).ok_or_else(|| invalid(format!("`{}` is no time", text(b))))?;
        let left = span.0.checked_sub(other.0).ok_or_else(|| invalid("the time is too long"))?;
        return Ok(Dynamic::from(Span(left)));
    }
    if let (Some(left), true) = (date(a), b.is::<Date>() || b.is::<Span>()) {
        return subtract(&Dynamic::from(left), b);
    }
    let numbers = (number(a), number(b));
    let (Some(left), Some(right)) = numbers else {
        let wrong = if number(a).is_none() { a } else { b };
        return Err(invalid(format!("`{}` is no number", text(wrong))));
    };
    match (left.as_int(), right.as_int()) {
        (Ok(left), Ok(right)) => {
            left.checked_sub(right).map(Dynamic::from).ok_or_else(|| invalid("the number is too large"))
        }
        _ => Ok((amount(&left)? - amount(&right)?).into()),
    }
}

pub fn register(module: &mut Module) {
    native!(module, "date", |x| match x.is_unit() {
        true => Ok(Dynamic::UNIT),
        false => needs_date(&x).map(Dynamic::from),
    });
    native!(module, "date_text", |x, format| shown(&x, &format));
    native!(module, "new_date", |parts| new_date(&parts));
    native!(module, "date_with", |x, parts| with(&x, &parts));
    native!(module, "midnight", |x| midnight(&x));
    native!(module, "span", |from, to| between(&from, &to));
    native!(module, "span", |parts| span_of(&parts));
    native!(module, "duration", |x| span_of(&x));
    native!(module, "duration_of", |unit, n| of_unit(&text(&unit).to_lowercase(), &n));
    native!(module, "subtract", |a, b| subtract(&a, &b));
    for name in ["days", "hours", "minutes", "seconds", "milliseconds", "months", "years", "ticks"] {
        native!(module, format!("add_{name}"), |x, n| added(&x, &n, name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment() -> Date {
        parse("2026-03-05T14:07:09.120Z").unwrap()
    }

    #[test]
    fn dates_are_shown_in_the_formats_of_dotnet() {
        for (format, expected) in [
            ("yyyy-MM-dd", "2026-03-05"),
            ("dd-MMM-yyyy HH:mm", "05-Mar-2026 14:07"),
            ("d", "03/05/2026"),
            ("s", "2026-03-05T14:07:09"),
            ("o", "2026-03-05T14:07:09.1200000Z"),
            ("yyyy-MMM-dd-ddd hh-mm tt", "2026-Mar-05-Thu 02-07 PM"),
            ("M/d/yy h:m", "3/5/26 2:7"),
            ("'on' dddd", "on Thursday"),
            ("yyyyMMddTHHmmssfff", "20260305T140709120"),
            ("u", "2026-03-05 14:07:09Z"),
        ] {
            assert_eq!(formatted(moment(), format).unwrap(), expected, "{format}");
        }
        assert_eq!(formatted(moment(), "q"), None);
    }

    #[test]
    fn dates_are_read_in_many_spellings() {
        for text in [
            "2026-03-05",
            "03/05/2026",
            "3/5/2026",
            "05-Mar-2026",
            "March 5, 2026",
            "2026-03-05T00:00:00Z",
            "3/5/2026 12:00:00 AM",
            "2026-03-05 00:00",
        ] {
            assert_eq!(
                parse(text).map(|date| date.to_string()).as_deref(),
                Some("2026-03-05T00:00:00Z"),
                "{text}"
            );
        }
        for text in ["", "soon", "13/13/2026"] {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn times_print_and_are_read_as_dotnet_does() {
        for text in ["1.02:03:04", "00:05:00", "-3.00:00:00"] {
            assert_eq!(span_text(duration(&text.to_owned().into()).unwrap()), text);
        }
        assert_eq!(span_text(duration(&"2".to_owned().into()).unwrap()), "2.00:00:00");
    }
}
