//! Words that the glossary retires stay out of code, comments and pages.

use std::path::{Path, PathBuf};

/// Pages in which retired words may stand: the table itself, the history, and the style guide.
const EXEMPT: [&str; 3] = ["docs/glossary.md", "CHANGELOG.md", "CONTRIBUTING.md"];
/// What the repository has beside its text.
const FOLDERS: [&str; 3] = ["target", ".git", "golden"];
const ENDINGS: [&str; 6] = ["rs", "cu", "cuh", "md", "toml", "py"];

/// The words in the first column of the glossary's table of retired words.
fn retired() -> Vec<String> {
    let page = std::fs::read_to_string(root().join("docs/glossary.md")).unwrap();
    let (_, table) = page.split_once("## Retired words").expect("the glossary has no section `Retired words`");
    let rows = table.lines().skip_while(|line| !line.starts_with("|---")).skip(1).take_while(|l| l.starts_with('|'));
    let cells = rows.map(|row| row.split('|').nth(1).unwrap_or_default());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The files of the repository that are read by people.
fn files(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !FOLDERS.contains(&name.as_str()) {
                files(&path, all);
            }
        } else if path.extension().is_some_and(|e| ENDINGS.iter().any(|known| e == *known)) {
            all.push(path);
        }
    }
}

/// Whether `word` stands in `line` as a whole word.
fn has(line: &str, word: &str) -> bool {
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word)
        .any(|(at, _)| !letter(line[..at].chars().next_back()) && !letter(line[at + word.len()..].chars().next()))
}

/// Every line of a text that has a retired word, with its number and the word.
fn found<'a>(text: &str, words: &'a [String]) -> Vec<(usize, &'a str)> {
    let lines = text.lines().enumerate();
    lines.flat_map(|(n, line)| words.iter().filter(move |w| has(line, w)).map(move |w| (n + 1, w.as_str()))).collect()
}

#[test]
fn retired_words_stay_out() {
    let words = retired();
    assert!(words.len() > 20, "the table of retired words has {} words", words.len());
    let mut all = Vec::new();
    files(&root(), &mut all);
    assert!(all.len() > 500, "{} files", all.len());
    let mut wrong = Vec::new();
    for path in &all {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
        if EXEMPT.contains(&name.as_str()) || name == "tests/words.rs" {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        wrong.extend(found(&text, &words).into_iter().map(|(line, word)| format!("{name}:{line}: {word}")));
    }
    assert!(wrong.is_empty(), "retired words (docs/glossary.md has the words to use):\n{}", wrong.join("\n"));
}

#[test]
fn a_retired_word_is_found_as_a_whole_word() {
    let words = ["Rain".to_owned(), "so many".to_owned()];
    assert_eq!(found("a\nlet x = Rain::new();", &words), [(2, "Rain")]);
    assert_eq!(found("// There are so many.", &words), [(1, "so many")]);
    assert!(found("Rainfall, brain, Rain_, rain, so manys", &words).is_empty());
}
