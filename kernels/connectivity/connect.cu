// The passes that generate a projection's synapses. Each is a module of its own; PASS selects it:
//   0 connect_count    the row lengths of FIXED_PROB, FIXED_NUM_PRE and FIXED_TOTAL_NUMBER, unknown
//                      to the host
//   1 connect_fill     targets and delays, and with multapses the numbers of synapses
//   2 connect_order    sorts each row by (delay, target, number): FIXED_NUM_PRE, FIXED_NUM_POST,
//                      FIXED_TOTAL_NUMBER, and delays that differ
//   3 connect_weights  integer weights
// Each pass takes one `ConnectArgs`. The host sums the lengths between passes 0 and 1. A warp
// generates a row (FIXED_NUM_PRE: a column); a block sorts a row.
#include "connect.cuh"

using namespace connect;

// The rows of this warp: the first one, and the stride between them.
struct Turn {
    u32 lane;
    u64 first, stride;
    __device__ Turn() : lane(threadIdx.x & 31), first(((u64)blockIdx.x * blockDim.x + threadIdx.x) / 32), stride((u64)gridDim.x * blockDim.x / 32) {}
};

#if PASS == 0
// The pairs that a synapse may have, numbered by source: the counterpart of src/connectivity/total_number.rs.
struct AllowedPairs {
    u64 post, first, less, pairs;
    __device__ explicit AllowedPairs(const ConnectArgs& c) : post(c.post), first(0), less(0) {
        if (c.own_shift != NO_SHIFT) {
            const long long end = min(max((long long)c.post - c.own_shift, 0ll), (long long)c.pre);
            first = (u64)min(max(-c.own_shift, 0ll), end);
            less = (u64)end - first;
        }
        pairs = c.pre * post - less;
    }
    // The source of a uniform pair, from 64 random bits.
    __device__ __forceinline__ u32 source(u64 word) const {
        const u64 pair = __umul64hi(word, pairs), before = first * post;
        if (pair < before) return (u32)(pair / post);
        if (pair - before < less * (post - 1)) return (u32)(first + (pair - before) / (post - 1));
        return (u32)((pair + less) / post);
    }
};

extern "C" __global__ void __launch_bounds__(256) connect_count(const ConnectArgs c) {
    const Turn turn;
    if (c.rule == FIXED_TOTAL_NUMBER) {
        const AllowedPairs pairs(c);
        for (u64 block = turn.first * 32 + turn.lane; 2 * block < c.count; block += turn.stride * 32) {
            const Words w = random_words(c.seed, c.stream, block, SOURCES);
            atomicAdd(c.counts + pairs.source((u64)w.a << 32 | w.b), 1u);
            if (2 * block + 1 < c.count) atomicAdd(c.counts + pairs.source((u64)w.c << 32 | w.d), 1u);
        }
        return;
    }
    if (c.rule == FIXED_NUM_PRE) {
        for (u64 column = turn.first; column < c.post; column += turn.stride) {
            const u32 own = own_source(c, (u32)column);
            if (c.multapses) {
                partners(c, (u32)column, c.pre, own, 0, (u32)c.count, [&](u32, u32 source) { atomicAdd(c.counts + source, 1u); });
                continue;
            }
            const Permutation permutation(c, (u32)column, c.pre);
            for (u32 slot = turn.lane; slot < c.count; slot += 32) atomicAdd(c.counts + permutation.first(slot, (u32)c.count, own), 1u);
        }
        return;
    }
    for (u64 row = turn.first; row < c.pre; row += turn.stride) {
        const u32 length = gaps(c, (u32)row, [](bool, u32, u32) {});
        if (turn.lane == 0) c.counts[row] = length;
    }
}
#elif PASS == 1
__device__ __forceinline__ void put(const ConnectArgs& c, u64 place, u32 source, u32 target, u32 number = 0) {
    set_target(c, place, target);
    if (c.delays) c.delays[place] = steps(draw(c, c.delay_draw, DELAY, unit(c, source, number), target), c.dt, c.lead);
    if (c.multapses && c.weights) c.weights[place] = (int)number;
}

