// The contract between a recurrent cell and the loops. A cell's file includes this file and defines
// three numbers and four functions:
//
//     constexpr u32 GATES = 4;    // columns of Wh for each unit
//     constexpr u32 STATES = 2;   // values of state for each unit; the first, h, is the output
//     constexpr u32 PHASES = 1;   // products with Wh in sequence
//     __device__ constexpr u32 first_gate(u32 phase);   // a phase computes the gates from this one up to the next phase's first gate
//     __device__ acc_t start(u32 gate, const Gates& input, acc_t bh);
//     __device__ acc_t operand(const Gates& sum, acc_t h);
//     __device__ void update(const Gates& sum, const Gates& input, acc_t (&state)[STATES]);
//
// `input` is b + x·Wi. `bh` is a weight [H] of some cells, else 0. The sum of a gate is `start`
// plus a product with Wh: of h in the first phase, of `operand` of the gates so far in the second
// phase. With all gates, `update` computes the new state, which the loop rounds. All of these
// functions compute one unit; units interact in the products alone.
#pragma once
#include "launch_args.cuh"

// The number of this chunk's steps that a batch row makes: the first ones.
__device__ __forceinline__ u32 steps_of(const LaunchArgs& args, u64 row) {
    if (!args.ends) return args.steps;
    const u64 end = args.ends[row], done = args.clock.done;
    return end <= done ? 0 : end - done < args.steps ? u32(end - done) : args.steps;
}
