//! Results as a file: npz, or safetensors.

use super::recorder::{Kept, Recorder};
use super::spec::extension;
use super::trains::Train;
use crate::model::Build;
use ndarray::{Array0, ArrayD, ArrayView1, ArrayViewD};
use overtime::states::{self, Tensor, Type};
use overtime_npz::{Stream, Writer};
use std::path::Path;

/// Writes `ts`, `output`, each variable by its name, and where the clock stands (`t`, `i`), whole or not at all.
pub(crate) fn write<T: Build>(path: &Path, recorder: &Recorder<T>, t: f64, i: u64) -> anyhow::Result<()> {
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
                npz.add(&format!("{name}_row"), ArrayView1::from(&indices(&events.row)))?;
                npz.add(&format!("{name}_unit"), ArrayView1::from(&indices(&events.unit)))?;
            }
        }
    }
    for (name, numbers) in spikes(recorder) {
        npz.add(&name, ArrayView1::from(&numbers))?;
    }
    end(npz, t, i)
}

/// The same, byte for byte, of what was streamed; the stream's folder is gone then.
pub(crate) fn pack(path: &Path, mut stream: Stream, t: f64, i: u64) -> anyhow::Result<()> {
    let mut npz = Writer::create(path)?;
    stream.pack(&mut npz)?;
    end(npz, t, i)?;
    Ok(stream.remove()?)
}

/// Where the clock stands.
fn end(mut npz: Writer, t: f64, i: u64) -> anyhow::Result<()> {
    npz.add("t", Array0::from_elem((), t).view())?;
    npz.add("i", Array0::from_elem((), i).view())?;
    Ok(npz.finish()?)
}

fn tensors<T: Build>(recorder: &Recorder<T>, t: f64, i: u64) -> anyhow::Result<states::File> {
    let mut file = states::File::default();
    let mut add = |name: &str, tensor: Tensor| file.tensors.push((name.to_owned(), tensor));
    add("ts", numbers(&recorder.ts)?);
    add("output", Tensor::from_array(recorder.output.view(recorder.batch_major)?));
    for (name, kept) in &recorder.vars {
        match kept {
            Kept::Dense(buffer) => add(name, Tensor::from_array(buffer.view(recorder.batch_major)?)),
            Kept::Events(events) => {
                add(&format!("{name}_step"), whole(&events.step));
                add(&format!("{name}_row"), whole(&indices(&events.row)));
                add(&format!("{name}_unit"), whole(&indices(&events.unit)));
            }
        }
    }
    for (name, numbers) in spikes(recorder) {
        add(&name, whole(&numbers));
    }
    add("t", Tensor::from_array(Array0::from_elem((), t).view().into_dyn()));
    add("i", Tensor { shape: Vec::new(), ..whole(&[i]) });
    file.metadata.insert("overtime.content".into(), "result".into());
    Ok(file)
}

/// The spikes of a network's groups, with their names.
fn spikes<T>(recorder: &Recorder<T>) -> Vec<(String, Vec<u64>)> {
    let mut all = Vec::new();
    for train in &recorder.trains {
        let Some(kept) = &train.kept else { continue };
        let [unit, step, row] = names(recorder, train);
        all.extend(unit.map(|name| (name, indices(&kept.unit))));
        all.extend(step.map(|name| (name, kept.step.clone())));
        all.extend(row.map(|name| (name, indices(&kept.row))));
    }
    all
}

/// What a group's spikes are called, named by group where there are several: `spike_i`, `spike_step`, and `spike_row` in a batch.
pub(crate) fn names<T>(recorder: &Recorder<T>, train: &Train) -> [Option<String>; 3] {
    let several = recorder.trains.len() > 1;
    let name = |what: &str| Some(if several { format!("{}.{what}", train.group) } else { what.to_owned() });
    // Asked for as events too, these have the same names.
    let is_spike = |(name, kept): &(String, Kept<T>)| matches!(kept, Kept::Events(_)) && *name == format!("{}.spike", train.group);
    let twice = several && recorder.vars.iter().any(is_spike);
    [name("spike_i"), name("spike_step").filter(|_| !twice), name("spike_row").filter(|_| !twice && recorder.batched)]
}

pub(crate) fn indices(all: &[usize]) -> Vec<u64> {
    all.iter().map(|x| *x as u64).collect()
}

/// Numbers in one axis.
pub(crate) fn numbers(all: &[f64]) -> anyhow::Result<Tensor> {
    Ok(Tensor::from_array(ArrayViewD::from_shape(vec![all.len()], all)?))
}

/// Whole numbers in one axis.
pub(crate) fn whole(all: &[u64]) -> Tensor {
    Tensor { dtype: Type::U64, shape: vec![all.len()], bytes: all.iter().flat_map(|x| x.to_le_bytes()).collect() }
}

/// What [`whole`] made.
pub(crate) fn read_whole(tensor: &Tensor) -> Option<Vec<u64>> {
    let all = tensor.bytes.chunks_exact(8).map(|c| c.try_into().map(u64::from_le_bytes));
    if tensor.dtype == Type::U64 { all.collect::<Result<_, _>>().ok() } else { None }
}

/// What [`numbers`] made.
pub(crate) fn read_numbers(tensor: &Tensor) -> anyhow::Result<Vec<f64>> {
    let array: ArrayD<f64> = tensor.to_array()?;
    Ok(array.into_iter().collect())
}
