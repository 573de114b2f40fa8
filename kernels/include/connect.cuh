// Synapses from counters: the counterpart of src/connectivity, whose comments give the reasons. The
// same operations give the same synapses.
#pragma once
#include "connect_args.cuh"
#include "exp.cuh"
#include "philox.cuh"

// Whether any distribution has bounds. A network's kernel defines it for its procedural projections.
#ifndef BOUNDED
#define BOUNDED 1
#endif

namespace connect {

constexpr u32 NOBODY = 0xffffffffu;

__device__ __forceinline__ double ln(double x) {
    constexpr u64 ONE = 0x3ff0000000000000ull, ROOT_HALF = 0x3fe6a09e667f3bcdull;
    constexpr double ROUNDER = 6755399441055744.0;  // 1.5·2⁵²
    const u64 bits = (u64)__double_as_longlong(x) + (ONE - ROOT_HALF);
    const double exponent = __longlong_as_double((long long)((u64)__double_as_longlong(ROUNDER) + (bits >> 52))) - (ROUNDER + 1023.0);
    const double m = __longlong_as_double((long long)((bits & 0xfffffffffffffull) + ROOT_HALF));
    const double s = (m - 1.0) / (m + 1.0);
    const double q = s * s;
    double p = 2.0 / 21.0;
    p = fma(q, p, 2.0 / 19.0);
    p = fma(q, p, 2.0 / 17.0);
    p = fma(q, p, 2.0 / 15.0);
    p = fma(q, p, 2.0 / 13.0);
    p = fma(q, p, 2.0 / 11.0);
    p = fma(q, p, 2.0 / 9.0);
    p = fma(q, p, 2.0 / 7.0);
    p = fma(q, p, 2.0 / 5.0);
    p = fma(q, p, 2.0 / 3.0);
    const double log_m = fma(s * q, p, s + s);
    return fma(exponent, 0.693147180559945309417, log_m);
}

// The number of targets that are skipped before the next one, from 64 random bits.
__device__ __forceinline__ u32 gap(u64 word, double factor) {
    const double u = 2.0 - __longlong_as_double((long long)(0x3ff0000000000000ull | word >> 12));
    return (u32)floor(fmin(ln(u) * factor, 4294967295.0));
}

// A keyed permutation of 0 … n − 1.
struct Permutation {
    static constexpr int MOST = 16;
    u32 n, low_bits, low_mask, high_mask;
    int rounds;
    u32 keys[MOST];

    __device__ Permutation(const ConnectArgs& c, u32 neuron, u32 n) : n(n) {
        const u32 bits = n > 1 ? 32 - __clz(n - 1) : 0;
        low_bits = (bits + 1) / 2;
        low_mask = (1u << low_bits) - 1;
        high_mask = (1u << bits / 2) - 1;
        rounds = bits < 12 ? MOST : 8;
#pragma unroll
        for (int block = 0; block < MOST / 4; ++block) {
            const Words w = random_words(c.seed, c.stream, neuron, KEYS | (u64)block);
            keys[4 * block] = w.a, keys[4 * block + 1] = w.b, keys[4 * block + 2] = w.c, keys[4 * block + 3] = w.d;
        }
    }

    static __device__ __forceinline__ u32 hash(u32 x) {
        x ^= x >> 16;
        x *= 0x7feb352du;
        x ^= x >> 15;
        x *= 0x846ca68bu;
        return x ^ x >> 16;
    }

    __device__ __forceinline__ u32 once(u32 x) const {
        u32 high = x >> low_bits, low = x & low_mask;
        // The loop is unrolled, so that the keys stay in registers.
#pragma unroll
        for (int r = 0; r < MOST; r += 2) {
            if (r < rounds) {
                low ^= hash(high ^ keys[r]) & low_mask;
                high ^= hash(low ^ keys[r + 1]) & high_mask;
            }
        }
        return high << low_bits | low;
    }

    __device__ __forceinline__ u32 at(u32 x) const {
        do x = once(x);
        while (x >= n);
        return x;
    }