// Two blocks of an SM leave 128 registers, so that no architecture spills.
extern "C" __global__ void __launch_bounds__(256, 2) connect_fill(const ConnectArgs c) {
    const Turn turn;
    if (c.rule == FIXED_NUM_PRE) {
        for (u64 column = turn.first; column < c.post; column += turn.stride) {
            const u32 own = own_source(c, (u32)column);
            if (c.multapses) {
                partners(c, (u32)column, c.pre, own, 0, (u32)c.count, [&](u32 number, u32 source) {
                    put(c, c.offsets[source] + atomicAdd(c.counts + source, 1u), source, (u32)column, number);
                });
                continue;
            }
            const Permutation permutation(c, (u32)column, c.pre);
            for (u32 slot = turn.lane; slot < c.count; slot += 32) {
                const u32 source = permutation.first(slot, (u32)c.count, own);
                put(c, c.offsets[source] + atomicAdd(c.counts + source, 1u), source, (u32)column);
            }
        }
        return;
    }
    for (u64 row = turn.first; row < c.pre; row += turn.stride) {
        const u32 source = (u32)row;
        const u64 start = c.offsets[row];
        if (c.rule == FIXED_PROB) {
            gaps(c, source, [&](bool takes, u32 target, u32 number) {
                if (takes) put(c, start + number, source, target);
            });
            continue;
        }
        const u32 length = (u32)(c.offsets[row + 1] - start), own = own_target(c, source);
        if (c.multapses) {
            partners(c, source, c.post, own, 0, length, [&](u32 number, u32 target) { put(c, start + number, source, target, number); });
        } else if (c.rule == FIXED_NUM_POST) {
            const Permutation permutation(c, source, c.post);
            for (u32 slot = turn.lane; slot < length; slot += 32) put(c, start + slot, source, permutation.first(slot, length, own));
        } else {
            for (u32 slot = turn.lane; slot < length; slot += 32) {
                put(c, start + slot, source, c.rule == ONE_TO_ONE ? source : slot + (u32)(slot >= own));
            }
        }
    }
}
#elif PASS == 2
// The keys that fit in shared memory, alone or with numbers.
constexpr u32 SHARED_KEYS = 4096, SHARED_NUMBERED = SHARED_KEYS * 2 / 3;

// The sort keys of a row, in shared memory or in place: the delay in the high half, the target in
// the low half. Equal keys are sorted by number, if there are numbers.
struct Keys {
    const ConnectArgs& c;
    u64 start;
    u64* shared;
    int* numbers;

    __device__ __forceinline__ u64 read_key(u32 k) const {
        return (u64)(c.delays ? c.delays[start + k] : 0) << 32 | target(c, start + k);
    }
    __device__ __forceinline__ void write_key(u32 k, u64 key) const {
        set_target(c, start + k, (u32)key);
        if (c.delays) c.delays[start + k] = (unsigned short)(key >> 32);
    }
    // Orders two keys.
    __device__ __forceinline__ void pair(u32 i, u32 j) const {
        const u64 a = shared ? shared[i] : read_key(i), b = shared ? shared[j] : read_key(j);
        if (a < b) return;
        if (a == b && (!numbers || numbers[i] < numbers[j])) return;
        if (numbers) {
            const int number = numbers[i];
            numbers[i] = numbers[j], numbers[j] = number;
        }
        if (shared) {
            shared[i] = b, shared[j] = a;
        } else {
            write_key(i, b), write_key(j, a);
        }
    }
};

// Batcher's bitonic sort, in the form in which each comparison puts the smaller key first, so that
// keys beyond the end never move.
extern "C" __global__ void __launch_bounds__(128) connect_order(const ConnectArgs c) {
    __shared__ u64 shared_keys[SHARED_KEYS];
    for (u64 row = blockIdx.x; row < c.pre; row += gridDim.x) {
        const u64 start = c.offsets[row];
        const u32 n = (u32)(c.offsets[row + 1] - start);
        int* const stored_numbers = c.multapses && c.weights ? c.weights + start : nullptr;
        int* const shared_numbers = (int*)(shared_keys + SHARED_NUMBERED);
        const bool fits = n <= (stored_numbers ? SHARED_NUMBERED : SHARED_KEYS);
        const Keys keys{c, start, fits ? shared_keys : nullptr, stored_numbers && fits ? shared_numbers : stored_numbers};
        if (fits) {
            for (u32 k = threadIdx.x; k < n; k += blockDim.x) {
                shared_keys[k] = keys.read_key(k);
                if (stored_numbers) shared_numbers[k] = stored_numbers[k];
            }
        }
        __syncthreads();
        for (u32 top = 1; 1ull << (top - 1) < n; ++top) {
            for (u32 bit = top; bit-- > 0;) {
                const u64 half = 1ull << bit;
                for (u64 t = threadIdx.x;; t += blockDim.x) {
                    const u64 i = t >> bit << (bit + 1) | (t & (half - 1));
                    if (i >= n) break;
                    const u64 j = bit + 1 == top ? i ^ (2 * half - 1) : i + half;
                    if (j < n) keys.pair((u32)i, (u32)j);
                }
                __syncthreads();
            }
        }
        if (fits) {
            for (u32 k = threadIdx.x; k < n; k += blockDim.x) {
                keys.write_key(k, shared_keys[k]);
                if (stored_numbers) stored_numbers[k] = shared_numbers[k];
            }
        }
        __syncthreads();
    }
}
#else
extern "C" __global__ void __launch_bounds__(256) connect_weights(const ConnectArgs c) {
    const Turn turn;
    for (u64 row = turn.first; row < c.pre; row += turn.stride) {
        const u64 end = c.offsets[row + 1];
        for (u64 place = c.offsets[row] + turn.lane; place < end; place += 32) {
            const u64 synapse = unit(c, (u32)row, c.multapses ? (u32)c.weights[place] : 0);
            c.weights[place] = integer_weight(draw(c, c.weight_draw, WEIGHT, synapse, target(c, place)), c.inv_scale);
        }
    }
}
#endif
