//! The tables that the loops of a network's groups read. `kernels/include/network_args.cuh` is
//! generated from this file.

use super::launch_args::LaunchArgs;
use super::no_uninit;
use crate::device::device_struct::device_struct;
use crate::network::plan::exact::CurrentGains;
use crate::network::plan::{ReceptorKind, ReceptorPlan};
use crate::numeric::scalar::DType;

/// A number in the type of arithmetic, as bytes; bytes beyond the number are 0.
pub(crate) type Value = [u8; 8];

/// A number in the type of arithmetic of a network of this element type.
pub(crate) fn value(dtype: DType, x: f64) -> Value {
    let mut value = Value::default();
    match dtype {
        DType::F64 => value = x.to_ne_bytes(),
        _ => value[..4].copy_from_slice(&(x as f32).to_ne_bytes()),
    }
    value
}

device_struct! {
    /// The arguments of a group's loop. The lists of the group lie behind this struct, at byte
    /// offsets from its start.
    #[derive(Default)]
    pub(crate) struct GroupArgs {
        args: LaunchArgs,
        /// `[rows][ring_len][mask_words]`: the spikes of the last steps, 16 neurons in an element.
        spike_ring: u64 as "scalar_t*",
        /// `[2][rows][groups]`: spikes of each group in a step; null where neither output nor
        /// recording reads them.
        spikes: u64 as "u32*",
        /// `[kept][rows][groups]`.
        output: u64 as "scalar_t*",
        /// `[units]`; null where all units have `current`.
        currents: u64 as "const acc_t*",
        current: Value,
        /// The noise times 1/√dt.
        noise: Value,
        noise_seed: u64,
        /// The group's first warp, and the warp after its last one.
        first: u32,
        last: u32,
        /// Steps that the spike ring holds.
        ring_len: u32,
        /// Elements of a bit mask over the group's neurons.
        mask_words: u32,
        /// The slot of the spike ring for the first step of the chunk.
        slot: u32,
        /// The number of groups, and the number of this group.
        groups: u32,
        number: u32,
        /// The output keeps the steps `output_first`, `output_first + output_every`, …
        output_first: u32,
        output_every: u32,
        /// Lists, as byte offsets.
        params: u32,
        receptors: u32,
        incoming: u32,
        outgoing: u32,
        poisson: u32,
        n_outgoing: u32,
        noise_stream: u32,
        /// A list, as a byte offset: first the plastic projections from the group, then those to
        /// the group; see `plasticity.cuh`.
        plastic: u32,
        n_sending: u32,
        n_plastic: u32,
        /// The copies of each sum: 2, or the slots of the ring of sums.
        sum_slots: u32,
    }
}

device_struct! {
    /// A receptor of a group.
    #[derive(Default)]
    pub(crate) struct ReceptorArgs {
        /// The factor of one step.
        decay: Value,
        /// The reversal potential of a conductance.
        reversal: Value,
        /// The factor of one step of the second variable, and the gain with which it adds to the
        /// first.
        rise: Value,
        gain: Value,
        /// The magnesium block of a conductance: its scale and its exponent.
        block: Value,
        alpha: Value,
        /// The gains of the two variables in a group that is integrated exactly.
        gain_s: Value,
        gain_h: Value,
        /// `[2][units]`: the gains of each neuron; null where all neurons have `gain_s` and `gain_h`.
        gains: u64 as "const acc_t*",
        /// The range of the receptor's projections in the list `incoming`.
        incoming: [u32; 2],
        /// The range of its Poisson drives in the list `poisson`.
        poisson: [u32; 2],
    }
}

/// The gains of s and of h of each neuron, for the element type of a network; `None` if all neurons
/// have the same gains.
pub(crate) fn gains_of_each(gains: &CurrentGains, dtype: DType) -> Option<Vec<u8>> {
    if let [_] = gains.s[..] {
        return None;
    }
    let of_h = gains.h.as_deref().unwrap_or_default();
    let width = if dtype == DType::F64 { 8 } else { 4 };
    Some(gains.s.iter().chain(of_h).flat_map(|gain| value(dtype, *gain).into_iter().take(width)).collect())
}

impl ReceptorArgs {
    /// The constants of a receptor; the gains of each neuron lie at the address `gains`.
    pub(crate) fn of(receptor: &ReceptorPlan, gains: u64, dtype: DType) -> Self {
        let ReceptorKind::Filter(filter) = &receptor.kind else { return Self::default() };
        let value = |x: Option<f64>| x.map_or(Value::default(), |x| value(dtype, x));
        let same = |gains: Option<&Vec<f64>>| value(gains.and_then(|gains| gains.first()).copied());
        let own = receptor.gains.as_ref();
        Self {
            gain_s: same(own.map(|gains| &gains.s)),
            gain_h: same(own.and_then(|gains| gains.h.as_ref())),
            gains,
            decay: value(Some(filter.decay)),
            reversal: value(filter.reversal),
            rise: value(filter.rise.map(|rise| rise.decay)),
            gain: value(filter.rise.map(|rise| rise.gain)),
            block: value(filter.block.map(|block| block.scale)),
            alpha: value(filter.block.map(|block| block.alpha)),
            ..Self::default()
        }
    }
}

