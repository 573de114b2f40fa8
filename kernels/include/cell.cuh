// The contract between a recurrent cell and the loops. A cell's file includes this, and defines three numbers and three functions:
//
//     constexpr u32 GATES = 4;    // columns of Wh for each unit
//     constexpr u32 STATES = 2;   // values of state for each unit; the first, h, is the output
//     constexpr u32 PHASES = 1;   // products with Wh that must follow one another
//     __device__ constexpr u32 first_gate(u32 phase);   // a phase makes the gates from this one up to the next phase's
//     __device__ acc_t start(u32 gate, const Gates& input, acc_t bh);
//     __device__ acc_t operand(const Gates& sum, acc_t h);
//     __device__ void update(const Gates& sum, const Gates& input, acc_t (&state)[STATES]);
//
// `input` is b + x·Wi, and bh a weight [H] that only some cells have, else 0. The sum of a gate begins at `start`; to that comes a
// product with Wh: of h in the first phase, and in a second of what `operand` makes of the gates that are there by then. When all
// are, `update` makes the new state, which the loop rounds. All of this is of one unit: what passes between units is the product.
#pragma once
#include "launch_args.cuh"

// How many of these steps a cell's row takes: the first ones.
__device__ __forceinline__ u32 steps_of(const LaunchArgs& args, u64 row) {
    if (!args.ends) return args.steps;
    const u64 end = args.ends[row], done = args.clock.done;
    return end <= done ? 0 : end - done < args.steps ? u32(end - done) : args.steps;
}
