// The code that the two reference loops over a recurrent cell share: a block computes the steps of
// one batch row, whose state lies in shared memory.
#pragma once
#include "cell_row.cuh"
#include "monitor.cuh"

static_assert(2 * STATES + KEPT == SHARED_ROWS, "the cell keeps another number of rows in shared memory than the program in Rust says");

// Records step k. The state lies in shared memory, where all threads read it: a word of BITS holds
// units of several threads. The output is 0 in a step that the row does not make.
__device__ __forceinline__ void record_row(const LaunchArgs& args, u32 k, u64 row, const acc_t* state, bool taken) {
    // One copy of the code for all recordings: a large block has few registers a thread.
#pragma unroll 1
    for (int r = 0; r < N_PROBES; ++r) {
        u32 kept;
        if (!args.probes[r].to || !keeps(args.probes[r], k, kept)) continue;
        // The output is the first state variable.
        const bool is_state = probe_var(args, r) == 0;
        const u32 len = (is_state ? STATES : 1) * (u32)args.units, words = (len + 31) / 32;
#pragma unroll 1
        for (u32 e = threadIdx.x; e < words * 32; e += blockDim.x) {
            const bool inside = e < len;
            keep(args, r, kept, row, e, row, e, words, inside, inside && (taken || is_state) ? state[e] : acc_t(0));
        }
    }
}

// Makes steps first … first + steps − 1 of the chunk for row blockIdx.x; backwards, these count
// from the chunk's last step.
__device__ __forceinline__ void make_steps(const LaunchArgs& args, u32 first, u32 steps) {
    extern __shared__ acc_t shared[];
    const u32 units = args.units, len = STATES * units;
    const u64 row = blockIdx.x;
    acc_t* chip = args.scratch ? args.scratch + row * SHARED_ROWS * units : shared;
    CellStep m;
    m.units = units;
    m.columns = (u64)GATES * units;
    m.wh = args.weights[0];
    m.bh = args.weights[1];
    m.kept = chip + 2 * (u64)len;
    // Two states in turn: a step needs no barrier between the last read of the old state and the
    // first write of the new one.
    acc_t *old = chip, *next = chip + len;
    scalar_t* state = args.state + row * len;
    for (u32 e = threadIdx.x; e < len; e += blockDim.x) old[e] = load(state + e);
    __syncthreads();
    const u32 length = steps_of(args, row);
    for (u32 n = first; n < first + steps; ++n) {
        const u32 k = args.backwards ? args.steps - 1 - n : n;
        const u64 at = k * args.rows + row;
        // The same for all threads of the block, which computes one row.
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
