//! A projection's synapses in memory.

use crate::error::{Error, Result};
use crate::memory;
use crate::numeric::simd::prefetch;
use rayon::prelude::*;
use std::ops::{Range, RangeInclusive};

/// The numbers of the targets within their part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Targets {
    /// For parts of at most 65,536 neurons.
    U16(Vec<u16>),
    U32(Vec<u32>),
}

#[cfg_attr(not(test), allow(dead_code, reason = "engines read the arrays themselves"))]
impl Targets {
    pub(super) fn get(&self, place: usize) -> u32 {
        match self {
            Self::U16(all) => u32::from(all[place]),
            Self::U32(all) => all[place],
        }
    }
}

/// The integer weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Weights {
    /// All weights are 1.
    Same,
    /// Each synapse has a weight of its own.
    Each(Vec<i32>),
}

/// The delays in steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Delays {
    Same(u32),
    Each(Vec<u16>),
    /// Each synapse has a delay of its own, from `least` on, one of `count`. A row has the synapses
    /// of each delay in turn: those of delay `least + k` end at element `ends[row·count + k]` of the
    /// row. This takes less memory than [`Delays::Each`] for long rows, and finds the synapses of a
    /// delay at once.
    Classes {
        least: u32,
        count: usize,
        ends: Vec<u16>,
    },
}

/// The delays of [`Delays::Classes`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DelayClasses {
    pub(super) least: u32,
    pub(super) count: usize,
}

impl DelayClasses {
    /// The classes of these delays; `None` if the ends of the rows would take more memory than a delay
    /// for each synapse, or a row is too long for them.
    pub(super) fn of(delays: &RangeInclusive<u32>, offsets: &[u64]) -> Option<Self> {
        let classes = Self::of_rows(delays, offsets)?;
        (classes.ends(offsets) <= offsets.last().copied().unwrap_or(0)).then_some(classes)
    }

    /// The number of ends of these rows.
    pub(super) fn ends(self, offsets: &[u64]) -> u64 {
        (self.count as u64).saturating_mul(offsets.len().saturating_sub(1) as u64)
    }

    /// The classes of these delays; `None` if a row is too long for them.
    pub(super) fn of_rows(delays: &RangeInclusive<u32>, offsets: &[u64]) -> Option<Self> {
        let least = *delays.start();
        let count = (delays.end() - least) as usize + 1;
        let longest = offsets.windows(2).map(|ends| ends[1] - ends[0]).max().unwrap_or(0);
        (longest <= u64::from(u16::MAX)).then_some(Self { least, count })
    }

    /// Converts the number of synapses with each delay to the ends of the delays.
    pub(super) fn ends_of_numbers(row: &mut [u16]) {
        let mut end = 0;
        for of_delay in row {
            end += *of_delay;
            *of_delay = end;
        }
    }
}

/// A projection's synapses: rows of the sources, each ascending by (delay, target).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SynapseTable {
    /// The start of each row, and the end of the last one: `[pre + 1]`.
    pub(crate) offsets: Vec<u64>,
    pub(crate) targets: Targets,
    pub(crate) weights: Weights,
    pub(crate) delays: Delays,
}

#[cfg_attr(not(test), allow(dead_code, reason = "engines read the arrays themselves"))]
impl SynapseTable {
    /// The number of synapses.
    pub(crate) fn len(&self) -> usize {
        self.offsets.last().map_or(0, |n| *n as usize)
    }

    /// The bytes of the arrays.
    pub(crate) fn bytes(&self) -> u64 {
        let each = match self.targets {
            Targets::U16(_) => 2,
            Targets::U32(_) => 4,
        } + if self.weights == Weights::Same { 0 } else { 4 };
        let delays = match &self.delays {
            Delays::Same(_) => 0,
            Delays::Each(each) => each.len(),
            Delays::Classes { ends, .. } => ends.len(),
        };
        self.offsets.len() as u64 * 8 + self.len() as u64 * each + delays as u64 * 2
    }

