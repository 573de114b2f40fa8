// Recordings. Which variables, and how, is known when this is compiled: PROBE_VARS and PROBE_MODES are lists of N_PROBES
// numbers. With -DGENERIC they are read from the args instead.
#pragma once
#include "launch_args.cuh"

#ifdef GENERIC
#define N_PROBES MAX_PROBES
#endif
#ifndef N_PROBES
#define N_PROBES 0
#endif

#if N_PROBES > 0 && !defined(GENERIC)
__device__ constexpr u32 PROBE_VAR[] = {PROBE_VARS};
__device__ constexpr u32 PROBE_MODE[] = {PROBE_MODES};
#endif

__device__ __forceinline__ u32 probe_var(const LaunchArgs& args, int p) {
#if defined(GENERIC) || N_PROBES == 0
    return args.probes[p].var;
#else
    return PROBE_VAR[p];
#endif
}

__device__ __forceinline__ u32 probe_mode(const LaunchArgs& args, int p) {
#if defined(GENERIC) || N_PROBES == 0
    return args.probes[p].mode;
#else
    return PROBE_MODE[p];
#endif
}

// Whether a recording may be of bits, for which a warp must stay whole.
__device__ constexpr bool has_bits() {
#ifdef GENERIC
    return true;
#elif N_PROBES > 0
    for (u32 mode : PROBE_MODE) {
        if (mode == BITS) return true;
    }
#endif
    return false;
}

// Whether probe p keeps step k, which is the kept-th that it keeps.
__device__ __forceinline__ bool keeps(const Probe& probe, u32 k, u32& kept) {
    if (k < probe.first) return false;
    const u32 since = k - probe.first;
    kept = since / probe.every;
    return since % probe.every == 0;
}

// Where a lane puts its element of a kept step, if it has one to put.
struct Spot {
    char* at;
    bool wanted;
};

// That of the first kept step: element `element` of row `row`, which for BITS is bit `bit` of group `group` of so many words. For BITS
// the lanes of a warp have consecutive bits, the first a word's first.
__device__ __forceinline__ Spot spot(const LaunchArgs& args, int p, u64 row, u64 element, u64 group, u64 bit, u64 words, bool inside) {
    const Probe& probe = args.probes[p];
    if (probe_mode(args, p) == BITS) return {(char*)((u32*)probe.to + group * words + bit / 32), inside};
    const int slot = probe_mode(args, p) == PICK && inside ? probe.slot[element] : 0;
    const u64 place = probe_mode(args, p) == PICK ? (u64)slot : element;
    return {(char*)((scalar_t*)probe.to + row * probe.width + place), inside && slot >= 0};
}

// Bytes from one kept step to the next.
__device__ __forceinline__ u64 stride_of(const LaunchArgs& args, int p) {
    return args.probes[p].stride * (probe_mode(args, p) == BITS ? sizeof(u32) : sizeof(scalar_t));
}

// Puts x there. For BITS all lanes of a warp must come here.
__device__ __forceinline__ void put(const LaunchArgs& args, int p, Spot spot, acc_t x) {
    if (probe_mode(args, p) == BITS) {
        const u32 bits = __ballot_sync(0xffffffffu, spot.wanted && rounded(x) != acc_t(0));
        if (spot.wanted && (threadIdx.x & 31u) == 0) *(u32*)spot.at = bits;
    } else if (spot.wanted) {
        store((scalar_t*)spot.at, x);
    }
}

// Keeps x, of the kept-th kept step. See `spot`.
__device__ __forceinline__ void keep(const LaunchArgs& args, int p, u32 kept, u64 row, u64 element, u64 group, u64 bit, u64 words, bool inside, acc_t x) {
    Spot to = spot(args, p, row, element, group, bit, words, inside);
    to.at += kept * stride_of(args, p);
    put(args, p, to, x);
}
