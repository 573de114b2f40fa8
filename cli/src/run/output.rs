//! The file of results: npz or safetensors.

use super::recorder::{Kept, Recorder};
use super::tensors::{bytes, indices, numbers, whole};
use crate::paths::extension;
use crate::run::element::Element;
use ndarray::{Array0, ArrayView1};
use overtime::states::{self, Tensor};
use overtime_npz::{Stream, Writer};
use std::path::Path;

/// Writes `ts`, `output`, each variable by its name, the numbers of units of bits, and the clock (`t`,
/// `i`). The file is written as a whole or not at all.
pub(crate) fn write<T: Element>(path: &Path, recorder: &Recorder<T>, t: f64, i: u64) -> anyhow::Result<()> {
    if extension(path) == "safetensors" {
        return Ok(states::write(path, &tensors(recorder, t, i)?)?);
    }
    let mut npz = Writer::create(path)?;
    npz.add("ts", ArrayView1::from(&recorder.ts))?;
    T::add_to(&mut npz, "output", recorder.output.view(recorder.batch_major)?)?;
    for (name, kept) in &recorder.vars {
        match kept {
            Kept::Dense(buffer) => T::add_to(&mut npz, name, buffer.view(recorder.batch_major)?)?,
            Kept::Events(events) => {
                npz.add(&format!("{name}_step"), ArrayView1::from(&events.step))?;
                npz.add(&format!("{name}_row"), ArrayView1::from(&indices(&events.row)?))?;
                npz.add(&format!("{name}_unit"), ArrayView1::from(&indices(&events.unit)?))?;
            }
            Kept::Bits(bits) => {
                npz.add(&format!("{name}_bits"), bits.bytes.view(recorder.batch_major)?)?;
            }
        }
    }
    spikes(recorder, |name, numbers| {
        npz.add(name, ArrayView1::from(numbers))?;
        Ok(())
    })?;
    end(npz, recorder, t, i)
}

/// Writes the same bytes from a stream, and removes the stream's folder.
pub(crate) fn pack<T>(path: &Path, mut stream: Stream, recorder: &Recorder<T>, t: f64, i: u64) -> anyhow::Result<()> {
    let mut npz = Writer::create(path)?;
    stream.pack(&mut npz)?;
    end(npz, recorder, t, i)?;
    Ok(stream.remove()?)
}

/// The single numbers: the units of bits, and the time and the index of the clock.
fn end<T>(mut npz: Writer, recorder: &Recorder<T>, t: f64, i: u64) -> anyhow::Result<()> {
    for (name, units) in recorder.units_of_bits() {
        npz.add(&name, Array0::from_elem((), units).view())?;
    }
    npz.add("t", Array0::from_elem((), t).view())?;
    npz.add("i", Array0::from_elem((), i).view())?;
    Ok(npz.finish()?)
}

fn tensors<T: Element>(recorder: &Recorder<T>, t: f64, i: u64) -> anyhow::Result<states::File> {
    let mut file = states::File::default();
    let mut add = |name: &str, tensor: Tensor| file.tensors.push((name.to_owned(), tensor));
    add("ts", numbers(&recorder.ts)?);
    add("output", Tensor::try_from_array(recorder.output.view(recorder.batch_major)?)?);
    for (name, kept) in &recorder.vars {
        match kept {
            Kept::Dense(buffer) => add(name, Tensor::try_from_array(buffer.view(recorder.batch_major)?)?),
            Kept::Events(events) => {
                add(&format!("{name}_step"), whole(&events.step)?);
                add(&format!("{name}_row"), whole(&indices(&events.row)?)?);
                add(&format!("{name}_unit"), whole(&indices(&events.unit)?)?);
            }
            Kept::Bits(bits) => add(&format!("{name}_bits"), bytes(bits.bytes.view(recorder.batch_major)?)?),
        }
    }
    spikes(recorder, |name, numbers| {
        add(name, whole(numbers)?);
        Ok(())
    })?;
    for (name, units) in recorder.units_of_bits() {
        add(&name, Tensor { shape: Vec::new(), ..whole([units])? });
    }
    add("t", Tensor::from_array(Array0::from_elem((), t).view().into_dyn()));
    add("i", Tensor { shape: Vec::new(), ..whole([i])? });
    file.metadata.insert("overtime.content".into(), "result".into());
    Ok(file)
}

/// The spikes of a network's groups, with their names.
fn spikes<T>(recorder: &Recorder<T>, mut with: impl FnMut(&str, &[u64]) -> anyhow::Result<()>) -> anyhow::Result<()> {
    for train in &recorder.trains {
        let Some(kept) = &train.kept else { continue };
        let [unit, step, row] = recorder.spike_names(train);
        if let Some(name) = unit {
            with(&name, &indices(&kept.unit)?)?;
        }
        if let Some(name) = step {
            with(&name, &kept.step)?;
        }
        if let Some(name) = row {
            with(&name, &indices(&kept.row)?)?;
        }
    }
    Ok(())
}