    // Value number `slot` among the first `count` values other than `own`.
    __device__ __forceinline__ u32 first(u32 slot, u32 count, u32 own) const {
        const u32 x = at(slot);
        return x == own ? at(count) : x;
    }
};

// The target that is the source itself, and the source that is the target itself; NOBODY if
// autapses stay, or if there is no such neuron.
__device__ __forceinline__ u32 own_target(const ConnectArgs& c, u32 source) {
    const long long target = (long long)source + (c.own_shift == NO_SHIFT ? 0 : c.own_shift);
    return c.own_shift != NO_SHIFT && target >= 0 && target < (long long)c.post ? (u32)target : NOBODY;
}
__device__ __forceinline__ u32 own_source(const ConnectArgs& c, u32 target) {
    const long long source = (long long)target - (c.own_shift == NO_SHIFT ? 0 : c.own_shift);
    return c.own_shift != NO_SHIFT && source >= 0 && source < (long long)c.pre ? (u32)source : NOBODY;
}

// A uniform number below n, from 64 random bits.
__device__ __forceinline__ u32 below(u64 word, u32 n) { return (u32)__umul64hi(word, n); }

// Draws the partners of a neuron with repetition, by a warp: numbers below n, without `own`. Calls
// `each(k, partner)` for each k in [begin, end); `begin` is even. A lane computes the two partners of
// a block of random words.
template <class Each>
__device__ __forceinline__ void partners(const ConnectArgs& c, u32 neuron, u32 n, u32 own, u32 begin, u32 end, Each each) {
    const u32 allowed = n - (u32)(own != NOBODY);
    for (u32 k = begin + 2 * (threadIdx.x % 32); k < end; k += 64) {
        const Words w = random_words(c.seed, c.stream, neuron, PARTNERS | (u64)(k / 2));
        // A loop, so that the code of `each` stands once.
#pragma unroll 1
        for (u32 half = 0; half < 2 && k + half < end; ++half) {
            const u32 partner = below(half ? (u64)w.c << 32 | w.d : (u64)w.a << 32 | w.b, allowed);
            each(k + half, partner + (u32)(partner >= own));
        }
    }
}

// The unit of a synapse's random values. The synapses of a pair have different numbers.
__device__ __forceinline__ u64 unit(const ConnectArgs& c, u32 source, u32 number) { return source + (u64)c.pre * number; }

// A value of a distribution, without bounds.
__device__ __forceinline__ double draw_once(const ConnectArgs& c, const DrawArgs& of, u64 unit, u64 step) {
    if (of.distribution == UNIFORM) {
        const Words w = random_words(c.seed, c.stream, unit, step);
        return of.location + of.scale * ((double)(((u64)w.a << 32 | w.b) >> 11) / 9007199254740992.0);
    }
    const double normal = of.location + of.scale * (double)random_normal(c.seed, c.stream, unit, step);
    return of.distribution == LOG_NORMAL ? math::exp_of(normal) : normal;
}

// The value of a synapse.
__device__ __forceinline__ double draw(const ConnectArgs& c, const DrawArgs& of, u64 purpose, u64 unit, u32 target) {
#if BOUNDED
    for (u32 number = 0;; ++number) {
        const double value = draw_once(c, of, unit, purpose | (u64)number << 32 | target);
        const bool is_low = value < of.min, is_high = value > of.max;
        if (!(is_low || is_high)) return value;
        if (number + 1 >= of.draws) return is_low ? of.min : of.max;
    }
#else
    return draw_once(c, of, unit, purpose | target);
#endif
}
__device__ __forceinline__ unsigned short steps(double delay, double dt, u32 lead) {
    const u32 all = (u32)fmin(rint(fmax(delay, 0.0) / dt), 65535.0);
    return (unsigned short)(all - min(all, lead));
}
__device__ __forceinline__ int integer_weight(double weight, double inv_scale) { return (int)rint(weight * inv_scale); }

__device__ __forceinline__ u32 target(const ConnectArgs& c, u64 place) {
    return c.wide_targets ? ((const u32*)c.targets)[place] : ((const unsigned short*)c.targets)[place];
}
__device__ __forceinline__ void set_target(const ConnectArgs& c, u64 place, u32 target) {
    if (c.wide_targets)
        ((u32*)c.targets)[place] = target;
    else
        ((unsigned short*)c.targets)[place] = (unsigned short)target;
}

// Generates a row of FIXED_PROB by a warp, 64 draws at a time. Every lane calls
// `each(taken, target, number in the row)` twice for each 64 draws. Returns the row's length.
template <class Each>
__device__ __forceinline__ u32 gaps(const ConnectArgs& c, u32 source, Each each) {
    const u32 lane = threadIdx.x & 31, below = (1u << lane) - 1, own = own_target(c, source);
    u64 at = 0;
    u32 found = 0;
    for (u64 block = lane; at < c.post; block += 32) {
        const Words w = random_words(c.seed, c.stream, source, GAPS | block);
        const u32 g0 = gap((u64)w.a << 32 | w.b, c.factor), g1 = gap((u64)w.c << 32 | w.d, c.factor);
        // The first possible target behind this lane's two targets.
        const u64 both = (u64)g0 + g1 + 2;
        u64 end = both;
#pragma unroll
        for (int by = 1; by < 32; by *= 2) {
            const u64 before = __shfl_up_sync(0xffffffffu, end, by);
            if (lane >= (u32)by) end += before;
        }
        end += at;
        const u64 t0 = end - both + g0, t1 = end - 1;
        const bool takes0 = t0 < c.post && t0 != own, takes1 = t1 < c.post && t1 != own;
        const u32 mask0 = __ballot_sync(0xffffffffu, takes0), mask1 = __ballot_sync(0xffffffffu, takes1);
        const u32 number = found + __popc(mask0 & below) + __popc(mask1 & below);
        each(takes0, (u32)t0, number);
        each(takes1, (u32)t1, number + takes0);
        found += __popc(mask0) + __popc(mask1);
        at = __shfl_sync(0xffffffffu, end, 31);
    }
    return found;
}

}  // namespace connect
