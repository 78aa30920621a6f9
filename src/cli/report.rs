//! How an error looks: what was being done, where in the script, what the service said, what to do next.

use crate::host::{Frame, Host, ScriptError};
use crate::problem::Problem;

/// A script's error with its line and caret.
pub fn script_error(host: &Host, error: &ScriptError) -> String {
    let mut frames = error.frames.iter();
    let mut out = format!("error: {}\n", error.problem.sentence());
    if let Some(place) = &error.problem.place {
        out.push_str(&format!("  --> {place}\n"));
    }
    if let Some(frame) = frames.next() {
        out.push_str(&place(host, frame));
    }
    for frame in frames {
        let call = if frame.call.is_empty() { String::new() } else { format!("{} called ", frame.call) };
        out.push_str(&format!("  {call}from {}:{}:{}\n", frame.source, frame.line, frame.column));
    }
    out.push_str(&facts(&error.problem));
    out.trim_end().to_owned()
}

/// A problem that has no place in a script.
pub fn problem(problem: &Problem) -> String {
    let place = problem.place.as_ref().map(|place| format!("  --> {place}\n")).unwrap_or_default();
    format!("error: {}\n{place}{}", problem.sentence(), facts(problem)).trim_end().to_owned()
}

fn place(host: &Host, frame: &Frame) -> String {
    let mut out = format!("  --> {}:{}:{}\n", frame.source, frame.line, frame.column);
    if let Some(line) = host.source_line(&frame.source, frame.line) {
        let number = frame.line.to_string();
        let gutter = " ".repeat(number.len());
        let shown = line.replace('\t', " ");
        let caret = " ".repeat(frame.column.saturating_sub(1));
        out.push_str(&format!(" {gutter} |\n {number} | {}\n {gutter} | {caret}^\n", shown.trim_end()));
    }
    out
}

fn facts(problem: &Problem) -> String {
    let mut out = String::new();
    if let Some(hint) = &problem.hint {
        out.push_str(&format!("hint: {hint}\n"));
    }
    let mut service = Vec::new();
    service.extend(problem.status.map(|status| format!("status {status}")));
    service.extend(problem.code.clone());
    service.extend(problem.request_id.as_ref().map(|id| format!("request {id}")));
    if !service.is_empty() {
        out.push_str(&format!("service: {}\n", service.join(", ")));
    }
    out
}
