//! `overtime inspect`: the contents of a file. It does not unpack an npz. It reads a safetensors
//! file, which also checks its checksums.

use crate::args::InspectArgs;
use crate::console::print;
use crate::exit_code::of_model;
use overtime::states;
use overtime_model::files::{self, Kind};
use std::fmt::Write;

pub(crate) fn command(args: &InspectArgs) -> anyhow::Result<()> {
    let mut text = String::new();
    match files::kind(&args.file).map_err(of_model)? {
        kind @ (Kind::Npz | Kind::Npy) => {
            let entries = overtime_npz::headers(&args.file)?;
            let _ = writeln!(text, "{}, {} arrays", if kind == Kind::Npz { "npz" } else { "npy" }, entries.len());
            for entry in entries {
                line(&mut text, &entry.name, &entry.dtype, &entry.shape);
            }
        }
        Kind::Safetensors => {
            let file = states::read(&args.file)?;
            let ours = file.metadata.contains_key("overtime.format");
            let checked = if ours { ", all checksums right" } else { ", without checksums" };
            let content = file
                .metadata
                .get("overtime.content")
                .map_or(if ours { "state" } else { "safetensors" }, String::as_str);
            let _ = writeln!(text, "{}, {} tensors{checked}", content.escape_debug(), file.tensors.len());
            for (key, value) in &file.metadata {
                let _ = writeln!(text, "  {:<24} {}", key.escape_debug(), value.escape_debug());
            }
            for (name, tensor) in &file.tensors {
                line(&mut text, name, tensor.dtype.name(), &tensor.shape);
            }
        }
    }
    print(&text)
}

fn line(text: &mut String, name: &str, dtype: &str, shape: &[usize]) {
    let axes: Vec<String> = shape.iter().map(ToString::to_string).collect();
    // Names come from the file, and must not contain control characters for the terminal.
    let name = if name.is_empty() { "(the array)".to_owned() } else { name.escape_debug().to_string() };
    let _ = writeln!(text, "  {name:<24} {:<5} [{}]", dtype.escape_debug(), axes.join(", "));
}
