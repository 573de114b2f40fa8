// Recordings. PROBE_VARS and PROBE_MODES list the variable and the form of each of N_PROBES
// recordings. With -DGENERIC the launch arguments hold both instead.
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

// Whether a recording may have the form BITS, for which all lanes of a warp must stay together.
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

// Whether a probe keeps step k; `kept` is then the number of that step among the kept ones.
__device__ __forceinline__ bool keeps(const Probe& probe, u32 k, u32& kept) {
    if (k < probe.first) return false;
    const u32 since = k - probe.first;
    kept = since / probe.every;
    return since % probe.every == 0;
}

// The address of a lane's element of a kept step, and whether the lane has one.
struct RecordSlot {
    char* at;
    bool wanted;
};

// The slot in the first kept step for element `element` of row `row`; with BITS for bit `bit` of
// group `group`, which has `words` words. With BITS the lanes of a warp have consecutive bits, and
// lane 0 has the first bit of a word.
__device__ __forceinline__ RecordSlot record_slot(const LaunchArgs& args, int p, u64 row, u64 element, u64 group, u64 bit, u64 words, bool inside) {
    const Probe& probe = args.probes[p];
    if (probe_mode(args, p) == BITS) return {(char*)((u32*)probe.to + group * words + bit / 32), inside};
    const int slot = probe_mode(args, p) == PICK && inside ? probe.slot[element] : 0;
    const u64 place = probe_mode(args, p) == PICK ? (u64)slot : element;
    return {(char*)((scalar_t*)probe.to + row * probe.width + place), inside && slot >= 0};
}

// The stride between kept steps, in bytes.
__device__ __forceinline__ u64 stride_of(const LaunchArgs& args, int p) {
    return args.probes[p].stride * (probe_mode(args, p) == BITS ? sizeof(u32) : sizeof(scalar_t));
}

// Stores x in a slot. With BITS all lanes of a warp must call this.
__device__ __forceinline__ void put(const LaunchArgs& args, int p, RecordSlot slot, acc_t x) {
    if (probe_mode(args, p) == BITS) {
        const u32 bits = __ballot_sync(0xffffffffu, slot.wanted && rounded(x) != acc_t(0));
        if (slot.wanted && (threadIdx.x & 31u) == 0) *(u32*)slot.at = bits;
    } else if (slot.wanted) {
        store((scalar_t*)slot.at, x);
    }
}

// Records x in kept step number `kept`; the other arguments are those of `record_slot`.
__device__ __forceinline__ void keep(const LaunchArgs& args, int p, u32 kept, u64 row, u64 element, u64 group, u64 bit, u64 words, bool inside, acc_t x) {
    RecordSlot to = record_slot(args, p, row, element, group, bit, words, inside);
    to.at += kept * stride_of(args, p);
    put(args, p, to, x);
}
