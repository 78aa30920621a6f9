//! The frame of every page: plain HTML that works without scripts, with the keyboard and when read aloud.

const STYLE: &str = "
:root { color-scheme: light dark; --edge: #8884; --accent: #0b62c4; --good: #1b7a3d; --bad: #c62828; }
@media (prefers-color-scheme: dark) { :root { --accent: #7db4f5; --good: #6fcf97; --bad: #ff8a80; } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }
main.wide { max-width: 72rem; }
nav { display: flex; gap: 1.25rem; flex-wrap: wrap; padding: .6rem 1rem; border-bottom: 1px solid var(--edge); }
a { color: var(--accent); }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
ul.people { list-style: none; margin: 0; padding: 0; display: grid; gap: .4rem; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); }
button, input { font: inherit; padding: .5rem .75rem; border: 1px solid var(--edge); border-radius: .4rem; }
button { cursor: pointer; }
button.main { background: var(--accent); color: Canvas; border-color: var(--accent); }
ul.people button { width: 100%; text-align: left; background: none; color: inherit; }
ul.people button:hover { border-color: var(--accent); }
button:focus-visible, input:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: 1px; }
ul.people span { display: block; overflow-wrap: anywhere; }
.quiet { opacity: .75; font-size: .875rem; }
.trouble { border-left: 4px solid var(--bad); padding: .5rem .75rem; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.typed, .row { display: flex; gap: .5rem; flex-wrap: wrap; align-items: center; }
.typed input { flex: 1 1 16rem; min-width: 0; }
fieldset { border: 1px solid var(--edge); border-radius: .4rem; margin: 1rem 0; padding: .5rem 1rem; }
fieldset label { display: block; padding: .3rem 0; }
code { overflow-wrap: anywhere; }
details { margin: .5rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--edge); vertical-align: top; }
td { overflow-wrap: break-word; }
.day { white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0; }
dt { opacity: .75; }
dd { margin: 0; overflow-wrap: anywhere; }
blockquote { margin: .5rem 0; padding: .25rem 1rem; border-left: 3px solid var(--edge); white-space: pre-wrap; }
";

/// Text as it may stand in a page, between tags and in an attribute.
pub fn escaped(text: &str) -> String {
    html_escape::encode_quoted_attribute(text).into_owned()
}

/// A page for somebody who is to do one thing.
pub fn document(title: &str, main: &str) -> String {
    framed(title, "", "", main)
}

/// A page of the sandbox about itself, with the way to the others.
pub fn overview(title: &str, main: &str) -> String {
    let nav = "<nav aria-label=\"Sandbox\"><a href=\"/sandbox/\">Tenant</a> <a href=\"/sandbox/outbox\">Outbox</a> \
               <a href=\"/sandbox/requests\">Requests</a> <a href=\"/sandbox/state\">State</a></nav>\n";
    framed(title, nav, " class=\"wide\"", main)
}

fn framed(title: &str, nav: &str, class: &str, main: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>{STYLE}</style>\n</head>\n\
         <body>\n{nav}<main{class}>\n{main}\n</main>\n</body>\n</html>\n",
        escaped(title)
    )
}
