//! The generated headers: their texts from the declarations in Rust, and the comparison with the
//! files.

use super::gemm::GemmArgs;
use super::launch_args::{ClockArgs, LIMITS, LaunchArgs, MODES, Port, Probe};
use super::network::{GroupArgs, PlasticProjection, PoissonArgs, PostProjection, PreProjection, ReceptorArgs};
use crate::connectivity::device::{ConnectArgs, DrawArgs, OWN_SHIFTS, RULES};
use crate::connectivity::rng_streams::PURPOSES;
use crate::cuda::compiler::{compile, nvrtc, source};
use crate::cuda::network::PIECES;
use crate::device::device_struct::{Constant, Struct};
use crate::error::Error;
use crate::init::distribution::DISTRIBUTIONS;
use crate::network::plan::RECEPTOR_BITS;
use crate::network::plan::release::RELEASE_MODELS;
use crate::network::plan::rule::PLASTICITY;
use crate::numeric::scalar::DType;
use std::fmt::Write;
use std::path::Path;

/// A generated header.
struct Header {
    /// The file in `kernels/include`.
    file: &'static str,
    /// The file with the declarations.
    from: &'static str,
    about: &'static str,
    include: &'static str,
    items: Vec<Item>,
}

enum Item {
    Text(&'static str),
    Struct(&'static Struct),
    /// A `#define` for each constant.
    Defines(&'static str, &'static [Constant]),
    /// An enumeration of this name and type.
    Enum(&'static str, &'static str, &'static str, &'static [Constant]),
}

fn headers() -> [Header; 4] {
    [
        Header {
            file: "launch_args.cuh",
            from: "src/cuda/structs/launch_args.rs",
            about: "The arguments of a launch.",
            include: "scalar.cuh",
            items: vec![
                Item::Defines("The most elements of the arrays below.", LIMITS),
                Item::Defines("The forms of a recording, PROBE_MODES.", MODES),
                Item::Struct(&ClockArgs::STRUCT),
                Item::Struct(&Port::STRUCT),
                Item::Struct(&Probe::STRUCT),
                Item::Struct(&LaunchArgs::STRUCT),
            ],
        },
        Header {
            file: "network_args.cuh",
            from: "src/cuda/structs/network.rs",
            about: "The tables that the loops of a network's groups read.",
            include: "launch_args.cuh",
            items: vec![
                Item::Text(
                    "typedef unsigned short u16;\ntypedef long long i64;\n\n\
                     // A number in the type of arithmetic, in 8 bytes for every type.\n\
                     struct alignas(8) Value {\n    acc_t value;\n};\n",
                ),
                Item::Defines(
                    "The kinds of a receptor, RECEPTORS: a sum of bits, or DELTA + a variable.",
                    RECEPTOR_BITS,
                ),
                Item::Defines("Presynaptic release models.", RELEASE_MODELS),
                Item::Defines("Rules of plasticity.", PLASTICITY),
                Item::Defines("Long synapse rows.", PIECES),
                Item::Struct(&GroupArgs::STRUCT),
                Item::Struct(&ReceptorArgs::STRUCT),
                Item::Struct(&PostProjection::STRUCT),
                Item::Struct(&PreProjection::STRUCT),
                Item::Struct(&PlasticProjection::STRUCT),
                Item::Struct(&PoissonArgs::STRUCT),
            ],
        },
        Header {
            file: "gemm_args.cuh",
            from: "src/cuda/structs/gemm.rs",
            about: "The arguments of a matrix product.",
            include: "scalar.cuh",
            items: vec![Item::Struct(&GemmArgs::STRUCT)],
        },
        Header {
            file: "connect_args.cuh",
            from: "src/connectivity/device.rs",
            about: "The arguments of the passes that generate a projection's synapses.",
            include: "scalar.cuh",
            items: vec![
                Item::Struct(&DrawArgs::STRUCT),
                Item::Struct(&ConnectArgs::STRUCT),
                Item::Text("namespace connect {\n"),
                Item::Enum("Connectivity rules.", "Rule", "u32", RULES),
                Item::Enum("Distributions of weights and delays.", "Distribution", "u32", DISTRIBUTIONS),
                Item::Enum("A value of `own_shift`.", "OwnShift", "long long", OWN_SHIFTS),
                Item::Enum(
                    "Purposes of random words: the top byte of a random stream's step.",
                    "Purpose",
                    "u64",
                    PURPOSES,
                ),
                Item::Text("}  // namespace connect\n"),
            ],
        },
    ]
}

/// The lines of documentation as comments.
fn comments(docs: &[&str], indent: &str) -> String {
    docs.iter().map(|line| format!("{indent}//{line}\n")).collect()
}

/// The C type of a field of this Rust type, and its dimension: `[u64; 4]` with the literal `int*`
/// is `int*` and `[4]`.
fn c_type(rust: &str, literal: Option<&'static str>) -> (String, String) {
    let (element, dimension) = match rust.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')?.rsplit_once("; ")) {
        Some((element, len)) => (element, format!("[{len}]")),
        None => (rust, String::new()),
    };
    let element = literal.unwrap_or(match element {
        "i64" => "long long",
        "f64" => "double",
        other => other,
    });
    (element.to_owned(), dimension)
}

/// The maximum number of columns of a line of a header.
const COLUMNS: usize = 120;

fn of_struct(Struct { name, docs, bytes, fields }: &Struct) -> String {
    let mut text = comments(docs, "") + &format!("struct {name} {{\n");
    let declarations: Vec<String> = (fields.iter())
        .map(|field| {
            let (element, dimension) = c_type(field.rust, field.c);
            format!("    {element} {}{dimension};", field.name)
        })
        .collect();
    let width = declarations.iter().map(String::len).max().unwrap_or(0) + 2;
    for (field, declaration) in fields.iter().zip(declarations) {
        match field.docs {
            [] => text += &format!("{declaration}\n"),
            [doc] if width + 2 + doc.len() <= COLUMNS => text += &format!("{declaration:width$}//{doc}\n"),
            docs => text += &format!("{}{declaration}\n", comments(docs, "    ")),
        }
    }
    text + &format!("}};\nstatic_assert(sizeof({name}) == {bytes}, \"{name} has another size in Rust\");\n")
}

fn of_item(item: &Item) -> String {
    match item {
        Item::Text(text) => (*text).to_owned(),
        Item::Struct(declaration) => of_struct(declaration),
        Item::Defines(about, constants) => {
            let lines = constants
                .iter()
                .map(|c| (format!("#define {} {}", c.name, c.value), c.docs.concat()))
                .collect::<Vec<_>>();
            format!("// {about}\n{}", aligned(&lines))
        }
        Item::Enum(about, name, base, constants) => {
            let value = |c: &Constant| match *base {
                "u32" => c.value.to_string(),
                base => format!("({base}){:#x}ull", c.value),
            };
            let lines = constants
                .iter()
                .map(|c| (format!("    {} = {},", c.name, value(c)), c.docs.concat()))
                .collect::<Vec<_>>();
            format!("// {about}\nenum {name} : {base} {{\n{}}};\n", aligned(&lines))
        }
    }
}

/// Returns the lines, each with its comment after it.
fn aligned(lines: &[(String, String)]) -> String {
    let width = lines.iter().map(|(line, _)| line.len()).max().unwrap_or(0) + 2;
    let line = |(line, doc): &(String, String)| {
        if doc.is_empty() { format!("{line}\n") } else { format!("{line:width$}//{doc}\n") }
    };
    lines.iter().map(line).collect()
}

impl Header {
    fn text(&self) -> String {
        let Self { from, about, include, items, .. } = self;
        let mut text = format!(
            "// Generated from {from} by `STRUCTS=write cargo test --lib headers`.\n// {about}\n#pragma once\n#include \"{include}\"\n"
        );
        for item in items {
            // Writing to a String never fails.
            let _ = write!(text, "\n{}", of_item(item));
        }
        text
    }

