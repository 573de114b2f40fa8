//! The modules of the library, of the model files and of the command respect the layers in
//! DESIGN.md: a module imports only from lower layers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A path of names from the root of the crate, to a module or an item.
type Names = Vec<String>;

/// The `src/` of a package in this folder of the repository.
fn root(package: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(package).join("src")
}

/// The layer number and the module of each line of the drawing. Higher numbers stand above lower
/// ones.
fn drawing(block: &str) -> Vec<(u32, String)> {
    let page = std::fs::read_to_string(root("").join("../DESIGN.md")).unwrap();
    let drawn = page
        .split(&format!("```text {block}\n"))
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap_or_else(|| panic!("DESIGN.md has no block `{block}`"));
    let line = |line: &str| {
        let mut words = line.split_whitespace();
        (words.next().unwrap().parse().unwrap(), words.next().unwrap().to_owned())
    };
    drawn.lines().filter(|l| !l.trim().is_empty()).map(line).collect()
}

/// The text without comments, string contents and unit tests.
fn code(text: &str) -> String {
    let (mut code, mut rest) = (String::new(), text);
    while let Some(c) = rest.chars().next() {
        let raw = rest.strip_prefix("r#\"").map(|r| (r, "\"#")).or_else(|| rest.strip_prefix("r\"").map(|r| (r, "\"")));
        let word_before = code.chars().last().is_some_and(|c| c.is_alphanumeric() || c == '_');
        let skipped = match (c, raw) {
            ('/', _) if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            ('r', Some((raw, end))) if !word_before => rest.len() - raw.len() + raw.find(end).unwrap() + end.len(),
            ('"', _) => 1 + quoted(&rest[1..]),
            ('\'', _) if rest.starts_with("'\\") => 3 + rest[3..].find('\'').unwrap(),
            ('\'', _) if rest.chars().nth(2) == Some('\'') => {
                rest.char_indices().nth(3).map_or(rest.len(), |(at, _)| at)
            }
            _ => 0,
        };
        if skipped == 0 {
            code.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            rest = &rest[skipped..];
        }
    }
    match code.find("#[cfg(test)]\nmod tests {") {
        Some(at) => code[..at].to_owned(),
        None => code,
    }
}

/// The length of a string that starts here, with its closing quote.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// All paths of a `use` tree.
fn leaves(tree: &str, before: &[String], all: &mut Vec<(Names, String)>) {
    let tree = tree.trim();
    let names =
        |path: &str| path.split("::").map(|n| n.trim().to_owned()).filter(|n| !n.is_empty()).collect::<Vec<_>>();
    if let Some((head, body)) = tree.strip_suffix('}').and_then(|tree| tree.split_once('{')) {
        let head = [before, &names(head)].concat();
        let (mut depth, mut from) = (0, 0);
        for (at, c) in body.char_indices().chain([(body.len(), ',')]) {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    if !body[from..at].trim().is_empty() {
                        leaves(&body[from..at], &head, all);
                    }
                    from = at + 1;
                }
                _ => {}
            }
        }
        return;
    }
    let (path, alias) = tree.split_once(" as ").unwrap_or((tree, ""));
    let mut path = [before, &names(path)].concat();
    if path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    let name = if alias.is_empty() { path.last().cloned().unwrap_or_default() } else { alias.trim().to_owned() };
    all.push((path, name));
}

/// The imports of a module, and the paths that it re-exports, by their names there.
#[derive(Default)]
struct Module {
    imports: BTreeSet<Names>,
    reexports: BTreeMap<String, Names>,
}

/// The path from the root of the crate for a path in the module `here`, or `None` if it belongs to
/// another crate.
fn absolute(path: &[String], here: &[String], children: &BTreeSet<Names>) -> Option<Names> {
    let first = path.first()?;
    match first.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([here, &path[1..]].concat()),
        "super" => {
            let ups = path.iter().take_while(|n| *n == "super").count();
            Some([&here[..here.len().checked_sub(ups)?], &path[ups..]].concat())
        }
        _ => {
            let child = [here, std::slice::from_ref(first)].concat();
            children.contains(&child).then(|| [here, path].concat())
        }
    }
}

/// Every module of the package, without tests.
fn modules(package: &str) -> BTreeMap<Names, Module> {
    let mut files = Vec::new();
    let mut folders = vec![root(package)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs")
                && path.file_stem().is_some_and(|s| s != "tests" && s != "no_cuda")
            {
                files.push(path);
            }
        }
    }
    let name = |path: &PathBuf| {
        let path = path.strip_prefix(root(package)).unwrap().with_extension("");
        let mut names: Names = path.iter().map(|n| n.to_str().unwrap().to_owned()).collect();
        if names.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
            names.pop();
        }
        names
    };
    // A module that its parent declares for tests only is a test.
    let is_test = |path: &PathBuf| {
        let (own, parent) = (name(path), name(path));
        let Some((last, parent)) = own.last().zip(parent.split_last().map(|(_, parent)| parent)) else { return false };
        let beside = files.iter().find(|file| name(file) == parent);
        beside
            .is_some_and(|file| std::fs::read_to_string(file).unwrap().contains(&format!("#[cfg(test)]\nmod {last};")))
    };
    let tests: BTreeSet<PathBuf> = files.iter().filter(|path| is_test(path)).cloned().collect();
    files.retain(|path| !tests.contains(path));
    let all: BTreeSet<Names> = files.iter().map(name).collect();
    let module = |path: &PathBuf| {
        let (here, text) = (name(path), code(&std::fs::read_to_string(path).unwrap()));
        let mut module = Module::default();
        for (at, _) in text.match_indices("use ") {
            let before = text[..at].rsplit('\n').next().unwrap_or_default().trim();
            if !(before.is_empty() || before.starts_with("pub")) {
                continue;
            }
            let mut found = Vec::new();
            leaves(text[at + 4..].split(';').next().unwrap(), &[], &mut found);
            for (path, alias) in found {
                let Some(path) = absolute(&path, &here, &all) else { continue };
                if before.starts_with("pub") {
                    module.reexports.insert(alias, path.clone());
                }
                module.imports.insert(path);
            }
        }
        for start in ["crate::", "super::"] {
            for (at, _) in text.match_indices(start) {
                let end = text[at..]
                    .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
                    .map_or(text.len(), |len| at + len);
                let path: Names = text[at..end].split("::").filter(|n| !n.is_empty()).map(str::to_owned).collect();
                let inside = text[..at].ends_with("::") || text[..at].ends_with('$');
                module.imports.extend((!inside).then(|| absolute(&path, &here, &all)).flatten());
            }
        }
        (here, module)
    };
    files.iter().map(module).collect()
}

