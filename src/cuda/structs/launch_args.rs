//! The arguments of a launch. `kernels/include/launch_args.cuh` is generated from this file.

use super::no_uninit;
use crate::device::device_struct::{device_constants, device_struct};
use crate::system::clock::Clock;

device_constants! {
    LIMITS {
        /// Inputs of a system.
        MAX_PORTS: usize = 4,
        /// Weights of a layer.
        MAX_WEIGHTS: usize = 8,
        /// Fields of `Params`, each of which can differ between units.
        MAX_EACH: usize = 32,
        /// Recordings of a system.
        MAX_PROBES: usize = 16,
    }
}

device_constants! {
    MODES {
        /// Every element: `to[kept][row·width + element]`.
        ALL: u32 = Mode::All as u32,
        /// The elements that have a slot: `to[kept][row·width + slot]`.
        PICK: u32 = Mode::Pick as u32,
        /// One bit for each element, 1 if it is not 0: bit `element % 32` of
        /// `to[kept][group·words + element/32]`.
        BITS: u32 = Mode::Bits as u32,
    }
}

/// The form of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    All = 0,
    Pick = 1,
    Bits = 2,
}

device_struct! {
    /// The position of the chunk: step k of it has index `i + k` and starts at time
    /// `t0 + (done + k)·dt`.
    #[derive(Default)]
    pub(crate) struct ClockArgs {
        i: u64,
        done: u64,
        t0: f64,
        dt: f64,
    }
}

impl From<Clock> for ClockArgs {
    fn from(clock: Clock) -> Self {
        Self { i: clock.i(), done: clock.done, t0: clock.t0, dt: clock.dt }
    }
}

device_struct! {
    /// One input. Element (k, row, unit) is `at[k·step + row·row + unit·unit]`. A stride is 0 where
    /// the input has one value for that axis.
    #[derive(Default)]
    pub(crate) struct Port {
        /// Null without this input.
        at: u64 as "const scalar_t*",
        step: u64,
        row: u64,
        unit: u64,
    }
}

device_struct! {
    /// One recording. It keeps the steps `first`, `first + every`, … of the chunk.
    #[derive(Default)]
    pub(crate) struct Probe {
        /// `[kept, stride]`; null without this recording.
        to: u64 as "void*",
        /// `PICK`: for each element of a row its place among the `width` kept ones, or -1.
        slot: u64 as "const int*",
        /// Elements of one kept step; `BITS`: 32-bit words.
        stride: u64,
        /// Kept elements of one row.
        width: u64,
        first: u32,
        every: u32,
        /// The variable; `N_STATE` is the output.
        var: u32,
        /// `ALL`, `PICK` or `BITS`.
        mode: u32,
    }
}

device_struct! {
    /// The arguments of a launch. Letters: T steps of the chunk, B batch rows, N units of a row, C
    /// = B·N units of all rows, counted row by row; of a recurrent cell, H hidden units, G gates
    /// and S state variables.
    #[derive(Default)]
    pub(crate) struct LaunchArgs {
        clock: ClockArgs,
        seed: u64,
        rows: u64,
        units: u64,
        /// The number of the system's random stream.
        node: u32,
        /// Steps of the chunk; for a map, of its output.
        steps: u32,
        /// Bit p is 1 if the run has input p.
        given: u32,
        /// A map reads the steps `first`, `first + every`, … of its input.
        first: u32,
        every: u32,
        /// 1: a recurrent cell computes the last step of the chunk first.
        backwards: u32,
        /// `[N_STATE, C]`; of a recurrent cell `[B, S·H]`.
        state: u64 as "scalar_t*",
        /// The output `[T, B, y_row]`, of which the stage writes the first N elements of each row;
        /// or null.
        y: u64 as "scalar_t*",
        /// Elements between two rows of y: N, unless several layers share y.
        y_row: u64,
        /// `[B]`: row b makes a step only while the clock counts fewer than `ends[b]`; null: every
        /// row makes every step.
        ends: u64 as "const u64*",
        /// A cell's products with its input, `[T, B, G·H]`.
        work: u64 as "acc_t*",
        /// A cell's rows where shared memory is too small for them, and its exchange between thread
        /// blocks; or null.
        scratch: u64 as "acc_t*",
        ports: [Port; MAX_PORTS],
        weights: [u64; MAX_WEIGHTS] as "const scalar_t*",
        /// `[N]` for each field of `Params` that differs between units, else null.
        each: [u64; MAX_EACH] as "const acc_t*",
        probes: [Probe; MAX_PROBES],
    }
}

no_uninit!(LaunchArgs);
