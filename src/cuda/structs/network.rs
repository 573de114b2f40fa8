//! What the loops of groups are given. The twins of `kernels/include/network.cuh`; the fields are compared when that is compiled.

use super::launch_args::Job;
use crate::device::mirror::mirror;
use crate::network::plan::ReceptorKind;
use crate::numeric::scalar::DType;

/// A number in the type of arithmetic, as bytes; bytes beyond it are 0.
pub(crate) type Value = [u8; 8];

/// The number in the type of arithmetic of a network of this element type.
pub(crate) fn value(dtype: DType, x: f64) -> Value {
    let mut value = Value::default();
    match dtype {
        DType::F64 => value = x.to_ne_bytes(),
        _ => value[..4].copy_from_slice(&(x as f32).to_ne_bytes()),
    }
    value
}

/// Of a group, in front of its lists.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Group {
    pub(crate) job: Job,
    pub(crate) flight: u64,
    pub(crate) spikes: u64,
    pub(crate) output: u64,
    pub(crate) currents: u64,
    pub(crate) current: Value,
    pub(crate) noise: Value,
    pub(crate) noise_seed: u64,
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) slots: u32,
    pub(crate) words: u32,
    pub(crate) slot: u32,
    pub(crate) groups: u32,
    pub(crate) number: u32,
    pub(crate) output_first: u32,
    pub(crate) output_every: u32,
    pub(crate) params: u32,
    pub(crate) receptors: u32,
    pub(crate) incoming: u32,
    pub(crate) outgoing: u32,
    pub(crate) poisson: u32,
    pub(crate) n_outgoing: u32,
    pub(crate) noise_stream: u32,
    pub(crate) plastic: u32,
    pub(crate) n_sending: u32,
    pub(crate) n_plastic: u32,
    pub(crate) none: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Receptor {
    pub(crate) decay: Value,
    pub(crate) reversal: Value,
    pub(crate) rise: Value,
    pub(crate) gain: Value,
    pub(crate) block: Value,
    pub(crate) alpha: Value,
    pub(crate) incoming: [u32; 2],
    pub(crate) poisson: [u32; 2],
}

impl Receptor {
    /// The constants of a receptor.
    pub(crate) fn of(acts: &ReceptorKind, dtype: DType) -> Self {
        let ReceptorKind::Filter(course) = acts else { return Self::default() };
        let value = |x: Option<f64>| x.map_or(Value::default(), |x| value(dtype, x));
        Self {
            decay: value(Some(course.decay)),
            reversal: value(course.reversal),
            rise: value(course.rise.map(|rise| rise.decay)),
            gain: value(course.rise.map(|rise| rise.gain)),
            block: value(course.block.map(|block| block.scale)),
            alpha: value(course.block.map(|block| block.alpha)),
            ..Self::default()
        }
    }
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Incoming {
    pub(crate) sums: u64,
    pub(crate) reach: u64,
    pub(crate) quantum: Value,
    pub(crate) first: u32,
    pub(crate) exact: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outgoing {
    pub(crate) offsets: u64,
    pub(crate) targets: u64,
    pub(crate) mantissas: u64,
    pub(crate) delays: u64,
    pub(crate) sums: u64,
    pub(crate) reach: u64,
    pub(crate) made: u64,
    pub(crate) first: u32,
    pub(crate) sources: u32,
    pub(crate) least: u32,
    pub(crate) most: u32,
    pub(crate) far: u32,
    pub(crate) many: u32,
    pub(crate) terminal: u64,
    pub(crate) constants: [Value; 7],
    pub(crate) law: u64,
}

/// The twin is in `kernels/include/stdp.cuh`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Plastic {
    pub(crate) to: Outgoing,
    pub(crate) w: u64,
    pub(crate) pre: u64,
    pub(crate) post: u64,
    pub(crate) traces: u64,
    pub(crate) fired: u64,
    pub(crate) columns: u64,
    pub(crate) places: u64,
    pub(crate) kinds: u64,
    pub(crate) synapses: u64,
    pub(crate) decay_pre: Value,
    pub(crate) decay_post: Value,
    pub(crate) a_pre: Value,
    pub(crate) a_post: Value,
    pub(crate) low: Value,
    pub(crate) high: Value,
    pub(crate) per_unit: Value,
    pub(crate) targets: u32,
    pub(crate) first: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Poisson {
    pub(crate) thresholds: u64,
    pub(crate) weight: Value,
    pub(crate) most: u32,
    pub(crate) stream: u32,
    pub(crate) seed: u64,
}

/// What makes rows that are stored nowhere.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowMaker(pub(crate) crate::connectivity::device::Job);

// SAFETY: every field of the one field is an integer, an f64 or an array of those, and its size, which is asserted where it is, is the sum of
// theirs, so that `repr(C)` leaves no padding between them.
unsafe impl bytemuck::NoUninit for RowMaker {}

macro_rules! plain {
    ($($name:ident: $bytes:expr),*) => {$(
        // SAFETY: every field is an integer, an array of those, or a struct of those, and `repr(C)` leaves no padding between them: the
        // assertion adds their sizes up.
        unsafe impl bytemuck::NoUninit for $name {}
        const _: () = assert!(size_of::<$name>() == $bytes);
    )*};
}
plain!(Group: size_of::<Job>() + 7 * 8 + 20 * 4, Receptor: 64, Incoming: 32, Outgoing: 152, Poisson: 32, Plastic: 288);

mirror!(Group as "Group" {
    job, flight, spikes, output, currents, current, noise, noise_seed, first, last, slots, words, slot, groups, number, output_first,
    output_every, params, receptors, incoming, outgoing, poisson, n_outgoing, noise_stream, plastic, n_sending, n_plastic, none
});
mirror!(Receptor as "Receptor" { decay, reversal, rise, gain, block, alpha, incoming, poisson });
mirror!(Incoming as "Incoming" { sums, reach, quantum, first, exact });
mirror!(Outgoing as "Outgoing" {
    offsets, targets, mantissas, delays, sums, reach, made, first, sources, least, most, far, many, terminal, constants, law
});
mirror!(Plastic as "Plastic" {
    to, w, pre, post, traces, fired, columns, places, kinds, synapses, decay_pre, decay_post, a_pre, a_post, low, high, per_unit, targets, first
});
mirror!(Poisson as "Poisson" { thresholds, weight, most, stream, seed });