    /// The first line that differs from this file's text.
    fn difference(&self, file: &str) -> Option<String> {
        let text = self.text();
        let lines = text.lines().count().max(file.lines().count());
        let line =
            (0..lines).find(|n| text.lines().nth(*n) != file.lines().nth(*n)).or((text != file).then_some(lines))?;
        let [declared, found] = [&text, file].map(|text| text.lines().nth(line).unwrap_or("nothing").trim());
        Some(format!(
            "kernels/include/{}:{}: `{found}`, but {} declares `{declared}`; `STRUCTS=write cargo test --lib headers` writes the file",
            self.file,
            line + 1,
            self.from
        ))
    }

    fn structs(&self) -> impl Iterator<Item = &'static Struct> {
        self.items
            .iter()
            .filter_map(|item| if let Item::Struct(declaration) = item { Some(*declaration) } else { None })
    }
}

/// Returns the header's text with two adjacent fields of equal size exchanged, and the second of
/// the fields, for each such pair.
fn swaps(header: &Header) -> Vec<(String, &'static str, &'static str)> {
    let text = header.text();
    let declares = |line: &str, name: &str| {
        let code = line.split("//").next().unwrap_or_default();
        code.starts_with("    ") && code.split([' ', ';', '[']).any(|word| word == name)
    };
    let mut all = Vec::new();
    for declaration in header.structs() {
        let begin = text.lines().position(|line| line == format!("struct {} {{", declaration.name)).unwrap();
        let line_of = |name: &str| begin + text.lines().skip(begin).position(|line| declares(line, name)).unwrap();
        for pair in declaration.fields.windows(2).filter(|pair| pair[0].bytes == pair[1].bytes) {
            let mut lines: Vec<&str> = text.lines().collect();
            lines.swap(line_of(pair[0].name), line_of(pair[1].name));
            all.push((lines.join("\n") + "\n", declaration.name, pair[1].name));
        }
    }
    all
}

