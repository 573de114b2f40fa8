//! What a device is given to make synapses itself.

use super::distribution::Distribution;
use super::rows::Rows;
use super::spec::ConnectivitySpec;
use super::{Connect, geometric_rows};
use crate::error::Result;

/// What all passes of `kernels/network/connect.cu` are given. The twin of `struct Connect` in `connect.cuh`; fields are compared when that is
/// compiled. Addresses are 0 until there are any.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job {
    pub(crate) offsets: u64,
    pub(crate) targets: u64,
    pub(crate) mantissas: u64,
    pub(crate) delays: u64,
    pub(crate) counts: u64,
    seed: u64,
    factor: f64,
    weight: [f64; 2],
    per_unit: f64,
    delay: [f64; 2],
    dt: f64,
    own_shift: i64,
    stream: u32,
    rule: u32,
    pub(crate) pre: u32,
    pub(crate) post: u32,
    pub(crate) count: u32,
    weight_law: u32,
    delay_law: u32,
    wide: u32,
}

pub(crate) const JOB_BYTES: usize = 14 * 8 + 8 * 4;
const _: () = assert!(size_of::<Job>() == JOB_BYTES);

#[cfg(feature = "cuda")]
crate::device::mirror::mirror!(Job as "Connect" {
    offsets, targets, mantissas, delays, counts, seed, factor, weight, per_unit, delay, dt, own_shift, stream, rule, pre, post, count,
    weight_law, delay_law, wide
});

impl Job {
    /// Whether each synapse has a weight of its own.
    pub(crate) fn weighs(&self) -> bool {
        self.weight_law != 0
    }
}

/// How a device makes a recipe's synapses.
#[derive(Clone, Debug)]
pub(crate) struct OnDevice {
    pub(crate) job: Job,
    /// Where each row begins, unless rows are to be counted first.
    pub(crate) offsets: Option<Vec<u64>>,
    /// Whether columns are made, not rows.
    pub(crate) columns: bool,
    /// Whether rows come out of order.
    pub(crate) sorted: bool,
    /// Bytes of a target; whether there are mantissas and delays.
    pub(crate) target: u64,
    pub(crate) weigh: bool,
    pub(crate) delay: bool,
}

/// Number and two parameters, as `connect.cuh` has them; none where values are given.
fn law(law: &Distribution<'_>) -> Option<(u32, [f64; 2])> {
    match *law {
        Distribution::Same(_) => Some((0, [0.0; 2])),
        Distribution::Uniform { low, width } => Some((1, [low, width])),
        Distribution::Normal { mean, std } => Some((2, [mean, std])),
        Distribution::Values { .. } => None,
    }
}

impl ConnectivitySpec {
    /// What a device is told of this, without addresses; nothing where arrays or values are given, which are the host's.
    ///
    /// # Errors
    /// As [`ConnectivitySpec::check`].
    pub(crate) fn job(&self) -> Result<Option<Job>> {
        self.check()?;
        let mean = |p: f64| (p * self.post.len() as f64).ceil() as u32;
        let (rule, factor, count) = match self.connect {
            Connect::FixedProb(p) if p > 0.0 => (0, geometric_rows::factor(p), mean(p)),
            // No target at all.
            Connect::FixedProb(_) => (2, 0.0, 0),
            Connect::FixedNumPre(k) => (1, 0.0, k as u32),
            Connect::FixedNumPost(k) => (2, 0.0, k as u32),
            Connect::OneToOne => (3, 0.0, 1),
            Connect::AllToAll => (4, 0.0, self.post.len() as u32),
            Connect::Arrays { .. } => return Ok(None),
        };
        let (Some((weight_law, weight)), Some((delay_law, delay))) = (law(&self.weights()?), law(&self.times()?)) else { return Ok(None) };
        let (seed, stream) = self.stream.parts();
        Ok(Some(Job {
            offsets: 0,
            targets: 0,
            mantissas: 0,
            delays: 0,
            counts: 0,
            seed,
            factor,
            weight,
            per_unit: 1.0 / self.quantum(),
            delay,
            dt: self.dt,
            own_shift: self.own_shift().unwrap_or(i64::MIN),
            stream: stream.into(),
            rule,
            pre: self.pre.len() as u32,
            post: self.post.len() as u32,
            count,
            weight_law,
            delay_law,
            wide: u32::from(!self.narrow()),
        }))
    }

    /// How a device makes and stores the synapses of this; nothing where [`ConnectivitySpec::job`] is nothing.
    ///
    /// # Errors
    /// As [`ConnectivitySpec::check`].
    pub(crate) fn on_device(&self) -> Result<Option<OnDevice>> {
        let Some(job) = self.job()? else { return Ok(None) };
        let rows = Rows::of(self);
        let rule = job.rule;
        let offsets = match rule {
            0 | 1 => None,
            _ => Some(self.offsets((0..rows.pre).map(|source| rows.known_len(source).unwrap_or(0)).collect())?),
        };
        let (weigh, delay) = (job.weight_law != 0, job.delay_law != 0);
        let sorted = delay || rule == 1 || rule == 2;
        Ok(Some(OnDevice { job, offsets, columns: rule == 1, sorted, target: if self.narrow() { 2 } else { 4 }, weigh, delay }))
    }
}
