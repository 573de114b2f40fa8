// Generated from src/cuda/structs/launch_args.rs by `STRUCTS=write cargo test --lib headers`.
// The arguments of a launch.
#pragma once
#include "scalar.cuh"

// The most elements of the arrays below.
#define MAX_PORTS 4    // Inputs of a system.
#define MAX_WEIGHTS 8  // Weights of a layer.
#define MAX_EACH 32    // Fields of `Params`, each of which can differ between units.
#define MAX_PROBES 16  // Recordings of a system.

// The forms of a recording, PROBE_MODES.
#define ALL 0   // Every element: `to[kept][row·width + element]`.
#define PICK 1  // The elements that have a slot: `to[kept][row·width + slot]`.
#define BITS 2  // One bit for each element, 1 if it is not 0: bit `element % 32` of `to[kept][group·words + element/32]`.

// The position of the chunk: step k of it has index `i + k` and starts at time
// `t0 + (done + k)·dt`.
struct ClockArgs {
    u64 i;
    u64 done;
    double t0;
    double dt;
};
static_assert(sizeof(ClockArgs) == 32, "ClockArgs has another size in Rust");

// One input. Element (k, row, unit) is `at[k·step + row·row + unit·unit]`. A stride is 0 where
// the input has one value for that axis.
struct Port {
    const scalar_t* at;  // Null without this input.
    u64 step;
    u64 row;
    u64 unit;
};
static_assert(sizeof(Port) == 32, "Port has another size in Rust");

// One recording. It keeps the steps `first`, `first + every`, … of the chunk.
struct Probe {
    void* to;         // `[kept, stride]`; null without this recording.
    const int* slot;  // `PICK`: for each element of a row its place among the `width` kept ones, or -1.
    u64 stride;       // Elements of one kept step; `BITS`: 32-bit words.
    u64 width;        // Kept elements of one row.
    u32 first;
    u32 every;
    u32 var;          // The variable; `N_STATE` is the output.
    u32 mode;         // `ALL`, `PICK` or `BITS`.
};
static_assert(sizeof(Probe) == 48, "Probe has another size in Rust");

// The arguments of a launch. Letters: T steps of the chunk, B batch rows, N units of a row, C
// = B·N units of all rows, counted row by row; of a recurrent cell, H hidden units, G gates
// and S state variables.
struct LaunchArgs {
    ClockArgs clock;
    u64 seed;
    u64 rows;
    u64 units;
    u32 node;                              // The number of the system's random stream.
    u32 steps;                             // Steps of the chunk; for a map, of its output.
    u32 given;                             // Bit p is 1 if the run has input p.
    u32 first;                             // A map reads the steps `first`, `first + every`, … of its input.
    u32 every;
    u32 backwards;                         // 1: a recurrent cell computes the last step of the chunk first.
    scalar_t* state;                       // `[N_STATE, C]`; of a recurrent cell `[B, S·H]`.
    // The output `[T, B, y_row]`, of which the stage writes the first N elements of each row;
    // or null.
    scalar_t* y;
    u64 y_row;                             // Elements between two rows of y: N, unless several layers share y.
    // `[B]`: row b makes a step only while the clock counts fewer than `ends[b]`; null: every
    // row makes every step.
    const u64* ends;
    acc_t* work;                           // A cell's products with its input, `[T, B, G·H]`.
    // A cell's rows where shared memory is too small for them, and its exchange between thread
    // blocks; or null.
    acc_t* scratch;
    Port ports[MAX_PORTS];
    const scalar_t* weights[MAX_WEIGHTS];
    const acc_t* each[MAX_EACH];           // `[N]` for each field of `Params` that differs between units, else null.
    Probe probes[MAX_PROBES];
};
static_assert(sizeof(LaunchArgs) == 1344, "LaunchArgs has another size in Rust");
