//! The arguments with which a GPU generates synapses. `kernels/include/connect_args.cuh` is
//! generated from this file.

use super::rows::Rows;
use super::spec::ConnectivitySpec;
use super::value_rule::ValueRule;
use super::{Connect, geometric_rows};
use crate::device::device_struct::{device_constants, device_struct};
use crate::error::Result;
use crate::init::distribution::SAME;

device_constants! {
    RULES {
        FIXED_PROB: u32 = 0,
        FIXED_NUM_PRE: u32 = 1,
        FIXED_NUM_POST: u32 = 2,
        ONE_TO_ONE: u32 = 3,
        ALL_TO_ALL: u32 = 4,
        FIXED_TOTAL_NUMBER: u32 = 5,
    }
}

device_constants! {
    OWN_SHIFTS {
        /// Autapses stay.
        NO_SHIFT: i64 = i64::MIN,
    }
}

device_struct! {
    /// The distribution of weights or delays, and the bounds of the values.
    pub(crate) struct DrawArgs {
        location: f64,
        scale: f64,
        /// The bounds; infinite where there is none.
        min: f64,
        max: f64,
        distribution: u32,
        /// The most draws of a value; a value that is outside then is clipped.
        draws: u32,
    }
}

device_struct! {
    /// The arguments of the passes of `connectivity/connect.cu` and of procedural rows. An
    /// array that a pass does not need is null.
    pub(crate) struct ConnectArgs {
        /// `[pre + 1]`: the start of each row; of procedural rows for `FIXED_TOTAL_NUMBER` only.
        offsets: u64 as "const u64*",
        /// `[synapses]`: u32 if `wide_targets`, else u16.
        targets: u64 as "void*",
        /// `[synapses]` integer weights; null where all are the same. With multapses it holds the
        /// number of each synapse until the last pass, and is null where values are not drawn.
        weights: u64 as "int*",
        /// `[synapses]` in steps; null where all are the same.
        delays: u64 as "unsigned short*",
        /// `[pre]`: the row lengths that the count pass finds; 0 before each pass.
        counts: u64 as "u32*",
        seed: u64,
        /// Synapses of a column (`FIXED_NUM_PRE`), of all rows (`FIXED_TOTAL_NUMBER`), or of a row;
        /// `FIXED_PROB`: on average.
        count: u64,
        /// `FIXED_PROB`: 1/ln(1 − p).
        factor: f64,
        weight_draw: DrawArgs,
        /// The integer weight of a weight of 1.
        inv_scale: f64,
        delay_draw: DrawArgs,
        dt: f64,
        /// Target j is source i itself where j = i + `own_shift`; `NO_SHIFT`: autapses stay.
        own_shift: i64,
        /// The number of the projection's random stream.
        stream: u32,
        rule: u32,
        /// Sources and targets.
        pre: u32,
        post: u32,
        wide_targets: u32,
        /// Whether the partners of a neuron are drawn with repetition.
        multapses: u32,
        /// Steps by which spikes arrive before their delay is over.
        lead: u32,
        unused: u32,
    }
}

impl ConnectArgs {
    /// Whether each synapse has a weight of its own.
    pub(crate) fn weighs(&self) -> bool {
        self.weight_draw.distribution != SAME
    }

    /// The number of warps that generate synapses at once: one for each row or column.
    pub(crate) fn warps(&self) -> u64 {
        u64::from(if self.rule == FIXED_NUM_PRE { self.post } else { self.pre })
    }

    /// The number of warps that count synapses at once.
    pub(crate) fn counting_warps(&self) -> u64 {
        // Each lane draws the sources of two synapses.
        if self.has_drawn_lengths() { self.count.div_ceil(64) } else { self.warps() }
    }

    /// Whether the lengths of rows are drawn together, so that a row does not follow from its
    /// source alone.
    pub(crate) fn has_drawn_lengths(&self) -> bool {
        self.rule == FIXED_TOTAL_NUMBER
    }
}

