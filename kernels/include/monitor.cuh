// Recordings. Which variables, and how, is known when this is compiled: PROBE_VARS and PROBE_MODES are lists of N_PROBES
// numbers. With -DGENERIC they are read from the job instead.
#pragma once
#include "job.cuh"

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

__device__ __forceinline__ u32 probe_var(const Job& job, int p) {
#if defined(GENERIC) || N_PROBES == 0
    return job.probes[p].var;
#else
    return PROBE_VAR[p];
#endif
}

__device__ __forceinline__ u32 probe_mode(const Job& job, int p) {
#if defined(GENERIC) || N_PROBES == 0
    return job.probes[p].mode;
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

// Keeps x, element `element` of row `row`, of which a row has `len`. For BITS all lanes of a warp must come here with
// consecutive elements, those that have none with `inside` false; `group` is what bits are counted in.
__device__ __forceinline__ void keep(const Job& job, int p, u32 kept, u64 row, u64 element, u64 group, u64 bit, u64 words, bool inside, acc_t x) {
    const Probe& probe = job.probes[p];
    switch (probe_mode(job, p)) {
        case BITS: {
            const u32 bits = __ballot_sync(0xffffffffu, inside && rounded(x) != acc_t(0));
            if ((threadIdx.x & 31u) == 0 && inside) ((u32*)probe.to)[kept * probe.stride + group * words + bit / 32] = bits;
            break;
        }
        case PICK: {
            const int slot = inside ? probe.slot[element] : -1;
            if (slot >= 0) store((scalar_t*)probe.to + kept * probe.stride + row * probe.width + slot, x);
            break;
        }
        default:
            if (inside) store((scalar_t*)probe.to + kept * probe.stride + row * probe.width + element, x);
    }
}
