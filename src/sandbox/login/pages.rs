//! The pages of sign-in: plain HTML that works without scripts, with the keyboard and when read aloud.

use super::super::page::{document, escaped};
use super::super::tenant::{Kind, Object, Tenant};
use super::person;

/// So many people of a kind are listed; the others can be typed.
const LISTED: usize = 60;

/// What somebody is asked on the way in.
pub struct Choice<'a> {
    pub action: &'a str,
    pub app: &'a str,
    /// The code of the device that waits, if one does.
    pub place: Option<&'a str>,
    pub scopes: &'a [String],
    pub hidden: &'a [(&'a str, &'a str)],
    pub typed: &'a str,
    pub trouble: Option<&'a str>,
}

/// Who signs in?
pub fn choose(tenant: &Tenant, choice: &Choice) -> String {
    let mut main = format!("<h1>Sign in to {}</h1>\n", escaped(&tenant.profile.display_name));
    let app = escaped(choice.app);
    match choice.place {
        Some(code) => main.push_str(&format!(
            "<p><strong>{app}</strong> waits on a device that shows the code <code>{}</code>. Go on only if you \
             started it.</p>\n",
            escaped(code)
        )),
        None => main.push_str(&format!("<p>To continue to <strong>{app}</strong>.</p>\n")),
    }
    if let Some(trouble) = choice.trouble {
        main.push_str(&format!("<p class=\"trouble\" role=\"alert\">{}</p>\n", escaped(trouble)));
    }
    let scopes: Vec<String> =
        choice.scopes.iter().map(|scope| format!("<li><code>{}</code></li>", escaped(scope))).collect();
    main.push_str(&format!(
        "<details><summary>It asks for {} permission{}</summary><ul>{}</ul></details>\n",
        scopes.len(),
        if scopes.len() == 1 { "" } else { "s" },
        scopes.concat()
    ));
    main.push_str(&format!("<form method=\"post\" action=\"{}\">\n", escaped(choice.action)));
    for (name, value) in choice.hidden {
        main.push_str(&format!(
            "<input type=\"hidden\" name=\"{}\" value=\"{}\">\n",
            escaped(name),
            escaped(value)
        ));
    }
    main.push_str(&format!(
        "<h2><label for=\"address\">Somebody's address</label></h2>\n<div class=\"typed\"><input id=\"address\" \
         name=\"address\" autocomplete=\"username\" spellcheck=\"false\" value=\"{}\"><button>Sign in</button></div>\n",
        escaped(choice.typed)
    ));
    for (title, people) in ["Administrators", "Members", "Guests"].into_iter().zip(listed(tenant)) {
        if people.is_empty() {
            continue;
        }
        let label = title.to_ascii_lowercase();
        main.push_str(&format!(
            "<section aria-labelledby=\"{label}\">\n<h2 id=\"{label}\">{title}</h2>\n<ul class=\"people\">\n"
        ));
        for user in people.iter().take(LISTED) {
            main.push_str(&entry(tenant, user));
        }
        main.push_str("</ul>\n");
        if people.len() > LISTED {
            main.push_str("<p class=\"quiet\">There are more: type an address above.</p>\n");
        }
        main.push_str("</section>\n");
    }
    main.push_str(&format!(
        "<h2>Or not</h2>\n<button name=\"decline\" value=\"1\">Cancel</button>\n</form>\n<p class=\"quiet\">This is a \
         sandbox: nobody here is real and nothing is secret, so no password is asked for. Programs that must send \
         one send <code>{}</code>.</p>",
        escaped(&person::password(tenant))
    ));
    document(&format!("Sign in to {}", tenant.profile.display_name), &main)
}

/// Those who may sign in, by kind: holders of roles, members, guests. A few more than are shown, so that it is known
/// whether there are.
fn listed(tenant: &Tenant) -> [Vec<&Object>; 3] {
    let mut kinds: [Vec<&Object>; 3] = Default::default();
    for user in tenant.of_kind(Kind::User).filter(|user| person::admit(user).is_ok()) {
        let kind = match (tenant.directory_roles_of(user.id).is_empty(), user.is_guest()) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => 2,
        };
        if kinds[kind].len() <= LISTED {
            kinds[kind].push(user);
        }
    }
    kinds
}

fn entry(tenant: &Tenant, user: &Object) -> String {
    let name = user.text("displayName").unwrap_or_default();
    let address = if user.is_guest() { user.text("mail") } else { None };
    let address = address.or(user.text("userPrincipalName")).unwrap_or_default();
    let roles = tenant.directory_roles_of(user.id);
    let roles: Vec<&str> = roles.iter().filter_map(|role| super::super::graph::role_name(*role)).collect();
    let roles = match roles.is_empty() {
        true => String::new(),
        false => format!("<span class=\"quiet\">{}</span>", escaped(&roles.join(", "))),
    };
    format!(
        "<li><button name=\"user\" value=\"{}\"><span>{}</span><span class=\"quiet\">{}</span>{roles}</button></li>\n",
        user.id,
        escaped(name),
        escaped(address)
    )
}

/// The page where a device's code is typed.
pub fn device_code(action: &str, typed: &str, trouble: Option<&str>) -> String {
    let trouble = trouble
        .map(|text| format!("<p class=\"trouble\" role=\"alert\">{}</p>\n", escaped(text)))
        .unwrap_or_default();
    let main = format!(
        "<h1><label for=\"code\">Enter the code that your device shows</label></h1>\n{trouble}<form method=\"post\" \
         action=\"{}\"><div class=\"typed\"><input id=\"code\" name=\"code\" autocomplete=\"off\" \
         autocapitalize=\"characters\" spellcheck=\"false\" required autofocus value=\"{}\"><button>Next</button></div>\
         </form>",
        escaped(action),
        escaped(typed)
    );
    document("Enter a code", &main)
}

pub fn done(title: &str, text: &str) -> String {
    document(title, &format!("<h1>{}</h1>\n<p>{}</p>", escaped(title), escaped(text)))
}

pub fn refused(title: &str, text: &str) -> String {
    let main =
        format!("<h1>{}</h1>\n<p class=\"trouble\" role=\"alert\">{}</p>", escaped(title), escaped(text));
    document("Sign-in", &main)
}

/// Sends itself on to the program, or waits to be sent where scripts are off.
pub fn form_post(address: &str, fields: &[(&str, String)]) -> String {
    let inputs: Vec<String> = fields
        .iter()
        .map(|(name, value)| {
            format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escaped(name), escaped(value))
        })
        .collect();
    let main = format!(
        "<h1>Working...</h1>\n<form method=\"post\" action=\"{}\">{}<button>Continue</button></form>\n\
         <script>document.forms[0].submit()</script>",
        escaped(address),
        inputs.concat()
    );
    document("Working...", &main)
}

/// Whether an application may do what it asks for, for everybody.
pub fn consent(app: &str, roles: &[String], yes: &str, no: &str) -> String {
    let roles: Vec<String> =
        roles.iter().map(|role| format!("<li><code>{}</code></li>", escaped(role))).collect();
    let main = format!(
        "<h1>Permissions requested</h1>\n<p><strong>{}</strong> asks for these, for your whole organization:</p>\n\
         <ul>{}</ul>\n<p><a href=\"{}\">Accept</a> &nbsp; <a href=\"{}\">Cancel</a></p>",
        escaped(app),
        roles.concat(),
        escaped(yes),
        escaped(no)
    );
    document("Permissions requested", &main)
}
