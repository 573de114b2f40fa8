//! The CUDA text of a neuron of equations, which is made from the record of their operations.
//! `kernels/include/neuron.cuh` has the step.

use super::NeuronEquations;
use crate::equations::graph::Leaf;
use crate::equations::trace_text;
use crate::equations::traced::{Traced, record};
use std::fmt::Write;

/// The fields of the parameters that the step itself reads.
const STEP_FIELDS: [&str; 3] = ["v_th", "v_reset", "hold"];

/// A file name and the text of the file.
pub(super) fn kernel<E: NeuronEquations<N, P>, const N: usize, const P: usize>() -> (String, String) {
    let name = identifier(E::NAME);
    let mut text = format!("// Generated from the equations of {name} in Rust: src/models/neurons/frame/kernel.rs.\n");
    text.push_str("#include \"math.cuh\"\n#include \"system.cuh\"\n\n");
    let fields: Vec<String> = (0..P).map(field::<E, N, P>).collect();
    // Writing to a String never fails.
    let _ = writeln!(text, "constexpr int VARS = {N};\nstruct Constants {{\n    acc_t {};\n}};\n", fields.join(", "));
    let leaf = |leaf| match leaf {
        Leaf::State(k) => format!("x[{k}]"),
        Leaf::Param(k) => format!("p.{}", field::<E, N, P>(usize::from(k))),
        _ => "i".to_owned(),
    };
    text.push_str(&derivatives::<E, N, P>(&leaf));
    text.push_str(&input_gain::<E, N, P>(&leaf));
    if E::RESETS {
        text.push_str(&reset::<E, N, P>(&leaf));
    }
    text.push_str("#include \"neuron.cuh\"\n");
    (format!("{name}.cu"), text)
}

/// The ASCII letters, digits and underscores of a name. The first character is a letter.
fn identifier(name: &str) -> String {
    let all: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    if all.starts_with(|c: char| c.is_ascii_alphabetic()) { all } else { format!("p{all}") }
}

/// The name of a parameter in `struct Constants`. Its number makes it differ from other names and from the
/// words of CUDA C.
fn field<E: NeuronEquations<N, P>, const N: usize, const P: usize>(k: usize) -> String {
    let of_step = if E::RESETS { STEP_FIELDS.len() } else { 1 };
    match (STEP_FIELDS.get(..of_step).and_then(|all| all.get(k)), E::PARAMETERS.get(k)) {
        (Some(name), _) => (*name).to_owned(),
        (None, Some(parameter)) => format!("{}_{k}", identifier(&parameter.name)),
        (None, None) => format!("p_{k}"),
    }
}

fn derivatives<E: NeuronEquations<N, P>, const N: usize, const P: usize>(leaf: &dyn Fn(Leaf) -> String) -> String {
    let record = record(|| {
        let (f, s) = E::derivatives(Traced::states(), Traced::leaf(Leaf::Input(0)), &Traced::params().into());
        f.into_iter().chain(s).collect()
    });
    let (lines, results) = trace_text::text(&record, leaf);
    let mut text = "__device__ __forceinline__ void derivatives(const acc_t (&x)[VARS], acc_t i, const Constants& p, \
                    acc_t (&f)[VARS], acc_t (&s)[VARS]) {\n"
        .to_owned();
    text.push_str(&lines);
    for (k, result) in results.iter().enumerate() {
        let (array, at) = if k < N { ("f", k) } else { ("s", k - N) };
        let _ = writeln!(text, "    {array}[{at}] = {result};");
    }
    text + "}\n\n"
}

fn input_gain<E: NeuronEquations<N, P>, const N: usize, const P: usize>(leaf: &dyn Fn(Leaf) -> String) -> String {
    let record = record(|| vec![E::input_gain(&Traced::params().into())]);
    let (lines, results) = trace_text::text(&record, leaf);
    let head = "__device__ __forceinline__ acc_t input_gain(const Constants& p) {\n";
    format!("{head}{lines}    return {};\n}}\n\n", results.concat())
}

/// The changes of the variables beside the potential, which the step resets.
fn reset<E: NeuronEquations<N, P>, const N: usize, const P: usize>(leaf: &dyn Fn(Leaf) -> String) -> String {
    let record = record(|| E::reset(Traced::states::<N>(), &Traced::params().into()).into());
    let (lines, results) = trace_text::text(&record, leaf);
    let mut text = "__device__ __forceinline__ void reset(acc_t (&x)[VARS], const Constants& p) {\n".to_owned();
    text.push_str(&lines);
    let all = results.iter().enumerate().skip(1);
    let changed: Vec<(usize, &String)> = all.filter(|(k, value)| **value != format!("x[{k}]")).collect();
    if let [(k, value)] = *changed {
        let _ = writeln!(text, "    x[{k}] = {value};");
    } else {
        // No value reads a changed variable.
        for (k, value) in &changed {
            let _ = writeln!(text, "    const acc_t x{k} = {value};");
        }
        for (k, _) in &changed {
            let _ = writeln!(text, "    x[{k}] = x{k};");
        }
    }
    text + "}\n\n"
}

#[cfg(test)]
mod tests {
    use crate::models;
    use crate::models::Family;
    use crate::system::program::ProgramBody;
    use std::path::Path;

    /// The files from which the feature `embed-cubin` compiles have the texts that loops compile.
    /// `GENERATED=write` writes the files.
    #[test]
    fn generated_files() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels/generated");
        let is_writing = std::env::var_os("GENERATED").is_some_and(|how| how == "write");
        let mut files = 0;
        for info in models::all().iter().filter(|info| info.family == Family::Neuron) {
            let Ok(group) = models::neurons::<f64>(&info.name, 1) else { continue };
            let Some(ProgramBody::Pointwise(source)) = group.program(0.1).map(|program| program.body) else { continue };
            if !source.text.starts_with("// Generated") {
                continue;
            }
            let path = folder.join(&*source.file);
            if is_writing {
                std::fs::write(&path, &*source.text).unwrap();
            }
            let written = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(
                written == source.text,
                "GENERATED=write cargo test --lib generated_files writes {}",
                path.display()
            );
            files += 1;
        }
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), files, "{} has other files", folder.display());
    }
}