device_struct! {
    /// The sums of one or more projections as their postsynaptic group reads them: sums of integer
    /// weights, and the weight scale.
    #[derive(Default)]
    pub(crate) struct PostProjection {
        /// `[sum_slots][rows][n_targets]`: i64 if `exact`, else u32.
        sums: u64 as "void*",
        n_targets: u64,
        weight_scale: Value,
        /// The first target's number in the group.
        first: u32,
        exact: u32,
    }
}

device_struct! {
    /// A projection as its presynaptic group reads it: the synapse rows.
    #[derive(Default)]
    pub(crate) struct PreProjection {
        /// `[sources + 1]`: the synapses of source r are `offsets[r]` to `offsets[r + 1]`.
        offsets: u64 as "const u64*",
        /// `[synapses]`: u32 if `wide_targets`, else u16: numbers within the projection's targets.
        /// A row ascends by (delay, target).
        targets: u64 as "const void*",
        /// `[synapses]` integer weights; null where all are 1. With integer weights, sums are i64.
        weights: u64 as "const int*",
        /// `[synapses]` in steps; null where all are `min_delay`.
        delays: u64 as "const u16*",
        /// `[sum_slots][rows][n_targets]`, from the projection's first target on.
        sums: u64 as "void*",
        /// The number of targets of the sums, which other projections may share.
        n_targets: u64,
        /// The parameters of the rows of procedural connectivity, else null.
        generator: u64 as "const struct ConnectArgs*",
        /// The first source's number in the group, and the number of sources.
        first: u32,
        sources: u32,
        /// In steps.
        min_delay: u32,
        max_delay: u32,
        wide_targets: u32,
        /// From this number of simultaneous spikes on, a lane walks a source's row; below it, the
        /// lanes of a warp share a row.
        lane_per_source_from: u32,
        /// The variables `[variables][rows][units]` of the presynaptic release model, or null. With a
        /// release model, sums are i64.
        kinetics: u64 as "void*",
        constants: [Value; 7],
        /// `STP`, `AMPA`, `NMDA`, `BIO_NMDA`, `GAP`, or `EQUATIONS` and more.
        release_model: u64,
    }
}

device_struct! {
    /// A plastic projection, as both of its groups read it.
    #[derive(Default)]
    pub(crate) struct PlasticProjection {
        /// The synapse rows, without integer weights; sums are i64.
        to: PreProjection,
        /// `[variables][rows][synapses]`: the variables of synapses, the weight first.
        synapse_vars: u64 as "scalar_t*",
        /// `[variables][rows][delays][sources]`: the variables of the sources.
        source_vars: u64 as "scalar_t*",
        /// `[variables][rows][targets]`: the variables of the targets before the chunk, and after it.
        target_vars: u64 as "scalar_t*",
        /// `[3][variables][rows][targets]`: the variables of the targets after step k, in third k mod 3.
        targets_after: u64 as "acc_t*",
        /// `[3][rows][1 + targets]`: the number of targets that spike in step k, and their list, in
        /// third k mod 3.
        fired: u64 as "u32*",
        /// `[targets + 1]`: the synapses of target c are `columns[c]` to `columns[c + 1]` of the
        /// next two arrays.
        columns: u64 as "const u32*",
        /// `[synapses]`: each synapse's place in the synapse rows, ascending in a column.
        places: u64 as "const u32*",
        /// `[synapses]`: the element of a variable of the sources for each synapse.
        kinds: u64 as "const u32*",
        synapses: u64,
        /// The integer weight of a weight of 1.
        inv_scale: Value,
        /// The number of targets, and the first target's number in the group.
        targets: u32,
        first: u32,
        /// The number of its rule, and the numbers of variables of synapses, of sources and of targets.
        rule: u32,
        n_synapse_vars: u32,
        n_source_vars: u32,
        n_target_vars: u32,
    }
}

device_struct! {
    /// A Poisson drive.
    #[derive(Default)]
    pub(crate) struct PoissonArgs {
        /// `[max_spikes]`: a random word `>= thresholds[n]` stands for more than n spikes.
        thresholds: u64 as "const u32*",
        weight: Value,
        max_spikes: u32,
        stream: u32,
        seed: u64,
        /// The drive acts in steps at t with `start` ≤ t < `stop`; read with TIMED_POISSON.
        start: f64,
        stop: f64,
    }
}

no_uninit!(GroupArgs, ReceptorArgs, PostProjection, PreProjection, PlasticProjection, PoissonArgs);