#[test]
fn headers_are_generated_from_the_declarations() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels/include");
    let mut differences = Vec::new();
    for header in headers() {
        let path = folder.join(header.file);
        if std::env::var("STRUCTS").is_ok_and(|value| value == "write") {
            std::fs::write(&path, header.text()).unwrap();
        }
        differences.extend(header.difference(&std::fs::read_to_string(path).unwrap_or_default()));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn an_exchange_of_two_fields_in_a_header_is_found() {
    let mut found = 0;
    for header in headers() {
        for (text, name, field) in swaps(&header) {
            let difference =
                header.difference(&text).unwrap_or_else(|| panic!("{name}::{field}: no difference is found"));
            assert!(difference.starts_with(&format!("kernels/include/{}:", header.file)), "{difference}");
            assert!(difference.contains(header.from), "{difference}");
            found += 1;
        }
        assert_eq!(header.difference(&header.text()), None);
        assert!(header.difference("").is_some() && header.difference(header.text().trim_end()).is_some());
    }
    assert!(found > 100, "{found} exchanges");
}

#[test]
fn c_types_have_the_size_of_their_rust_types() {
    for declaration in headers().iter().flat_map(Header::structs) {
        for field in declaration.fields {
            let (element, _) = c_type(field.rust, field.c);
            let is_address = field.rust == "u64" || field.rust.starts_with("[u64; ");
            assert!(
                field.c.is_none_or(|c| c.ends_with('*') && is_address),
                "{}::{}: {element}",
                declaration.name,
                field.name
            );
        }
    }
}

/// Assertions in C that each field has the offset and the size that it has in Rust.
fn assertions(header: &Header) -> String {
    let mut text = String::new();
    for Struct { name, fields, .. } in header.structs() {
        for field in *fields {
            let (of, at, bytes) = (field.name, field.at, field.bytes);
            // `__INTADDR__` is the name of `offsetof` without a header. Writing to a String never
            // fails.
            let _ = writeln!(
                text,
                "static_assert(__INTADDR__(&((({name}*)0)->{of})) == {at} && sizeof((({name}*)0)->{of}) == {bytes}, \"{name}::{of}\");"
            );
        }
    }
    text
}

#[test]
fn the_compiler_gives_fields_the_offsets_that_they_have_in_rust() {
    let Ok(found) = nvrtc::probe(None).0 else {
        assert!(std::env::var_os("REQUIRE_CUDA").is_none(), "no NVRTC");
        return eprintln!("not tested: there is no NVRTC");
    };
    let nvrtc = compile::open(found.first()).unwrap();
    for dtype in [DType::F64, DType::F32, DType::F16, DType::Bf16] {
        for header in headers() {
            let mut request = compile::Request {
                name: header.file.to_owned(),
                dtype,
                model: (header.file.to_owned(), source::file(&format!("include/{}", header.file)).unwrap().into()),
                loops: &[],
                defines: Vec::new(),
            };
            let options = compile::options(&request, "compute_90");
            let mut compiled = |text: &str| {
                request.model.1 = (text.to_owned() + &assertions(&header)).into();
                compile::make(&nvrtc, &request, "compute_90", &compile::flat(&request).unwrap(), &options)
            };
            compiled(&header.text()).unwrap();
            // The first exchange in each struct is an error of the compiler, too.
            for declaration in header.structs() {
                let Some((text, name, field)) =
                    swaps(&header).into_iter().find(|(_, name, _)| *name == declaration.name)
                else {
                    continue;
                };
                let Err(Error::Compile { log, .. }) = compiled(&text) else {
                    panic!("{name}::{field} has another place, and no error")
                };
                assert!(log.contains(&format!("{name}::{field}")), "{log}");
            }
        }
    }
}
