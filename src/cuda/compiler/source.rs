//! The text of all kernels, and a function that joins files into one text.
//!
//! Files include only `"name.cuh"` of `kernels/include`, so that NVRTC needs no include path. The
//! text of each included file is inserted once, and `#line` directives make the compiler's errors
//! name the original file and line.

use crate::error::{Error, Result};

macro_rules! texts {
    ($($path:literal),* $(,)?) => { &[$(($path, include_str!(concat!("../../../kernels/", $path)))),*] };
}

/// Every file of `kernels/`, by its path in that folder.
const FILES: &[(&str, &str)] = texts![
    "connectivity/connect.cu",
    "generated/AdExIF.cu",
    "generated/AdQuaIF.cu",
    "generated/ExpIF.cu",
    "generated/FitzHughNagumo.cu",
    "generated/HindmarshRose.cu",
    "generated/Izhikevich.cu",
    "generated/MorrisLecar.cu",
    "generated/QuaIF.cu",
    "generated/WangBuzsaki.cu",
    "include/activation.cuh",
    "include/cell.cuh",
    "include/cell_row.cuh",
    "include/channel.cuh",
    "include/connect.cuh",
    "include/connect_args.cuh",
    "include/contract.cuh",
    "include/crossing.cuh",
    "include/deliver.cuh",
    "include/exp.cuh",
    "include/gemm_args.cuh",
    "include/hidden_exchange.cuh",
    "include/hodgkin_huxley.cuh",
    "include/kinetics.cuh",
    "include/launch_args.cuh",
    "include/math.cuh",
    "include/monitor.cuh",
    "include/network_args.cuh",
    "include/neuron.cuh",
    "include/neurons.cuh",
    "include/operand.cuh",
    "include/philox.cuh",
    "include/plasticity.cuh",
    "include/pointwise.cuh",
    "include/procedural.cuh",
    "include/product.cuh",
    "include/recurrent.cuh",
    "include/release_models.cuh",
    "include/row_cell.cuh",
    "include/row_map.cuh",
    "include/row_units.cuh",
    "include/scalar.cuh",
    "include/sum_ring.cuh",
    "include/system.cuh",
    "include/tile.cuh",
    "include/tile_fma.cuh",
    "include/tile_mma.cuh",
    "include/tile_steps.cuh",
    "include/white_noise.cuh",
    "loops/cell_scan.cu",
    "loops/cell_step.cu",
    "loops/check.cu",
    "loops/cursor.cu",
    "loops/map.cu",
    "loops/pointwise_scan.cu",
    "loops/pointwise_step.cu",
    "loops/tile_gates.cu",
    "loops/tile_pack.cu",
    "loops/tile_scan.cu",
    "loops/tile_step.cu",
    "matmul/hopper.cu",
    "matmul/mma.cu",
    "matmul/reduce.cu",
    "matmul/simt.cu",
    "models/activation.cu",
    "models/cond_neu_group.cu",
    "models/conv2d.cu",
    "models/dense.cu",
    "models/gru_cell.cu",
    "models/gru_cell_brainpy.cu",
    "models/hh.cu",
    "models/input_group.cu",
    "models/lif.cu",
    "models/lstm_cell.cu",
    "models/poisson_group.cu",
    "models/rnn_cell.cu",
    "models/softmax.cu",
    "models/spike_time_group.cu",
    "models/traub_miles.cu",
];

/// Returns the text of a file of `kernels/`, by its path in that folder.
pub(crate) fn file(path: &str) -> Option<&'static str> {
    find(FILES, path)
}

/// Returns the names of the files in a folder of `kernels/`. `folder` ends with `/`.
pub(crate) fn names(folder: &str) -> Vec<&'static str> {
    FILES.iter().filter_map(|(path, _)| path.strip_prefix(folder)).collect()
}

