//! The statistics of spikes as tensors of a checkpoint.

use super::tensors::{numbers, read_numbers, read_whole, whole};
use crate::exit_code::Failure;
use overtime::spikes::{IntervalStatistics, SpikeCountCorrelations, SpikeStatistics};
use overtime::states::Tensor;

/// Passes the tensors of the neurons to `add`.
pub(crate) fn save(statistics: &SpikeStatistics, mut add: impl FnMut(&str, Tensor)) -> anyhow::Result<()> {
    let neurons = || statistics.neurons().iter();
    add("last", whole(neurons().map(|neuron| neuron.last))?);
    add("count", whole(neurons().map(|neuron| neuron.count))?);
    add("sum", numbers(neurons().map(|neuron| neuron.sum))?);
    add("square", numbers(neurons().map(|neuron| neuron.square))?);
    Ok(())
}

/// Reads the tensors of [`save`].
pub(crate) fn load<'f>(
    statistics: &mut SpikeStatistics,
    get: impl Fn(&str) -> anyhow::Result<&'f Tensor>,
) -> anyhow::Result<()> {
    let cells = statistics.neurons().len();
    let sums = |name: &str| {
        read_numbers(get(name)?).and_then(|all| if all.len() == cells { Ok(all) } else { Err(wrong(name)) })
    };
    let counts = |name: &str| read(get(name)?, name, cells);
    let whole = counts("last")?.into_iter().zip(counts("count")?);
    let all = whole.zip(sums("sum")?.into_iter().zip(sums("square")?));
    for (neuron, ((last, count), (sum, square))) in statistics.neurons_mut().iter_mut().zip(all) {
        *neuron = IntervalStatistics { last, count, sum, square };
    }
    Ok(())
}

/// The tensor of the pairs.
pub(crate) fn save_pairs(pairs: &SpikeCountCorrelations) -> anyhow::Result<Tensor> {
    whole(pairs.numbers()?)
}

/// Reads the tensor of [`save_pairs`].
pub(crate) fn load_pairs(pairs: &mut SpikeCountCorrelations, tensor: &Tensor) -> anyhow::Result<()> {
    let numbers = read_whole(tensor)?.ok_or_else(|| wrong("pairs"))?;
    pairs.set_numbers(&numbers).map_err(|_| wrong("pairs"))
}

/// Whole numbers of this count.
pub(crate) fn read(tensor: &Tensor, name: &str, len: usize) -> anyhow::Result<Vec<u64>> {
    read_whole(tensor)?.filter(|all| all.len() == len).ok_or_else(|| wrong(name))
}

/// The error of a tensor that is not the one that was saved.
pub(crate) fn wrong(name: &str) -> anyhow::Error {
    Failure::Io(format!("`{name}` of this checkpoint is of a wrong type or length")).into()
}
