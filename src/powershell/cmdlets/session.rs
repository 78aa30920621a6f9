//! Signing in, modules and the console: there is nothing to do here, and it is said kindly.

use super::super::code::{Call, Code, Gives, Severity};
use super::Outcome;
use super::arguments::{Arguments, items};
use super::layout::{list, native};

const SIGNED_IN: &str = "usher signs in by itself: one sign-in serves Graph, Exchange and Azure; `usher login` for a real tenant, the \
                         sandbox needs none";
const NO_MODULES: &str = "usher needs no modules";
const CONSOLE: &str = "nothing to do here";

/// Cmdlets that leave nothing to do.
pub fn dropped(name: &str, call: &Call) -> Option<Outcome> {
    let note = match name {
        "install-module"
        | "update-module"
        | "uninstall-module"
        | "import-module"
        | "remove-module"
        | "install-psresource"
        | "install-packageprovider"
        | "save-module"
        | "set-psrepository"
        | "register-psrepository"
        | "import-pssession"
        | "import-packageprovider"
        | "add-pssnapin"
        | "update-mgmodule" => NO_MODULES.to_owned(),
        "set-executionpolicy" | "unblock-file" => "usher scripts need no execution policy".to_owned(),
        "set-strictmode" => "usher is strict always".to_owned(),
        "select-mgprofile" => "usher uses v1.0; graph_request takes `version: \"beta\"`".to_owned(),
        "start-transcript" | "stop-transcript" => {
            "usher keeps a ledger of each run; `--log FILE` writes a log".to_owned()
        }
        "write-progress" => "usher shows the progress of `bulk` by itself".to_owned(),
        "clear-host"
        | "add-type"
        | "clear-variable"
        | "remove-variable"
        | "remove-pssession"
        | "new-pssession"
        | "pop-location"
        | "set-location"
        | "push-location"
        | "set-psreadlineoption"
        | "update-formatdata"
        | "set-alias"
        | "new-alias"
        | "out-default"
        | "set-azcontext"
        | "select-azsubscription"
        | "select-azcontext"
        | "enable-azcontextautosave"
        | "disable-azcontextautosave"
        | "clear-azcontext"
        | "set-mgrequestcontext"
        | "set-mggraphoption" => CONSOLE.to_owned(),
        "invoke-item" | "start-process" => "usher opens no windows and starts no programs".to_owned(),
        "start-sleep" => "usher waits by itself until what was made is visible".to_owned(),
        "write-verbose" | "write-debug" | "write-information" => {
            "not shown unless it is asked for".to_owned()
        }
        "enable-azureaddirectoryrole" | "new-mgdirectoryrole" | "enable-entradirectoryrole" => {
            "a directory role needs no activation before it is assigned".to_owned()
        }
        "get-credential" | "get-mgenvironment" => SIGNED_IN.to_owned(),
        "powershell.exe" | "powershell" | "pwsh" | "pwsh.exe" => {
            "usher scripts need no execution policy".to_owned()
        }
        "get-psrepository" | "get-packageprovider" | "find-module" if call.piped.is_none() => {
            NO_MODULES.to_owned()
        }
        _ if name.starts_with("connect-")
            || name.starts_with("disconnect-")
            || name.starts_with("login-") =>
        {
            let known = crate::catalogue::instead_of_signing_in(name).is_some()
                || super::parameters::known(name).is_some()
                || crate::catalogue::find(name).is_some();
            match known && !name.contains("mgcomm") {
                true if name.starts_with("disconnect-") => "usher keeps no connection open".to_owned(),
                true => SIGNED_IN.to_owned(),
                false => return None,
            }
        }
        _ => return None,
    };
    Some(Outcome::Dropped { note })
}

/// Modules whose work usher does not do: a script that has another way without them takes that.
const ABSENT: &[&str] = &["importexcel", "pswritehtml", "psexcel", "burnttoast"];

/// What asks for a module or a session gets one: neither is ever missing here.
pub fn translate(name: &str, arguments: &mut Arguments) -> Option<Outcome> {
    match name {
        "get-module" | "get-installedmodule" | "get-psresource" | "get-installedpsresource" => {
            let wanted = arguments.take("Name").or_else(|| arguments.take("FullyQualifiedName"));
            arguments.drop_idle();
            let literal = wanted.as_ref().and_then(|name| name.literal.as_deref()).map(str::to_lowercase);
            if literal.is_some_and(|name| ABSENT.contains(&name.as_str())) {
                arguments.rest();
                return Some(arguments.done(list(&[]).giving(Gives::Many(None))));
            }
            let names = match wanted.as_ref().map(items) {
                None => Vec::new(),
                Some(Some(names)) => vec![if names.len() == 1 { names[0].clone() } else { list(&names) }],
                Some(None) => wanted.into_iter().collect(),
            };
            arguments.remark(Severity::Note, format!("{NO_MODULES}: all it has is always there"));
            let code = native("modules", &names).giving(Gives::Many(None));
            Some(arguments.done(code))
        }
        "get-pssession" => Some(arguments.done(list(&[]).giving(Gives::Many(None)))),
        "get-mgcontext"
        | "get-azcontext"
        | "get-connectioninformation"
        | "get-azureadcurrentsessioninfo"
        | "get-entracontext"
        | "get-azureadtenantdetail"
        | "get-msolcompanyinformation"
        | "get-mgorganization"
        | "get-entratenantdetail" => context(name, arguments),
        "get-command" | "get-help" | "get-psdrive" | "get-host" => {
            let wanted = arguments.take("Name").unwrap_or_else(|| Code::string(""));
            arguments.rest();
            arguments.remark(Severity::Note, "`usher help` lists the verbs");
            Some(arguments.done(native("modules", &[wanted]).giving(Gives::Many(None))))
        }
        _ => None,
    }
}

fn context(name: &str, arguments: &mut Arguments) -> Option<Outcome> {
    arguments.drop_idle();
    let code = match name {
        "get-mgorganization"
        | "get-azureadtenantdetail"
        | "get-msolcompanyinformation"
        | "get-entratenantdetail" => {
            arguments.rest();
            Code::atom("graph_request(\"GET\", \"/organization\").value[0]")
                .giving(Gives::One(Some("organization")))
        }
        _ => {
            arguments.rest();
            Code::atom("get_context()").giving(Gives::One(Some("context")))
        }
    };
    Some(arguments.done(code))
}