fn find(files: &[(&str, &'static str)], path: &str) -> Option<&'static str> {
    files.iter().find(|(name, _)| *name == path).map(|(_, text)| *text)
}

/// Joins several files, each given as name and text, with everything that they include.
///
/// # Errors
/// If an include is not in `kernels/include`; the error names file and line.
pub(crate) fn flatten(parts: &[(&str, &str)]) -> Result<String> {
    flatten_with(FILES, parts)
}

fn flatten_with(files: &[(&str, &'static str)], parts: &[(&str, &str)]) -> Result<String> {
    let mut flat = Flat { files, text: String::new(), included: Vec::new() };
    for (name, text) in parts {
        flat.add(name, text)?;
    }
    Ok(flat.text)
}

/// Includes whose text does not depend on the model that includes them.
const COMMON: &[&str] =
    &["scalar.cuh", "launch_args.cuh", "exp.cuh", "math.cuh", "philox.cuh", "activation.cuh", "crossing.cuh"];

/// One of several models in a joined text: its files, as name and text, between `opening` and
/// `closing`, which put them into a namespace.
pub(crate) struct NamespacedSource<'a> {
    pub(crate) opening: String,
    pub(crate) files: Vec<(&'a str, &'a str)>,
    pub(crate) closing: String,
}

/// Joins several models into one text. The includes in `COMMON` and in `more` appear once, before
/// the first model. All other includes depend on the model or on defines, and appear once for each
/// model.
///
/// # Errors
/// As [`flatten`].
pub(crate) fn flatten_apart(more: &[&str], models: &[NamespacedSource<'_>]) -> Result<String> {
    let mut flat = Flat { files: FILES, text: String::new(), included: Vec::new() };
    let common = || COMMON.iter().chain(more);
    for name in common() {
        flat.add("common", &format!("#include \"{name}\"\n"))?;
    }
    for model in models {
        flat.included = common().map(|name| (*name).to_owned()).collect();
        flat.text.push_str(&model.opening);
        for (name, text) in &model.files {
            flat.add(name, text)?;
        }
        flat.text.push_str(&model.closing);
    }
    Ok(flat.text)
}

struct Flat<'a> {
    files: &'a [(&'a str, &'static str)],
    text: String,
    included: Vec<String>,
}

impl Flat<'_> {
    fn add(&mut self, name: &str, text: &str) -> Result<()> {
        self.at(1, name);
        let mut in_comment = false;
        for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
            let was_in_comment = in_comment;
            let code = without_comments(line, &mut in_comment);
            let Some(operand) = include(&code) else {
                self.text.push_str(line);
                self.text.push('\n');
                continue;
            };
            let error = |reason: String| Error::Source { file: name.to_owned(), line: number, reason };
            let wanted = quoted(operand).ok_or_else(|| {
                error(format!("`#include {operand}`: only \"NAME\" of a file in kernels/include can be included"))
            })?;
            if !self.included.iter().any(|i| i == wanted) {
                let Some(found) = find(self.files, &format!("include/{wanted}")) else {
                    let known: Vec<_> =
                        self.files.iter().filter_map(|(path, _)| path.strip_prefix("include/")).collect();
                    return Err(error(format!("no include named \"{wanted}\"; there is: {}", known.join(", "))));
                };
                self.included.push(wanted.to_owned());
                if was_in_comment {
                    self.text.push_str("*/\n");
                }
                self.add(wanted, found)?;
            } else if was_in_comment {
                self.text.push_str("*/\n");
            }
            // The line of the include remains, empty unless a comment begins on it.
            self.at(number, name);
            self.text.push_str(if in_comment { "/*\n" } else { "\n" });
        }
        Ok(())
    }

    /// Writes a `#line` directive for the line that follows.
    fn at(&mut self, line: usize, name: &str) {
        let name = name.replace('\\', "\\\\").replace('"', "\\\"").replace(char::is_control, "?");
        self.text.push_str(&format!("#line {line} \"{name}\"\n"));
    }
}

/// Returns the text after `#include` if the line is an include. The name can have any form; the
/// caller checks it.
fn include(code: &str) -> Option<&str> {
    let rest = code.trim_start().strip_prefix('#')?.trim_start().strip_prefix("include")?;
    let is_word = rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    (!is_word).then(|| rest.trim())
}

fn quoted(operand: &str) -> Option<&str> {
    operand.strip_prefix('"')?.strip_suffix('"').filter(|name| !name.contains('"'))
}

/// Returns the line with each comment replaced by a space. `in_comment` says whether the line
/// begins inside a block comment, and is updated for the next line.
fn without_comments(line: &str, in_comment: &mut bool) -> String {
    let mut code = String::new();
    let mut rest = line;
    loop {
        if *in_comment {
            let Some((_, after)) = rest.split_once("*/") else { return code };
            *in_comment = false;
            code.push(' ');
            rest = after;
        }
        let mut quote = None;
        let mut escaped = false;
        let mut before = ' ';
        let mut comment = None;
        for (at, c) in rest.char_indices() {
            match quote {
                Some(_) if escaped => escaped = false,
                Some(_) if c == '\\' => escaped = true,
                Some(q) if c == q => quote = None,
                Some(_) => {}
                None if c == '"' => quote = Some(c),
                // 1'000 is a number, and not the start of a character literal.
                None if c == '\'' && !before.is_alphanumeric() => quote = Some(c),
                None if before == '/' && (c == '/' || c == '*') => {
                    comment = Some((at, c));
                    break;
                }
                None => {}
            }
            before = c;
        }
        match comment {
            None => {
                code.push_str(rest);
                return code;
            }
            // `at` is the index of the second character of the comment's start, one byte after the
            // first: neither slice cuts a character in two.
            Some((at, c)) => {
                code.push_str(rest.get(..at - 1).unwrap_or_default());
                if c == '/' {
                    return code;
                }
                *in_comment = true;
                rest = rest.get(at + 1..).unwrap_or_default();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOYS: &[(&str, &str)] = &[
        ("include/a.cuh", "#pragma once\n#include \"b.cuh\"\nint a;\n"),
        ("include/b.cuh", "int b;"),
        ("loops/l.cu", "#include \"a.cuh\"\nint l;\n"),
    ];

    #[test]
    fn the_list_is_what_the_folder_holds() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels");
        let mut found = Vec::new();
        for folder in ["connectivity", "generated", "include", "loops", "matmul", "models"] {
            for entry in std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten() {
                found.push(format!("{folder}/{}", entry.file_name().to_string_lossy()));
            }
        }
        found.sort();
        let listed: Vec<_> = FILES.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(listed, found, "the list in src/cuda/compiler/source.rs must be the files of kernels/, sorted");
    }

    #[test]
    fn all_our_files_can_be_flattened() {
        for (path, text) in FILES {
            flatten(&[(path, text)]).unwrap();
        }
    }

    #[test]
    fn each_include_comes_once_where_it_was_first_asked_for() {
        let user = "// mine\n#include \"b.cuh\"\nint u;\n  #  include \"a.cuh\" // again\nint v;";
        let flat =
            flatten_with(TOYS, &[("my \"x\\y\".cu", user), ("l.cu", find(TOYS, "loops/l.cu").unwrap())]).unwrap();
        let expected = r#"#line 1 "my \"x\\y\".cu"
// mine
#line 1 "b.cuh"
int b;
#line 2 "my \"x\\y\".cu"

int u;
#line 1 "a.cuh"
#pragma once
#line 2 "a.cuh"

int a;
#line 4 "my \"x\\y\".cu"

int v;
#line 1 "l.cu"
#line 1 "l.cu"

int l;
"#;
        assert_eq!(flat, expected);
    }

    #[test]
    fn what_is_commented_out_or_in_a_text_is_no_include() {
        let user = "/* #include \"no.cuh\"\n#include \"no.cuh\"\n*/ int a; // #include \"no.cuh\" /*\nchar q = '\"'; const char* s = \"/*\";\n\
                    const char* t = \"\\\"/*\"; int k = 1'000; // '\n#includes\n#include \"b.cuh\"\n";
        let flat = flatten_with(TOYS, &[("u.cu", user)]).unwrap();
        assert!(flat.contains("int b;") && flat.contains("#includes\n") && flat.contains("*/ int a;"), "{flat}");
    }

    #[test]
    fn comments_around_an_include_stay_whole() {
        let user =
            "/* begins\nends */ #include \"b.cuh\" /* and\nanother */ int u;\n/*\n*/ #include \"b.cuh\"\nint v;\n";
        let flat = flatten_with(TOYS, &[("u.cu", user)]).unwrap();
        let expected = "#line 1 \"u.cu\"\n/* begins\n*/\n#line 1 \"b.cuh\"\nint b;\n#line 2 \"u.cu\"\n/*\nanother */ int u;\n/*\n*/\n\
                        #line 5 \"u.cu\"\n\nint v;\n";
        assert_eq!(flat, expected);
    }

    #[test]
    fn what_cannot_be_included_is_an_error_with_its_place() {
        let error = |text: &str| flatten_with(TOYS, &[("mine.cu", text)]).unwrap_err().to_string();
        assert_eq!(
            error("int a;\r\n\r\n#include \"c.cuh\"\r\n"),
            "mine.cu:3: no include named \"c.cuh\"; there is: a.cuh, b.cuh"
        );
        for bad in ["<cuda_fp16.h>", "NAME", "", "\"a.cuh", "\"a\" \"b\"", "\"../include/a.cuh\"", "\"loops/l.cu\""] {
            let said = error(&format!("\u{feff}#include \"a.cuh\"\n#include {bad}\n"));
            assert!(said.starts_with("mine.cu:2: ") && said.contains(bad.trim_matches('"')), "{said}");
        }
    }
}
