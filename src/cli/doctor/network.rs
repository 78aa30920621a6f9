//! The way to a tenant's services: proxy, name, encryption, and the clocks at both ends.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Check, Report};
use crate::cli::tenant::real::door;
use crate::identity::{Profile, Service};
use crate::net::{Door, Method, Request, Response, Url};
use crate::words::count;

const TIMEOUT: Duration = Duration::from_secs(20);
/// Tokens are refused by clocks further apart than this.
const APART: SignedDuration = SignedDuration::from_mins(5);
const NOTABLY_APART: SignedDuration = SignedDuration::from_secs(60);

/// Whether the sign-in service can be asked.
pub(super) async fn reached(profile: &Profile, report: &mut Report) -> bool {
    proxy(report);
    let door = match door(profile, None) {
        Ok(door) => door,
        Err(problem) => {
            let advice = "see that the CA file is there and holds certificates as PEM";
            report.add(Check::problem("certificates", super::State::Fault, &problem, advice));
            return false;
        }
    };
    let endpoints = profile.endpoints();
    let about = format!("{}/{}/v2.0/.well-known/openid-configuration", endpoints.login, profile.tenant);
    let signs_in = match probe(&door, &about).await {
        Ok(answer) => {
            if answer.status == 200 {
                report.add(Check::ok("sign-in service", endpoints.login.clone()));
            } else {
                report.add(Check::fault(
                    "sign-in service",
                    format!(
                        "{} knows no tenant `{}` (status {})",
                        endpoints.login, profile.tenant, answer.status
                    ),
                    "check `tenant` and `cloud` in the profile",
                ));
            }
            clock(&answer, report);
            answer.status == 200
        }
        Err(reason) => {
            report.add(unreached("sign-in service", &reason));
            false
        }
    };
    for service in Service::ALL {
        let of = format!("{} reached", service.name());
        let base = endpoints.base(service);
        report.add(match probe(&door, base).await {
            Ok(_) => Check::ok(&of, base),
            Err(reason) => unreached(&of, &reason),
        });
    }
    signs_in
}

fn unreached(of: &str, reason: &str) -> Check {
    let lower = reason.to_lowercase();
    let todo = match () {
        _ if lower.contains("certificate") => {
            "a proxy that opens encryption has its own authority: name its file in `caFile` or USHER_CA_FILE"
        }
        _ if lower.contains("dns") || lower.contains("resolve") || lower.contains("lookup") => {
            "the name is not known here: check the address, the network, and whether HTTPS_PROXY is needed"
        }
        _ => "check the network, the firewall, and whether HTTPS_PROXY is needed",
    };
    Check::fault(of, reason, todo)
}

async fn probe(door: &Door, address: &str) -> Result<Response, String> {
    let url = Url::parse(address).map_err(|error| format!("`{address}`: {error}"))?;
    let request = Request { timeout: TIMEOUT, ..Request::new(Method::GET, url) };
    door.send(request).await.map_err(|error| error.to_string())
}

/// Proxies as the environment names them; a system's own settings hold besides.
fn proxy(report: &mut Report) {
    let named =
        |names: [&str; 2]| names.iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    let proxy = named(["HTTPS_PROXY", "https_proxy"]).or_else(|| named(["ALL_PROXY", "all_proxy"]));
    let Some(proxy) = proxy else {
        return report.add(Check::ok("proxy", "none in the environment"));
    };
    // Its password is none of a report's business.
    let shown = Url::parse(&proxy).map_or_else(
        |_| "what HTTPS_PROXY names".to_owned(),
        |url| {
            format!(
                "{}://{}:{}",
                url.scheme(),
                url.host_str().unwrap_or_default(),
                url.port_or_known_default().unwrap_or(80)
            )
        },
    );
    let except =
        named(["NO_PROXY", "no_proxy"]).map(|names| format!(", except for {names}")).unwrap_or_default();
    report.add(Check::ok("proxy", format!("{shown}{except}")));
}

/// The clock of the sign-in service against this machine's.
fn clock(answer: &Response, report: &mut Report) {
    let date = answer.headers.get("date").and_then(|value| value.to_str().ok());
    let Some(there) = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()) else { return };
    report.add(judged(Timestamp::now().duration_since(there.timestamp())));
}

fn judged(ahead: SignedDuration) -> Check {
    let of = "clock";
    let apart = ahead.abs();
    let seconds = usize::try_from(apart.as_secs()).unwrap_or(usize::MAX);
    let how = if ahead.is_negative() { "behind" } else { "ahead of" };
    let found = format!("this machine is {} {how} the sign-in service", count(seconds, "second"));
    let todo = "set the clock by the network (NTP)";
    match () {
        _ if apart > APART => Check::fault(of, found, format!("{todo}: tokens are refused this far apart")),
        _ if apart > NOTABLY_APART => Check::warning(of, found, todo),
        _ => Check::ok(of, "as the sign-in service has it"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn clocks_more_than_five_minutes_apart_are_a_fault() {
        assert_eq!(judged(SignedDuration::from_secs(3)).state, State::Ok);
        assert_eq!(judged(SignedDuration::from_secs(-90)).state, State::Warning);
        let behind = judged(SignedDuration::from_mins(-6));
        assert_eq!(behind.state, State::Fault);
        assert_eq!(behind.found, "this machine is 360 seconds behind the sign-in service");
    }
}
