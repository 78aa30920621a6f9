//! A text of any content means the same after the translation, checked by running it.

use proptest::prelude::*;
use usher::powershell::convert;

/// The value of the last expression of a converted script that prints it.
fn printed(script: &str) -> String {
    let code = convert(script).code;
    let mut engine = super::engine();
    let said = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let sink = said.clone();
    engine.on_print(move |text| sink.lock().unwrap().push_str(text));
    if let Err(error) = engine.run_with_scope(&mut super::scope(), &code) {
        panic!("{error}\n{script}\n{code}");
    }
    said.lock().unwrap().clone()
}

fn single(text: &str) -> String {
    // PowerShell takes typographic apostrophes for plain ones.
    let doubled: String = text
        .chars()
        .flat_map(|letter| {
            if matches!(letter, '\'' | '\u{2018}'..='\u{201b}') { vec![letter, letter] } else { vec![letter] }
        })
        .collect();
    format!("'{doubled}'")
}

fn double(text: &str) -> String {
    let escaped: String = text
        .chars()
        .flat_map(|letter| match letter {
            '`' | '$' | '"' | '\u{201c}'..='\u{201e}' => vec!['`', letter],
            letter => vec![letter],
        })
        .collect();
    format!("\"{escaped}\"")
}

fn letters() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![
            4 => prop::char::range(' ', '~'),
            2 => prop::sample::select(vec!['`', '$', '{', '}', '"', '\'', '\\', '\n', '\t', '#', '/', '*', '(', ')']),
            1 => prop::sample::select(vec!['\u{e000}', '\u{e001}', '\u{e002}', 'é', '漢', '🦀', '\u{a0}']),
        ],
        0..24,
    )
    .prop_map(|letters| letters.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_text_in_apostrophes_stays_itself(text in letters()) {
        prop_assert_eq!(printed(&format!("$x = {}\nWrite-Output $x", single(&text))), text);
    }

    #[test]
    fn a_text_in_quotes_stays_itself(text in letters()) {
        prop_assert_eq!(printed(&format!("Write-Output {}", double(&text))), text);
    }

    #[test]
    fn values_stand_in_their_place(before in letters(), value in letters(), after in letters()) {
        let (inner, outer) = (double(&before), double(&after));
        let script = format!(
            "$value = {}\nWrite-Output \"{}$($value){}\"",
            single(&value),
            &inner[1..inner.len() - 1],
            &outer[1..outer.len() - 1]
        );
        prop_assert_eq!(printed(&script), format!("{before}{value}{after}"));
    }

    #[test]
    fn keys_of_any_letters_are_found_again(key in letters()) {
        let script = format!("$map = @{{ {} = 'here' }}\nforeach ($name in $map.Keys) {{ Write-Output $name }}", single(&key));
        prop_assert_eq!(printed(&script.replace("ps::", "")), key);
    }
}
