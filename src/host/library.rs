//! What the text of a module says about it and its functions.

/// A module of Rhai, as its comments describe it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct About {
    /// The comment at its head.
    pub module: String,
    pub functions: Vec<Function>,
}

/// A function that others may call.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    pub name: String,
    /// `onboard(person)`
    pub signature: String,
    /// The comment above it, with its line ends; empty where there is none.
    pub about: String,
}

/// `fn name(a, b) {` at the beginning of a line, with the comment above it.
pub fn about(text: &str) -> About {
    let mut found = About::default();
    let (mut head, mut above): (Vec<&str>, Vec<&str>) = Default::default();
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("//!") {
            head.extend(Some(comment.trim()).filter(|comment| !comment.is_empty()));
        } else if let Some(comment) = line.strip_prefix("///") {
            above.push(comment.strip_prefix(' ').unwrap_or(comment));
        } else if let Some(rest) = line.strip_prefix("fn ") {
            let signature = rest.split('{').next().unwrap_or_default().trim();
            let name = signature.split('(').next().unwrap_or_default();
            found.functions.push(Function {
                name: name.to_owned(),
                signature: signature.to_owned(),
                about: std::mem::take(&mut above).join("\n"),
            });
        } else {
            above.clear();
        }
    }
    found.module = head.join(" ");
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_come_with_the_comment_above_them_and_private_ones_not_at_all() {
        let text = "//! Reading.\n//! And more.\n\n/// Reads.\n///\n/// All of it.\nfn read(a, b) {\n}\nprivate fn hidden() {}\n/// Not its own.\n\nfn bare() {}\n";
        let found = about(text);
        assert_eq!(found.module, "Reading. And more.");
        let [read, bare] = found.functions.as_slice() else { panic!("{found:?}") };
        assert_eq!((read.signature.as_str(), read.about.as_str()), ("read(a, b)", "Reads.\n\nAll of it."));
        assert_eq!((bare.name.as_str(), bare.about.as_str()), ("bare", ""));
    }
}
