// The contract between a pointwise model and the loops. A model's file includes this file and
// defines three names:
//
//     struct Params { acc_t tau; };             // the parameters of the program in Rust; trivially copyable
//     struct State { acc_t v; };                // fields of type acc_t, in the order of the schema
//     __device__ acc_t step(State& s, Input x, const Params& p, const Tick& at);   // returns the output
//
// `step` makes one step of one unit. With one input, Input is acc_t; with several, x.port[0],
// x.port[1], …
#pragma once
#include "launch_args.cuh"

#ifndef N_INPUTS
#define N_INPUTS 1
#endif

// The step being computed, and the unit.
struct Tick {
    u64 i;       // index of the step
    double t;    // time at its start
    double dt;   // its length
    u64 cell;    // the unit's index over the batch
    u64 seed;    // of the run
    u32 node;    // number of this system's random stream
    u32 given;   // bit p: the run was given input p
    const void* table;  // the program's table, or null
};

__device__ __forceinline__ Tick tick(const LaunchArgs& args, u32 k, u64 cell) {
    const ClockArgs& c = args.clock;
    Tick at = {c.i + k, c.t0 + double(c.done + k) * c.dt, c.dt, cell, args.seed, args.node, args.given, args.weights[0]};
    return at;
}

#if N_INPUTS <= 1
typedef acc_t Input;
#else
struct Input {
    acc_t port[N_INPUTS];
};
#endif
