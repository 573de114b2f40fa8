//! What a launch is given. The twin of `kernels/include/job.cuh`; the fields are compared when that is compiled.

use crate::device::mirror::mirror;
use crate::system::clock::Clock;

pub(crate) const MAX_PORTS: usize = 4;
pub(crate) const MAX_WEIGHTS: usize = 8;
pub(crate) const MAX_EACH: usize = 32;
pub(crate) const MAX_PROBES: usize = 16;

/// What a probe keeps of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    All = 0,
    Pick = 1,
    Bits = 2,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Time {
    pub(crate) i: u64,
    pub(crate) done: u64,
    pub(crate) t0: f64,
    pub(crate) dt: f64,
}

impl From<Clock> for Time {
    fn from(clock: Clock) -> Self {
        Self { i: clock.i(), done: clock.done, t0: clock.t0, dt: clock.dt }
    }
}

/// An input: an address, and strides in elements.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Port {
    pub(crate) at: u64,
    pub(crate) step: u64,
    pub(crate) row: u64,
    pub(crate) unit: u64,
}

/// A recording.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Probe {
    pub(crate) to: u64,
    pub(crate) slot: u64,
    pub(crate) stride: u64,
    pub(crate) width: u64,
    pub(crate) first: u32,
    pub(crate) every: u32,
    pub(crate) var: u32,
    pub(crate) mode: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Job {
    pub(crate) clock: Time,
    pub(crate) seed: u64,
    pub(crate) rows: u64,
    pub(crate) units: u64,
    pub(crate) node: u32,
    pub(crate) steps: u32,
    pub(crate) given: u32,
    pub(crate) first: u32,
    pub(crate) every: u32,
    pub(crate) backwards: u32,
    pub(crate) state: u64,
    pub(crate) y: u64,
    pub(crate) y_row: u64,
    pub(crate) ends: u64,
    pub(crate) work: u64,
    pub(crate) scratch: u64,
    pub(crate) ports: [Port; MAX_PORTS],
    pub(crate) weights: [u64; MAX_WEIGHTS],
    pub(crate) each: [u64; MAX_EACH],
    pub(crate) probes: [Probe; MAX_PROBES],
}

// SAFETY: every field is an integer, a float, or an array of structs of those, and `repr(C)` leaves no padding between them:
// the assertion adds their sizes up.
unsafe impl bytemuck::NoUninit for Job {}
const _: () = assert!(JOB_BYTES == 32 + 3 * 8 + 6 * 4 + 6 * 8 + 4 * 32 + 8 * 8 + 32 * 8 + 16 * 48);

/// Bytes of [`Job`].
pub(crate) const JOB_BYTES: usize = size_of::<Job>();

mirror!(Time as "Clock" { i, done, t0, dt });
mirror!(Port as "Port" { at, step, row, unit });
mirror!(Probe as "Probe" { to, slot, stride, width, first, every, var, mode });
mirror!(Job as "Job" {
    clock, seed, rows, units, node, steps, given, first, every, backwards, state, y, y_row, ends, work, scratch, ports, weights, each, probes
});
