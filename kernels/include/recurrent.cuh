// What the two loops over a recurrent cell share: a block makes some steps of one row, with the row's state on chip.
#pragma once
#include "cell_row.cuh"
#include "monitor.cuh"

static_assert(2 * STATES + KEPT == ON_CHIP, "the cell keeps another number of rows on chip than the program in Rust says");

// Recordings of step k. The state is on chip, where all threads can read it: bits are taken across what each computed. The output of a
// row that did not take the step is 0.
__device__ __forceinline__ void record_row(const LaunchArgs& args, u32 k, u64 row, const acc_t* state, bool taken) {
    // One copy of this code for all of them: registers are scarce where a block is large.
#pragma unroll 1
    for (int r = 0; r < N_PROBES; ++r) {
        u32 kept;
        if (!args.probes[r].to || !keeps(args.probes[r], k, kept)) continue;
        // The output is the first of the state.
        const bool is_state = probe_var(args, r) == 0;
        const u32 len = (is_state ? STATES : 1) * (u32)args.units, words = (len + 31) / 32;
#pragma unroll 1
        for (u32 e = threadIdx.x; e < words * 32; e += blockDim.x) {
            const bool inside = e < len;
            keep(args, r, kept, row, e, row, e, words, inside, inside && (taken || is_state) ? state[e] : acc_t(0));
        }
    }
}

// Steps first … first + steps − 1 of the chunk, or, backwards, as many counted from its last; of row blockIdx.x.
__device__ __forceinline__ void make_steps(const LaunchArgs& args, u32 first, u32 steps) {
    extern __shared__ acc_t shared[];
    const u32 units = args.units, len = STATES * units;
    const u64 row = blockIdx.x;
    acc_t* chip = args.scratch ? args.scratch + row * ON_CHIP * units : shared;
    Moment m;
    m.units = units;
    m.columns = (u64)GATES * units;
    m.wh = args.weights[0];
    m.bh = args.weights[1];
    m.kept = chip + 2 * (u64)len;
    // Two states in turn, so that a step needs no barrier between the last read of the old one and the first write of the new.
    acc_t *old = chip, *next = chip + len;
    scalar_t* state = args.state + row * len;
    for (u32 e = threadIdx.x; e < len; e += blockDim.x) old[e] = load(state + e);
    __syncthreads();
    const u32 length = steps_of(args, row);
    for (u32 n = first; n < first + steps; ++n) {
        const u32 k = args.backwards ? args.steps - 1 - n : n;
        const u64 at = k * args.rows + row;
        // The same for all threads of the block, which has one row.
        const bool taken = k < length;
        if (taken) {
            m.gates = args.work + at * m.columns;
            m.old = old;
            m.next = next;
            step(m);
            __syncthreads();
            acc_t* const was = old;
            old = next;
            next = was;
        }
        if (args.y) {
            for_units(m, j) store(args.y + at * args.y_row + j, taken ? old[j] : acc_t(0));
        }
        record_row(args, k, row, old, taken);
    }
    for (u32 e = threadIdx.x; e < len; e += blockDim.x) store(state + e, old[e]);
}
