// The code that the two loops over a pointwise model share: the addresses of a unit's state, inputs
// and parameters.
#pragma once
#include "contract.cuh"
#include "monitor.cuh"

// A unit: its index over the batch, its batch row, and its number in the row.
struct Cell {
    u64 index, row, unit;
    bool inside;
};

__device__ __forceinline__ Cell cell_of(const LaunchArgs& args) {
    const u64 index = (u64)blockIdx.x * blockDim.x + threadIdx.x;
    const u64 all = args.rows * args.units;
    // A thread beyond the end repeats the last unit and stores nothing, so that all lanes of a warp
    // stay together.
    const bool inside = index < all;
    const u64 own = inside ? index : all - 1;
    const u64 row = args.rows == 1 ? 0 : own / args.units;
    Cell cell = {own, row, own - row * args.units, inside};
    return cell;
}

__device__ __forceinline__ Params params_of(const LaunchArgs& args, const Params& same, u64 unit) {
    Params p = same;
#ifdef GENERIC
#define EACH 0xffffffffu
#endif
#if defined(EACH)
    acc_t* fields = reinterpret_cast<acc_t*>(&p);
#pragma unroll
    for (int f = 0; f < int(sizeof(Params) / sizeof(acc_t)) && f < MAX_EACH; ++f) {
#ifdef GENERIC
        if (args.each[f]) fields[f] = args.each[f][unit];
#else
        if ((EACH) >> f & 1u) fields[f] = args.each[f][unit];
#endif
    }
#endif
    return p;
}

// The value of an input that is not given.
__device__ const scalar_t NOTHING = {};

// The addresses of a unit's inputs in one step.
struct Feed {
    const scalar_t* at[N_INPUTS + 1];

    __device__ __forceinline__ Feed(const LaunchArgs& args, u64 k, const Cell& cell) {
#pragma unroll
        for (int p = 0; p < N_INPUTS; ++p) {
            const Port& port = args.ports[p];
            at[p] = port.at ? port.at + k * port.step + cell.row * port.row + cell.unit * port.unit : &NOTHING;
        }
    }

    __device__ __forceinline__ Input read() const {
#if N_INPUTS == 0
        return acc_t(0);
#elif N_INPUTS == 1
        return load(at[0]);
#else
        Input x;
#pragma unroll
        for (int p = 0; p < N_INPUTS; ++p) x.port[p] = load(at[p]);
        return x;
#endif
    }

    __device__ __forceinline__ void advance(const LaunchArgs& args) {
#pragma unroll
        for (int p = 0; p < N_INPUTS; ++p) at[p] += args.ports[p].step;
    }
};

// Whether an input differs between steps.
__device__ __forceinline__ bool is_moving(const LaunchArgs& args) {
    bool moving = false;
#pragma unroll
    for (int p = 0; p < N_INPUTS; ++p) moving |= args.ports[p].step != 0;
    return moving;
}

__device__ __forceinline__ State load_state(const LaunchArgs& args, const Cell& cell) {
    State s;
    acc_t* fields = reinterpret_cast<acc_t*>(&s);
    const u64 all = args.rows * args.units;
#pragma unroll
    for (int v = 0; v < N_STATE; ++v) fields[v] = load(args.state + v * all + cell.index);
    return s;
}

__device__ __forceinline__ void store_state(const LaunchArgs& args, const Cell& cell, const State& s) {
    const acc_t* fields = reinterpret_cast<const acc_t*>(&s);
    const u64 all = args.rows * args.units;
#pragma unroll
    for (int v = 0; v < N_STATE; ++v) store(args.state + v * all + cell.index, fields[v]);
}

// Variable `var` of the state, or the output. The loop unrolls, so that the state stays in
// registers.
__device__ __forceinline__ acc_t value_of(const State& s, acc_t y, u32 var) {
    const acc_t* fields = reinterpret_cast<const acc_t*>(&s);
    acc_t value = y;
#pragma unroll
    for (int v = 0; v < N_STATE; ++v) value = var == (u32)v ? fields[v] : value;
    return value;
}

// The slot of this unit in the first kept step.
__device__ __forceinline__ RecordSlot record_slot_of(const LaunchArgs& args, int r, const Cell& cell) {
    return record_slot(args, r, cell.row, cell.unit, 0, (u64)blockIdx.x * blockDim.x + threadIdx.x, 0, cell.inside);
}

// Records step k.
__device__ __forceinline__ void record(const LaunchArgs& args, u32 k, const Cell& cell, const State& s, acc_t y) {
#ifdef GENERIC
#pragma unroll 1
#else
#pragma unroll
#endif
    for (int r = 0; r < N_PROBES; ++r) {
        u32 kept;
        if (!args.probes[r].to || !keeps(args.probes[r], k, kept)) continue;
        RecordSlot to = record_slot_of(args, r, cell);
        to.at += kept * stride_of(args, r);
        put(args, r, to, value_of(s, y, probe_var(args, r)));
    }
}

// Records successive steps from the chunk's first one on. It counts steps, while `record` divides.
#ifdef GENERIC
struct Recorder {
    __device__ __forceinline__ Recorder(const LaunchArgs&, const Cell&) {}
    __device__ __forceinline__ void after(const LaunchArgs& args, u32 k, const Cell& cell, const State& s, acc_t y) { record(args, k, cell, s, y); }
};
#else
struct Recorder {
    u32 next[N_PROBES + 1];       // the next kept step
    RecordSlot to[N_PROBES + 1];  // and its slot

    __device__ __forceinline__ Recorder(const LaunchArgs& args, const Cell& cell) {
#pragma unroll
        for (int r = 0; r < N_PROBES; ++r) {
            next[r] = args.probes[r].to ? args.probes[r].first : 0xffffffffu;
            if (args.probes[r].to) to[r] = record_slot_of(args, r, cell);
        }
    }

    __device__ __forceinline__ void after(const LaunchArgs& args, u32 k, const Cell&, const State& s, acc_t y) {
#pragma unroll
        for (int r = 0; r < N_PROBES; ++r) {
            if (k != next[r]) continue;
            put(args, r, to[r], value_of(s, y, probe_var(args, r)));
            to[r].at += stride_of(args, r);
            next[r] += args.probes[r].every;
        }
    }
};
#endif
