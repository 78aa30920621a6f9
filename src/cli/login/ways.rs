//! The ways to a real tenant for somebody who has no app registration yet, and what each cannot do.

use std::path::Path;

/// The ways that are open, in the order in which to try them.
pub fn open(script: Option<&Path>) -> String {
    let script = script.map(|script| format!(" --for {}", script.display())).unwrap_or_default();
    format!(
        "\
error: usher has no app of its own in your tenant, and was not told of one

There are three ways to sign in:

1. A new app registration, which an administrator makes and consents to once.
     usher tenants setup{script}
   writes its manifest with the exact permissions, the link for the consent, and
   the steps for the roles in Exchange and Azure. Then:
     usher login --tenant DOMAIN --client-id ID{script}

2. An app registration that exists already. It needs the permissions that the
   verbs' pages name (`usher help VERB`), and for people `http://localhost` as a
   redirect address for mobile and desktop apps.
     as yourself, in a browser or with a code:
       usher login --tenant DOMAIN --client-id ID
       usher login --tenant DOMAIN --client-id ID --device-code
     as the app, by its certificate or its secret:
       usher login --tenant DOMAIN --client-id ID --certificate FILE
       usher login --tenant DOMAIN --client-id ID --client-secret-env VAR
   As yourself, you can do what the app may and your own roles allow, the lesser
   of both. As the app, whoever holds its secret or certificate can do all that it
   may, without you.

3. The Azure CLI, where you are signed in to it (`az login`).
     usher login --azure-cli
   Azure works, and much of reading the directory. Its app has not been granted
   most permissions of guest management (invitations, licences, policies) nor
   Exchange's, and some tenants watch or block it.

In all of them, mail contacts go through an address of Exchange that Microsoft
does not document (InvokeCommand): its own PowerShell module uses it, and it may
change without notice. Graph and Azure are used as documented.

Without a tenant everything works on the sandbox: `usher run -e 'get_guests().len()'`"
    )
}
