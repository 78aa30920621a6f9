//! What went wrong, as facts a script can branch on and a person can act on. Every sentence is worded here or beside the service it quotes.

use serde_json::{Value, json};

/// The stable word a script reads as `err.kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    NotFound,
    Ambiguous,
    AlreadyExists,
    Conflict,
    InvalidOption,
    InvalidInput,
    Unsupported,
    PermissionDenied,
    SignIn,
    Throttled,
    NoSeats,
    InvitationsBlocked,
    Blocked,
    Unavailable,
    UnknownOutcome,
    NotAllowed,
    Stopped,
    Interrupted,
    NotKnownYet,
    TimedOut,
    File,
    MissingColumn,
    /// The service said that it made something, and it never appeared.
    Vanished,
    Internal,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Kind::NotFound => "not_found",
            Kind::Ambiguous => "ambiguous",
            Kind::AlreadyExists => "already_exists",
            Kind::Conflict => "conflict",
            Kind::InvalidOption => "invalid_option",
            Kind::InvalidInput => "invalid_input",
            Kind::Unsupported => "unsupported",
            Kind::PermissionDenied => "permission_denied",
            Kind::SignIn => "sign_in",
            Kind::Throttled => "throttled",
            Kind::NoSeats => "no_seats",
            Kind::InvitationsBlocked => "invitations_blocked",
            Kind::Blocked => "blocked",
            Kind::Unavailable => "unavailable",
            Kind::UnknownOutcome => "unknown_outcome",
            Kind::NotAllowed => "not_allowed",
            Kind::Stopped => "stopped",
            Kind::Interrupted => "interrupted",
            Kind::NotKnownYet => "not_known_yet",
            Kind::TimedOut => "timed_out",
            Kind::File => "file",
            Kind::MissingColumn => "missing_column",
            Kind::Vanished => "vanished",
            Kind::Internal => "internal",
        }
    }

    /// A denied allowance, a guard's stop and Ctrl-C end the run: a script's `catch` does not see them. Nor does it see that
    /// a preview does not know what would follow: what it would do instead is not what a real run does.
    pub fn ends_the_run(self) -> bool {
        matches!(self, Kind::NotAllowed | Kind::Stopped | Kind::Interrupted | Kind::NotKnownYet)
    }
}

/// A line of a file, and the cell in it where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub file: String,
    pub line: usize,
    pub column: Option<usize>,
    pub header: Option<String>,
}

impl std::fmt::Display for Place {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}:{}", self.file, self.line)?;
        if let Some(column) = self.column {
            write!(out, ":{column}")?;
        }
        match &self.header {
            Some(header) => write!(out, " ({header})"),
            None => Ok(()),
        }
    }
}

/// One thing that went wrong.
#[derive(Clone, Debug)]
pub struct Problem {
    pub kind: Kind,
    /// What was being done: "inviting `ann@fabrikam.example`".
    pub doing: Option<String>,
    /// What went wrong: lower case, no full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    pub verb: Option<&'static str>,
    pub status: Option<u16>,
    pub code: Option<String>,
    pub request_id: Option<String>,
    pub retriable: bool,
    /// The offending value as the user wrote it, so that its cell can be found.
    pub value: Option<String>,
    /// The option at fault, as a path: `invitedUserEmailAddress`, `messageInfo.language`.
    pub option: Option<String>,
    /// The cell that holds the offending value.
    pub place: Option<Place>,
}

pub type Result<T> = std::result::Result<T, Problem>;

impl Problem {
    pub fn new(kind: Kind, message: impl Into<String>) -> Problem {
        Problem {
            kind,
            doing: None,
            message: message.into(),
            hint: None,
            verb: None,
            status: None,
            code: None,
            request_id: None,
            retriable: false,
            value: None,
            option: None,
            place: None,
        }
    }

    pub fn doing(mut self, doing: impl Into<String>) -> Problem {
        self.doing.get_or_insert(doing.into());
        self
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint.get_or_insert(hint.into());
        self
    }

    pub fn value(mut self, value: impl Into<String>) -> Problem {
        self.value.get_or_insert(value.into());
        self
    }

    pub fn option(mut self, option: impl Into<String>) -> Problem {
        self.option.get_or_insert(option.into());
        self
    }

    pub fn verb(mut self, verb: &'static str) -> Problem {
        self.verb.get_or_insert(verb);
        self
    }

    pub fn not_found(what: &str, key: &str) -> Problem {
        Problem::new(Kind::NotFound, format!("there is no {what} `{key}`")).value(key)
    }

    /// Several objects answer to one name.
    pub fn ambiguous(what: &str, key: &str, candidates: &[String]) -> Problem {
        Problem::new(Kind::Ambiguous, format!("{} {what}s are called `{key}`", candidates.len()))
            .hint(format!("give the id of the one you mean: {}", candidates.join(", ")))
            .value(key)
    }

    /// For look-ups made only to explain a refusal before it comes: a sign-in that may not look leaves it to the service.
    pub fn unless_unseen<T: Default>(looked: Result<T>) -> Result<T> {
        looked.or_else(|problem| match problem.kind {
            Kind::PermissionDenied => Ok(T::default()),
            _ => Err(problem),
        })
    }

    pub fn interrupted() -> Problem {
        Problem::new(Kind::Interrupted, "interrupted")
    }

    /// The tenant is at fault, not the row: going on with the other rows would only repeat it. A service that is not
    /// reached at all is such a case; one that stumbles over a single request is not.
    pub fn concerns_the_tenant(&self) -> bool {
        let unreached = self.kind == Kind::Unavailable && self.status.is_none();
        unreached
            || matches!(
                self.kind,
                Kind::PermissionDenied | Kind::SignIn | Kind::NoSeats | Kind::InvitationsBlocked
            )
    }

    /// Whether asking once more would be answered the same.
    pub fn is_settled(&self) -> bool {
        !self.retriable && self.kind != Kind::Interrupted
    }

    /// The line a person reads: "inviting `x`: not an e-mail address".
    pub fn sentence(&self) -> String {
        match &self.doing {
            Some(doing) => format!("{doing}: {}", self.message),
            None => self.message.clone(),
        }
    }

    /// The map a script catches.
    pub fn to_json(&self) -> Value {
        let mut map = json!({
            "kind": self.kind.word(),
            "message": self.sentence(),
            "hint": self.hint,
            "verb": self.verb,
            "status": self.status,
            "code": self.code,
            "requestId": self.request_id,
            "retriable": self.retriable,
        });
        if let Some(place) = &self.place {
            map["file"] = json!(place.file);
            map["line"] = json!(place.line);
            map["column"] = json!(place.column);
        }
        map
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.sentence())
    }
}

impl std::error::Error for Problem {}
