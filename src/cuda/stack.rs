//! Layers that are small enough to be one kernel: a block takes one row through all of them, each over all steps of the chunk before the
//! next. What a launch costs is then paid once, and not by each layer.
//!
//! Sums are in the CPU's order, whatever is asked for: small ones have nothing to gain from another.

use super::compile::Request;
use super::source::{self, Apart};
use crate::error::{Error, Result};
use crate::scalar::DType;
use std::fmt::Write;

/// Threads of a block.
pub(crate) const THREADS: u32 = 256;

/// The kernel for these parts, in order, each given as what would be compiled for it alone. It takes the address of the parts: for each
/// a job, and its parameters where `places` says.
///
/// # Errors
/// If a part is not one that a block can take a row through.
pub(crate) fn request(dtype: DType, parts: &[Request], places: &[(usize, usize)]) -> Result<Request> {
    let texts: Vec<_> = parts.iter().map(row_loop).collect::<Result<_>>()?;
    let mut models = Vec::new();
    let mut calls = String::new();
    for (n, ((part, row), (job, params))) in parts.iter().zip(&texts).zip(places).enumerate() {
        let (mut opening, mut closing) = (String::new(), "\n}\n".to_owned());
        let mut size = None;
        for (name, value) in part.defines.iter().filter(|(name, _)| name != "JOB_BYTES") {
            // Writing to a String never fails.
            let _ = writeln!(opening, "#define {name} {value}");
            let _ = writeln!(closing, "#undef {name}");
            size = size.or((name == "PARAMS_BYTES").then_some(value));
        }
        let _ = writeln!(opening, "namespace part{n} {{");
        models.push(Apart { opening, files: vec![(part.model.0.as_str(), part.model.1.as_ref()), *row], closing });
        if let Some(size) = size {
            let _ = writeln!(calls, "    static_assert(sizeof(part{n}::Params) == {size}, \"struct Params of {}\");", part.name);
        }
        let _ = writeln!(calls, "    part{n}::run_row(*(const Job*)(parts + {job}), *(const part{n}::Params*)(parts + {params}));");
        // A row's threads read what others of them have written in the part before.
        calls.push_str("    __syncthreads();\n");
    }
    let mut text = source::flatten_apart(&models)?;
    let _ = write!(
        text,
        "#line 1 \"stack.cu\"\nextern \"C\" __global__ void __launch_bounds__({THREADS}, 1) stack_scan(const char* parts) {{\n{calls}}}\n"
    );
    let mut request = Request { name: "stack".into(), dtype, model: ("stack.cu".into(), text.into()), loops: &[], defines: Vec::new() };
    request.defines.extend(parts.first().and_then(|p| p.defines.iter().find(|(name, _)| name == "JOB_BYTES")).cloned());
    Ok(request)
}

/// The loop over one row that stands for the loop over all.
fn row_loop(part: &Request) -> Result<(&'static str, &'static str)> {
    let name = match part.loops.first().copied() {
        Some("map.cu") => "row_map.cuh",
        Some("pointwise_scan.cu") => "row_units.cuh",
        Some("cell_scan.cu") => "row_cell.cuh",
        other => return Err(Error::Unsupported(format!("{} ({other:?}) as a part of a stack", part.name))),
    };
    let text = source::file(&format!("include/{name}")).ok_or_else(|| Error::unknown("include", name, source::names("include/")))?;
    Ok((name, text))
}
