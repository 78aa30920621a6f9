//! What stands before the cursor: which tenant the next line goes to, and whether it would change anything there.

use anstyle::{AnsiColor, Style};

use crate::runs::session::Session;

/// The prompt without and with colours, as the line editor takes it.
pub fn of(session: &Session) -> (String, String) {
    let real = session.connected().is_some_and(|services| !services.tenant.simulated);
    written(session.tenant_name(), real, session.plan.is_some())
}

fn written(tenant: &str, real: bool, what_if: bool) -> (String, String) {
    let style = match real {
        // A real tenant is not to be overlooked.
        true => Style::new().bold().fg_color(Some(AnsiColor::BrightRed.into())),
        false => Style::new().fg_color(Some(AnsiColor::Green.into())),
    };
    let mode = Style::new().fg_color(Some(AnsiColor::Yellow.into()));
    let (plain, colored) = match what_if {
        true => (" what-if", format!(" {mode}what-if{mode:#}")),
        false => ("", String::new()),
    };
    (format!("{tenant}{plain}> "), format!("{style}{tenant}{style:#}{colored}{style}>{style:#} "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompt_names_the_tenant_and_says_that_nothing_is_sent() {
        assert_eq!(written("sandbox", false, false).0, "sandbox> ");
        assert_eq!(written("contoso", true, true).0, "contoso what-if> ");
        assert_ne!(written("a", true, false).1, written("a", false, false).1);
    }
}
