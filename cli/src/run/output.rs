//! Results as a file: npz, or safetensors.

use super::recorder::{Kept, Recorder};
use super::trains::Train;
use crate::paths::extension;
use crate::run::element::Element;
use ndarray::{Array0, ArrayD, ArrayView1, ArrayViewD};
use overtime::memory;
use overtime::states::{self, Tensor, Type};
use overtime_npz::{Stream, Writer};
use std::path::Path;

/// What memory is taken for.
const COPY: &str = "the copy that a file is made of";

/// Writes `ts`, `output`, each variable by its name, and where the clock stands (`t`, `i`), whole
/// or not at all.
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
        }
    }
    spikes(recorder, |name, numbers| {
        npz.add(name, ArrayView1::from(numbers))?;
        Ok(())
    })?;
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
        }
    }
    spikes(recorder, |name, numbers| {
        add(name, whole(numbers)?);
        Ok(())
    })?;
    add("t", Tensor::from_array(Array0::from_elem((), t).view().into_dyn()));
    add("i", Tensor { shape: Vec::new(), ..whole(&[i])? });
    file.metadata.insert("overtime.content".into(), "result".into());
    Ok(file)
}

/// The spikes of a network's groups, with their names.
fn spikes<T>(recorder: &Recorder<T>, mut with: impl FnMut(&str, &[u64]) -> anyhow::Result<()>) -> anyhow::Result<()> {
    for train in &recorder.trains {
        let Some(kept) = &train.kept else { continue };
        let [unit, step, row] = names(recorder, train);
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

/// What a group's spikes are called, named by group where there are several: `spike_i`,
/// `spike_step`, and `spike_row` in a batch.
pub(crate) fn names<T>(recorder: &Recorder<T>, train: &Train) -> [Option<String>; 3] {
    let several = recorder.trains.len() > 1;
    let name = |what: &str| Some(if several { format!("{}.{what}", train.group) } else { what.to_owned() });
    // Asked for as events too, these have the same names.
    let is_spike =
        |(name, kept): &(String, Kept<T>)| matches!(kept, Kept::Events(_)) && *name == format!("{}.spike", train.group);
    let twice = several && recorder.vars.iter().any(is_spike);
    [name("spike_i"), name("spike_step").filter(|_| !twice), name("spike_row").filter(|_| !twice && recorder.batched)]
}

/// Indices as files have them.
pub(crate) fn indices(all: &[usize]) -> anyhow::Result<Vec<u64>> {
    Ok(memory::collect(COPY, all.iter().map(|x| *x as u64))?)
}

/// What [`indices`] made.
pub(crate) fn read_indices(all: &[u64]) -> anyhow::Result<Vec<usize>> {
    Ok(memory::collect(COPY, all.iter().map(|x| *x as usize))?)
}

/// Numbers in one axis.
pub(crate) fn numbers(all: &[f64]) -> anyhow::Result<Tensor> {
    Ok(Tensor::try_from_array(ArrayViewD::from_shape(vec![all.len()], all)?)?)
}

/// Whole numbers in one axis.
pub(crate) fn whole(all: &[u64]) -> anyhow::Result<Tensor> {
    let mut bytes = memory::room(COPY, size_of_val(all))?;
    bytes.extend(all.iter().flat_map(|x| x.to_le_bytes()));
    Ok(Tensor { dtype: Type::U64, shape: vec![all.len()], bytes })
}

/// What [`whole`] made; nothing of another type.
pub(crate) fn read_whole(tensor: &Tensor) -> anyhow::Result<Option<Vec<u64>>> {
    if tensor.dtype != Type::U64 {
        return Ok(None);
    }
    let number = |c: &[u8]| c.try_into().map_or(0, u64::from_le_bytes);
    Ok(Some(memory::collect(COPY, tensor.bytes.chunks_exact(8).map(number))?))
}

/// What [`numbers`] made.
pub(crate) fn read_numbers(tensor: &Tensor) -> anyhow::Result<Vec<f64>> {
    let array: ArrayD<f64> = tensor.to_array()?;
    Ok(array.into_raw_vec_and_offset().0)
}
