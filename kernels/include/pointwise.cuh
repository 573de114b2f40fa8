// What the two loops over a pointwise model share: where a unit's state, inputs and parameters lie.
#pragma once
#include "contract.cuh"
#include "monitor.cuh"

// A unit, counted over the batch, by row, and within its row.
struct Cell {
    u64 index, row, unit;
    bool inside;
};

__device__ __forceinline__ Cell cell_of(const Job& job) {
    const u64 index = (u64)blockIdx.x * blockDim.x + threadIdx.x;
    const u64 all = job.rows * job.units;
    // A thread beyond the end computes the last unit along with its owner, so that a warp stays whole, and stores nothing.
    const bool inside = index < all;
    const u64 own = inside ? index : all - 1;
    const u64 row = job.rows == 1 ? 0 : own / job.units;
    Cell cell = {own, row, own - row * job.units, inside};
    return cell;
}

__device__ __forceinline__ Params params_of(const Job& job, const Params& same, u64 unit) {
    Params p = same;
#ifdef GENERIC
#define EACH 0xffffffffu
#endif
#if defined(EACH)
    acc_t* fields = reinterpret_cast<acc_t*>(&p);
#pragma unroll
    for (int f = 0; f < int(sizeof(Params) / sizeof(acc_t)) && f < MAX_EACH; ++f) {
#ifdef GENERIC
        if (job.each[f]) fields[f] = job.each[f][unit];
#else
        if ((EACH) >> f & 1u) fields[f] = job.each[f][unit];
#endif
    }
#endif
    return p;
}

__device__ __forceinline__ acc_t port_at(const Port& port, u64 k, const Cell& cell) {
    return port.at ? load(port.at + k * port.step + cell.row * port.row + cell.unit * port.unit) : acc_t(0);
}

__device__ __forceinline__ Input input_at(const Job& job, u64 k, const Cell& cell) {
#if N_INPUTS == 0
    return acc_t(0);
#elif N_INPUTS == 1
    return port_at(job.ports[0], k, cell);
#else
    Input x;
#pragma unroll
    for (int p = 0; p < N_INPUTS; ++p) x.port[p] = port_at(job.ports[p], k, cell);
    return x;
#endif
}

__device__ __forceinline__ State load_state(const Job& job, const Cell& cell) {
    State s;
    acc_t* fields = reinterpret_cast<acc_t*>(&s);
    const u64 all = job.rows * job.units;
#pragma unroll
    for (int v = 0; v < N_STATE; ++v) fields[v] = load(job.state + v * all + cell.index);
    return s;
}

__device__ __forceinline__ void store_state(const Job& job, const Cell& cell, const State& s) {
    const acc_t* fields = reinterpret_cast<const acc_t*>(&s);
    const u64 all = job.rows * job.units;
#pragma unroll
    for (int v = 0; v < N_STATE; ++v) store(job.state + v * all + cell.index, fields[v]);
}

// Variable `var` of the state, or the output. The loop unrolls, so that the state stays in registers.
__device__ __forceinline__ acc_t value_of(const State& s, acc_t y, u32 var) {
    const acc_t* fields = reinterpret_cast<const acc_t*>(&s);
    acc_t value = y;
#pragma unroll
    for (int v = 0; v < N_STATE; ++v) value = var == (u32)v ? fields[v] : value;
    return value;
}
