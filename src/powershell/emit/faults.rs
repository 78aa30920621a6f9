//! Faults of the original that a reader should hear of: dates that may be missing, comparisons the wrong way round before a removal.

use super::super::code::{Code, Gives, Severity};
use super::super::syntax::Span;
use super::Emitter;

impl Emitter<'_> {
    /// `$date -gt $limit` before a removal takes the newer ones, which are the active ones.
    pub(super) fn order_faults(&mut self, span: Span, operator: &str, a: &Code, b: &Code) {
        let (left, right) = (is_activity(a), is_activity(b));
        let limit = |code: &Code| is_past(code) || is_limit(code);
        let newer = (left && limit(b) && operator.starts_with('g'))
            || (right && limit(a) && operator.starts_with('l'));
        if newer && self.before_removal {
            self.remark(
                span,
                Severity::Warning,
                "this takes who was active after that day, and not before it: older than a day is `-lt`. What follows would hit the active ones",
            );
        }
        let missing =
            (left && (b.gives == Gives::Date || limit(b))) || (right && (a.gives == Gives::Date || limit(a)));
        if missing && operator.starts_with('l') == left {
            self.once(
                span,
                Severity::Warning,
                "a date that is not known counts as older than any other, as in PowerShell: check `!= ()` first, or who has no sign-in on record is taken for inactive",
            );
        }
    }
}

/// A variable that holds a day in the past.
fn is_limit(code: &Code) -> bool {
    code.gives == Gives::Date && !is_activity(code)
}

fn is_activity(code: &Code) -> bool {
    let lower = code.text.to_lowercase();
    [
        "lastsignin",
        "lastsuccessfulsignin",
        "lastnoninteractivesignin",
        "lastlogon",
        "signinactivity",
        "lastlogin",
        "lastactivity",
    ]
    .iter()
    .any(|word| lower.replace('_', "").contains(word))
}

fn is_past(code: &Code) -> bool {
    code.text.contains("days_ago(") || code.text.contains(".add_days(-")
}