/// The arguments and the passes with which a device generates a projection's synapses.
#[derive(Clone, Debug)]
pub(crate) struct OnDevice {
    pub(crate) args: ConnectArgs,
    /// The start of each row; `None` if the rows must be counted first.
    pub(crate) offsets: Option<Vec<u64>>,
    /// Whether the rows must be sorted.
    pub(crate) sorted: bool,
    /// Bytes of a target; whether weights and delays are stored.
    pub(crate) target: u64,
    pub(crate) weigh: bool,
    pub(crate) delay: bool,
    /// Whether the passes need the number of each synapse, in the place of its weight.
    pub(crate) numbered: bool,
}

/// The draws of this rule; `None` for given values.
fn draw_args(rule: &ValueRule<'_>) -> Option<DrawArgs> {
    let same = DrawArgs { location: 0.0, scale: 0.0, min: 0.0, max: 0.0, distribution: SAME, draws: 0 };
    match rule {
        ValueRule::Same(_) => Some(same),
        ValueRule::Drawn(bounded) => {
            let (distribution, [location, scale]) = bounded.distribution.on_device();
            let (min, max) = bounded.limits();
            Some(DrawArgs { location, scale, min, max, distribution, draws: bounded.draws() as u32 })
        }
        ValueRule::Given { .. } => None,
    }
}

impl ConnectivitySpec {
    /// The arguments of the passes, without addresses; `None` for arrays or given values, which the
    /// host sorts.
    ///
    /// # Errors
    /// As [`ConnectivitySpec::check`].
    pub(crate) fn connect_args(&self) -> Result<Option<ConnectArgs>> {
        self.check()?;
        let mean = |p: f64| (p * self.post.len() as f64).ceil() as u64;
        let (rule, factor, count) = match self.connect {
            Connect::FixedProb(p) if p > 0.0 => (FIXED_PROB, geometric_rows::factor(p), mean(p)),
            // Without targets.
            Connect::FixedProb(_) => (FIXED_NUM_POST, 0.0, 0),
            Connect::FixedNumPre(k) => (FIXED_NUM_PRE, 0.0, k as u64),
            Connect::FixedNumPost(k) => (FIXED_NUM_POST, 0.0, k as u64),
            Connect::OneToOne => (ONE_TO_ONE, 0.0, 1),
            Connect::AllToAll => (ALL_TO_ALL, 0.0, self.post.len() as u64),
            Connect::FixedTotalNumber(n) => (FIXED_TOTAL_NUMBER, 0.0, n as u64),
            Connect::Arrays { .. } => return Ok(None),
        };
        let (Some(weight_draw), Some(delay_draw)) = (draw_args(&self.weights()?), draw_args(&self.times()?)) else {
            return Ok(None);
        };
        let (seed, stream) = self.stream.parts();
        Ok(Some(ConnectArgs {
            offsets: 0,
            targets: 0,
            weights: 0,
            delays: 0,
            counts: 0,
            seed,
            count,
            factor,
            weight_draw,
            inv_scale: 1.0 / self.weight_scale(),
            delay_draw,
            dt: self.dt,
            own_shift: self.own_shift().unwrap_or(NO_SHIFT),
            stream: stream.into(),
            rule,
            pre: self.pre.len() as u32,
            post: self.post.len() as u32,
            wide_targets: u32::from(!self.narrow()),
            multapses: u32::from(self.repeats()),
            lead: self.lead,
            unused: 0,
        }))
    }

    /// The arguments and passes for a device; `None` where [`ConnectivitySpec::connect_args`] is
    /// `None`.
    ///
    /// # Errors
    /// As [`ConnectivitySpec::check`].
    pub(crate) fn on_device(&self) -> Result<Option<OnDevice>> {
        let Some(args) = self.connect_args()? else { return Ok(None) };
        let rows = Rows::of(self, &[]);
        let rule = args.rule;
        let offsets = match rule {
            FIXED_PROB | FIXED_NUM_PRE | FIXED_TOTAL_NUMBER => None,
            _ => Some(self.offsets((0..rows.pre).map(|source| rows.known_len(source).unwrap_or(0)).collect())?),
        };
        let (weigh, delay) = (args.weighs(), args.delay_draw.distribution != SAME);
        let sorted = delay || matches!(rule, FIXED_NUM_PRE | FIXED_NUM_POST | FIXED_TOTAL_NUMBER);
        Ok(Some(OnDevice {
            args,
            offsets,
            sorted,
            target: if self.narrow() { 2 } else { 4 },
            weigh,
            delay,
            numbered: self.numbered(),
        }))
    }
}
