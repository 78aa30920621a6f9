//! Scripts beside what they become. `UPDATE_GOLDEN=1` writes the files anew; read the difference before it is committed.

use std::path::Path;

use usher::powershell::convert;

#[test]
fn scripts_become_what_stands_beside_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/powershell_convert/golden");
    // Where the crate is built from elsewhere, the folder is beside this file.
    let folder = if folder.exists() { folder } else { Path::new(file!()).with_file_name("golden") };
    let mut scripts: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ps1"))
        .collect();
    scripts.sort();
    assert!(scripts.len() >= 10, "the scripts are there");
    let mut differences = Vec::new();
    for script in scripts {
        let conversion = convert(&std::fs::read_to_string(&script).unwrap());
        super::parses(&conversion.code);
        assert_eq!(conversion.code.lines().count(), conversion.lines.len(), "{}", script.display());
        let beside = script.with_extension("rhai");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&beside, &conversion.code).unwrap();
        }
        let wanted = std::fs::read_to_string(&beside).unwrap_or_default();
        if wanted != conversion.code {
            differences.push(format!("{}:\n{}", script.display(), conversion.code));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn converting_twice_gives_the_same() {
    let text = "$b = 1; $a = @{ x = $b; y = 2 }\nGet-MgUser -All | ForEach-Object { $_.Mail }\nfunction f($x) { $x }\nf 1";
    assert_eq!(convert(text), convert(text));
}
