//! Azure's cmdlets beyond the verbs' cards.

use super::super::code::{Code, Gives, Level};
use super::Outcome;
use super::arguments::Arguments;
use super::layout::call;

pub fn translate(name: &str, arguments: &mut Arguments) -> Option<Outcome> {
    match name {
        "get-azresource" if arguments.has("ResourceId") => {
            let id = arguments.take("ResourceId")?;
            arguments.rest();
            let code =
                format!("get_azure_resources().filter(|resource| resource.id == {})", id.at(Level::Compare));
            Some(arguments.done(Code::atom(code).giving(Gives::Many(Some("Azure resource")))))
        }
        "get-azroledefinition" if arguments.has("Id") => {
            let id = arguments.take("Id")?;
            arguments.rest();
            let code =
                format!("get_azure_role_definitions().filter(|role| role.name == {})", id.at(Level::Compare));
            Some(arguments.done(Code::atom(code).giving(Gives::Many(Some("Azure role")))))
        }
        "get-azsubscription" => {
            arguments.drop_idle();
            let wanted = arguments.take_any(&["SubscriptionId", "SubscriptionName"]);
            arguments.rest();
            let all = "get_azure_subscriptions()";
            let code = match wanted {
                Some(wanted) => format!(
                    "{all}.filter(|item| item.subscriptionId == {0} || item.displayName == {0})",
                    wanted.at(Level::Compare)
                ),
                None => all.to_owned(),
            };
            Some(arguments.done(Code::atom(code).giving(Gives::Many(Some("subscription")))))
        }
        "get-azresourcegroup" => {
            let name = arguments.take("Name");
            arguments.rest();
            let all = "get_azure_subscriptions().map(|s| azure_request(\"GET\", `${s.id}/resourcegroups`, #{ apiVersion: \"2022-12-01\", all: true })).reduce(|all, some| if all == () { some } else { all + some })";
            let code = match name {
                Some(name) => format!("{all}.filter(|group| group.name == {})", name.at(Level::Compare)),
                None => all.to_owned(),
            };
            Some(arguments.done(Code::atom(code).giving(Gives::Many(None))))
        }
        "invoke-azrestmethod" => {
            let method = arguments.take("Method").unwrap_or_else(|| Code::string("GET"));
            let path = arguments.take_any(&["Path", "Uri"])?;
            let mut options = Vec::new();
            if let Some(version) = arguments.take("ApiVersion") {
                options.push(("apiVersion".to_owned(), version));
            }
            if let Some(body) = arguments.take("Payload") {
                options.push(("body".to_owned(), super::graph::request_body(&body)));
            }
            arguments.drop_idle();
            let path = match &path.literal {
                Some(text) => Code::string(text.trim_start_matches("https://management.azure.com")),
                None => path,
            };
            let method = method
                .literal
                .as_deref()
                .map_or_else(|| method.clone(), |text| Code::string(&text.to_uppercase()));
            Some(arguments.done(call("azure_request", &[method, path], &options)))
        }
        _ => None,
    }
}