/// The module that an item belongs to, through re-exports.
fn owner(path: &[String], modules: &BTreeMap<Names, Module>, depth: u32) -> Names {
    let len = (0..=path.len()).rev().find(|len| modules.contains_key(&path[..*len])).unwrap_or(0);
    let (module, rest) = path.split_at(len);
    match rest.first().and_then(|name| modules[module].reexports.get(name)) {
        Some(further) if depth < 8 && further != path => owner(&[further, &rest[1..]].concat(), modules, depth + 1),
        _ => module.to_vec(),
    }
}

/// The entry of a module in the drawing: the longest name that is a prefix of the module's path.
fn room<'d>(module: &[String], drawing: &'d [(u32, String)]) -> Option<&'d (u32, String)> {
    let path = module.join("/");
    let holds = |room: &str| path == room || path.strip_prefix(room).is_some_and(|rest| rest.starts_with('/'));
    drawing.iter().filter(|(_, room)| holds(room)).max_by_key(|(_, room)| room.len())
}

/// Imports that do not go down, each with its module.
fn arrows_up(modules: &BTreeMap<Names, Module>, drawing: &[(u32, String)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (module, Module { imports, .. }) in modules {
        // The root of the crate re-exports items of all layers for users.
        let Some((floor, from)) = room(module, drawing) else {
            if !module.is_empty() && module != &["cuda"] {
                wrong.push(format!("{} is not in the drawing", module.join("/")));
            }
            continue;
        };
        for path in imports {
            let Some((below, to)) = room(&owner(path, modules, 0), drawing) else { continue };
            if from != to && below >= floor {
                wrong.push(format!("{} (in {from}) uses {} of {to}", module.join("/"), path.join("::")));
            }
        }
    }
    wrong
}

/// Checks the modules of a package against a drawing, which have at least these numbers of modules
/// and of entries.
fn check(package: &str, block: &str, (least_modules, least_entries): (usize, usize)) {
    let (modules, drawing) = (modules(package), drawing(block));
    assert!(
        modules.len() >= least_modules && drawing.len() >= least_entries,
        "{} modules, {} entries in the drawing",
        modules.len(),
        drawing.len()
    );
    for (_, room) in &drawing {
        assert!(
            modules.keys().any(|module| module.join("/").starts_with(room.as_str())),
            "the drawing `{block}` has an entry {room}, but {package}/src has no such module"
        );
    }
    let wrong = arrows_up(&modules, &drawing);
    assert!(wrong.is_empty(), "{} imports do not go down:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn imports_of_the_library_go_down() {
    check("", "layers", (150, 16));
}

#[test]
fn imports_of_the_model_files_go_down() {
    check("model", "layers of model", (20, 12));
}

#[test]
fn imports_of_the_command_go_down() {
    check("cli", "layers of cli", (30, 25));
}

#[test]
fn an_arrow_up_is_found() {
    let text = "use super::below::{A, deep::{self, B as C}};\n// use crate::above::Comment;\nfn f(x: crate::above::X) { \"crate::above::quoted\"; }";
    let all = ["below", "below/deep", "above", "here"].map(|n| n.split('/').map(str::to_owned).collect::<Names>());
    let mut modules: BTreeMap<Names, Module> = all.iter().map(|name| (name.clone(), Module::default())).collect();
    let code = code(text);
    assert!(!code.contains("Comment") && !code.contains("quoted"), "{code}");
    let mut found = Vec::new();
    leaves("super::below::{A, deep::{self, B as C}}", &[], &mut found);
    let children = modules.keys().cloned().collect();
    let here = ["here".to_owned()];
    let paths: Vec<String> =
        found.iter().map(|(path, _)| absolute(path, &here, &children).unwrap().join("::")).collect();
    assert_eq!(paths, ["below::A", "below::deep", "below::deep::B"]);
    assert_eq!(found[2].1, "C");
    let above = Module { imports: BTreeSet::from([vec!["above".to_owned(), "X".into()]]), ..Module::default() };
    modules.insert(here.to_vec(), above);
    let drawing = [(1, "below".to_owned()), (2, "here".into()), (3, "above".into())];
    assert_eq!(arrows_up(&modules, &drawing), ["here (in here) uses above::X of above"]);
}