    /// The same synapses, with [`Delays::Classes`] if these take no more memory. All delays are
    /// within `delays`.
    ///
    /// # Errors
    /// If memory is short.
    pub(crate) fn with_classes(mut self, delays: &RangeInclusive<u32>, what: &str) -> Result<Self> {
        let Delays::Each(each) = &self.delays else { return Ok(self) };
        let Some(DelayClasses { least, count }) = DelayClasses::of(delays, &self.offsets) else { return Ok(self) };
        let mut ends: Vec<u16> = memory::zeros(what, count * (self.offsets.len() - 1))?;
        ends.par_chunks_mut(count).zip(self.offsets.par_windows(2)).for_each(|(ends, row)| {
            for delay in &each[row[0] as usize..row[1] as usize] {
                ends[(u32::from(*delay) - least) as usize] += 1;
            }
            DelayClasses::ends_of_numbers(ends);
        });
        self.delays = Delays::Classes { least, count, ends };
        Ok(self)
    }

    /// The delays that synapses may have, all of which are within `delays`.
    pub(crate) fn delays(&self, delays: &RangeInclusive<u32>) -> RangeInclusive<u32> {
        match self.delays {
            Delays::Same(delay) => delay..=delay,
            _ => delays.clone(),
        }
    }

    /// The delay of the synapse at this place in the row of a source.
    pub(crate) fn delay(&self, source: usize, place: usize) -> u32 {
        match &self.delays {
            Delays::Same(delay) => *delay,
            Delays::Each(each) => each[place].into(),
            Delays::Classes { least, count, ends } => {
                let ends = &ends[source * count..(source + 1) * count];
                let number = place - self.offsets[source] as usize;
                least + ends.partition_point(|end| usize::from(*end) <= number) as u32
            }
        }
    }

    /// The places of a source's synapses.
    #[inline]
    pub(crate) fn row(&self, source: usize) -> Range<usize> {
        self.offsets[source] as usize..self.offsets[source + 1] as usize
    }

    /// The places of a source's synapses with this delay.
    #[inline]
    pub(crate) fn class(&self, source: usize, steps: u32) -> Range<usize> {
        let row = self.row(source);
        match &self.delays {
            Delays::Same(all) if *all == steps => row,
            Delays::Same(_) => row.start..row.start,
            Delays::Classes { least, count, ends } => {
                let Some(k) = steps.checked_sub(*least).map(|k| k as usize).filter(|k| k < count) else {
                    return row.start..row.start;
                };
                let ends = &ends[source * count..(source + 1) * count];
                let from = if k == 0 { 0 } else { usize::from(ends[k - 1]) };
                row.start + from..row.start + usize::from(ends[k])
            }
            Delays::Each(each) => {
                let delays = &each[row.clone()];
                let from = delays.partition_point(|d| u32::from(*d) < steps);
                let to = from + delays[from..].partition_point(|d| u32::from(*d) == steps);
                row.start + from..row.start + to
            }
        }
    }

    /// Asks for the memory that [`SynapseTable::class`] reads.
    #[inline]
    pub(crate) fn prefetch_class(&self, source: usize, steps: u32) {
        prefetch(&self.offsets, source);
        if let Delays::Classes { least, count, ends } = &self.delays {
            prefetch(ends, source * count + steps.saturating_sub(*least) as usize);
        }
    }

    /// The target of the synapse at this place.
    pub(crate) fn target(&self, place: usize) -> u32 {
        self.targets.get(place)
    }
}

/// The type of a target's number.
pub(super) trait Index: bytemuck::Pod + Send + Sync {
    fn of(target: u32) -> Self;
    fn wide(self) -> u32;
    fn pack(all: Vec<Self>) -> Targets;
}

impl Index for u16 {
    #[inline(always)]
    fn of(target: u32) -> Self {
        target as Self
    }

    #[inline(always)]
    fn wide(self) -> u32 {
        self.into()
    }

    fn pack(all: Vec<Self>) -> Targets {
        Targets::U16(all)
    }
}

impl Index for u32 {
    #[inline(always)]
    fn of(target: u32) -> Self {
        target
    }

    #[inline(always)]
    fn wide(self) -> u32 {
        self
    }

    fn pack(all: Vec<Self>) -> Targets {
        Targets::U32(all)
    }
}

/// Returns this number of elements, or an error if memory is short.
pub(super) fn filled<V>(what: &str, len: usize, value: impl FnMut() -> V) -> Result<Vec<V>> {
    let mut all = Vec::new();
    all.try_reserve_exact(len).map_err(|_| Error::OutOfMemory {
        what: what.into(),
        need: (len as u64).saturating_mul(size_of::<V>() as u64),
        free: memory::free(),
    })?;
    all.resize_with(len, value);
    Ok(all)
}
