//! Results as text: a line for each step, or for each spike.

use super::recorder::{Buffer, Kept, Recorder};
use crate::run::element::Element;
use overtime::DType;
use overtime_atomic::AtomicFile;
use overtime_model::out_vars::OutVar;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Writes the times and the recorded variables, a column for each unit: `ts,V[0],V[1]`. In a batch
/// the columns are `V[row,unit]`. Without variables the columns are those of the output.
pub(crate) fn traces<T: Element>(path: &Path, recorder: &Recorder<T>, wanted: &[OutVar]) -> anyhow::Result<()> {
    let mut columns: Vec<(&str, &Buffer<T>, Option<&OutVar>)> = Vec::new();
    for (name, kept) in &recorder.vars {
        if let Kept::Dense(buffer) = kept {
            columns.push((name, buffer, wanted.iter().find(|want| want.name == *name)));
        }
    }
    if columns.is_empty() {
        columns.push(("output", &recorder.output, None));
    }
    write(path, |file| {
        write!(file, "ts")?;
        for (name, buffer, want) in &columns {
            let rows = if recorder.batched { buffer.shape.iter().flatten().next().copied().unwrap_or(1) } else { 1 };
            let width = width(buffer) / rows.max(1);
            let first = want.map_or(0, |want| want.first);
            let units: Vec<usize> = match want.and_then(|want| want.units.as_ref()) {
                Some(ranges) => ranges.iter().cloned().flatten().map(|unit| unit - first).collect(),
                None => (0..width).collect(),
            };
            for row in 0..rows {
                for unit in &units {
                    let column =
                        if recorder.batched { format!("{name}[{row},{unit}]") } else { format!("{name}[{unit}]") };
                    write!(file, ",{}", field(&column))?;
                }
            }
        }
        writeln!(file)?;
        for (step, t) in recorder.ts.iter().enumerate() {
            write!(file, "{t:?}")?;
            for (_, buffer, _) in &columns {
                let width = width(buffer);
                for x in buffer.values.iter().skip(step * width).take(width) {
                    // These digits distinguish the number from its neighbours in its own type.
                    match T::DTYPE {
                        DType::F64 => write!(file, ",{:?}", x.to_f64())?,
                        _ => write!(file, ",{:?}", x.to_f64() as f32)?,
                    }
                }
            }
            writeln!(file)?;
        }
        Ok(())
    })
}

/// The number of values of a step.
fn width<T>(buffer: &Buffer<T>) -> usize {
    buffer.shape.iter().flatten().product()
}

/// Writes spikes, a line for each, from its time, group, batch row and neuron. Without `groups` or
/// a batch these columns are absent.
pub(crate) fn spikes(
    path: &Path,
    groups: Option<&[String]>,
    batched: bool,
    lines: impl Iterator<Item = (f64, u64, u64, u64)>,
) -> anyhow::Result<()> {
    let names: Vec<String> = groups.unwrap_or_default().iter().map(|name| field(name)).collect();
    write(path, |file| {
        let (group, row) = (if groups.is_some() { ",group" } else { "" }, if batched { ",row" } else { "" });
        writeln!(file, "time_ms{group}{row},neuron")?;
        for (time, group, row, neuron) in lines {
            write!(file, "{time:?}")?;
            if let Some(name) = names.get(group as usize) {
                write!(file, ",{name}")?;
            }
            if batched {
                write!(file, ",{row}")?;
            }
            writeln!(file, ",{neuron}")?;
        }
        Ok(())
    })
}

/// Writes a file as a whole, or not at all.
fn write(path: &Path, content: impl FnOnce(&mut BufWriter<AtomicFile>) -> std::io::Result<()>) -> anyhow::Result<()> {
    let mut file = BufWriter::new(AtomicFile::create(path)?);
    let written = content(&mut file).and_then(|()| file.flush());
    let file = file.into_parts().0;
    written.map_err(|e| file.fail("write", e))?;
    Ok(file.commit()?)
}

/// A name as a field: in quotes if it has a comma or a quote.
fn field(name: &str) -> String {
    if name.contains([',', '"']) { format!("\"{}\"", name.replace('"', "\"\"")) } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn fields_with_commas_are_quoted() {
        assert_eq!(field("V[0]"), "V[0]");
        assert_eq!(field("V[0,1]"), "\"V[0,1]\"");
        assert_eq!(field("a\"b"), "\"a\"\"b\"");
    }
}
