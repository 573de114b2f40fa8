// Networks: what the loops of all groups share. A warp takes 32 neurons of a row through all that they do in a step: it takes out what was
// added to their sums in the step before, makes the model's step, puts the spikes into the ring, and goes along the synapses of those that
// arrive. So nobody but a neuron's own warp reads its state, its ring or its spikes. What passes between warps is sums: integers, which are
// the same in whatever order they are added to. There are two of each, in turn: while step k adds to one, what step k − 1 left in the other
// is taken out. So there is one barrier a step, whatever the delays.
#pragma once
#include "job.cuh"

typedef unsigned short u16;
typedef long long i64;

// A number in the type of arithmetic, of a size that does not depend on it.
struct alignas(8) Value {
    acc_t value;
};

// What the loop of a group is given beside its Job. Its lists lie behind it, so many bytes from its beginning. The twins of this and of
// what follows are in src/cuda/structs/network.rs.
struct Group {
    Job job;
    scalar_t* flight;  // [rows][slots][words]: the spikes of the last steps, 16 neurons an element
    u32* spikes;       // [2][rows][groups]: how many of each group's neurons spike; null where nobody asks
    scalar_t* output;  // [kept][rows][groups]
    const acc_t* currents;    // [units], or null: each `current`
    Value current, noise;     // the noise times 1/√dt
    u64 noise_seed;
    u32 first, last;   // its warps
    u32 slots, words;
    u32 slot;          // the ring's slot of the chunk's first step
    u32 groups, number;               // how many groups there are, and which this is
    u32 output_first, output_every;   // which steps' output is kept
    u32 params, receptors, incoming, outgoing, poisson;  // lists, in bytes
    u32 n_outgoing, noise_stream;
    u32 plastic, n_sending, n_plastic;  // a list, and how many of it the group sends over: the first; see stdp.cuh
    u32 none;
};

// What spikes act on.
struct Receptor {
    Value decay;     // of a step
    Value reversal;  // of a conductance
    Value rise, gain;    // of a step: what is left of what it rises from, and how much that adds
    Value block, alpha;  // of a conductance that magnesium blocks
    u32 incoming[2];  // which of the incoming projections are its own
    u32 poisson[2];
};

// A projection, as the group sees it that its spikes go to: what its sums are worth.
struct Incoming {
    void* sums;   // [2][rows][reach]: u32, or i64 if exact
    u64 reach;    // neurons of the part that it goes to
    Value quantum;
    u32 first;    // neuron of that part
    u32 exact;
};

// The same as the group sees it that its spikes come from.
struct Outgoing {
    const u64* offsets;    // [sources + 1]: source r's synapses are offsets[r] to offsets[r + 1]
    const void* targets;   // [synapses] u16, or u32 if far: numbers within the part; ascending by (delay, target) in a row
    const int* mantissas;  // [synapses] weights, or null: all 1. With them, sums are i64
    const u16* delays;     // [synapses] in steps, or null: all `least`
    void* sums;
    u64 reach;
    const struct Connect* made;  // null, or what makes rows that are stored nowhere
    u32 first, sources;    // the part of this group
    u32 least, most;       // delay in steps
    u32 far;
    u32 many;              // so many spikes of a warp that arrive at once are gone along a lane a source; fewer, a lane a synapse
    // What becomes of spikes before, or null: variables [2 or 3][rows][units] of the sources' group. With it, sums are i64.
    void* terminal;
    Value constants[7];
    u64 law;
};

// Spikes from outside, for each neuron its own.
struct Poisson {
    const u32* thresholds;  // [most]: n spikes are those of a random word that is not below n of them
    Value weight;
    u32 most;
    u32 stream;
    u64 seed;
};

#ifdef GROUP_BYTES
static_assert(sizeof(Group) == GROUP_BYTES && sizeof(Receptor) == 64 && sizeof(Incoming) == 32 && sizeof(Outgoing) == 152 && sizeof(Poisson) == 32,
              "a struct here and in src/cuda/structs/network.rs differ in size");
#endif
/* the fields of Group are compared here */
/* the fields of Receptor are compared here */
/* the fields of Incoming are compared here */
/* the fields of Outgoing are compared here */
/* the fields of Poisson are compared here */

template <class L>
__device__ __forceinline__ const L* list(const Group& group, u32 at) {
    return (const L*)((const char*)&group + at);
}

// The first of ascending values from `from` on, before `to`, that is not below `least`: of a row's synapses by their delays. All lanes search.
template <class T>
__device__ __forceinline__ u64 first_of(const T* values, u64 from, u64 to, u32 least) {
    while (from < to) {
        const u64 apart = (to - from + 31) / 32;
        const u64 at = from + (threadIdx.x % 32) * apart;
        const int below = __popc(__ballot_sync(0xffffffffu, at < to && values[at] < least));
        if (below == 0) return from;
        // Lanes are ascending, so those below come first: it is after the last of them, and not after the next.
        const u64 next = from + below * apart;
        from = from + (below - 1) * apart + 1;
        to = next < to ? next : to;
    }
    return from;
}

// Nobody waits for what was there before.
__device__ __forceinline__ void add_to(u32* sum, u32 n) { asm volatile("red.relaxed.gpu.global.add.u32 [%0], %1;" ::"l"(sum), "r"(n)); }
__device__ __forceinline__ void add_to(i64* sum, i64 n) { asm volatile("red.relaxed.gpu.global.add.u64 [%0], %1;" ::"l"(sum), "l"(n)); }

#if PROCEDURAL
#include "procedural.cuh"
#endif
// That part of so many quanta, to the nearest.
__device__ __forceinline__ i64 part_of(int mantissa, int amount) { return ((i64)mantissa * amount + (1 << 29)) >> 30; }

template <class T>
__device__ __forceinline__ void add_all(const T* targets, const int* mantissas, u32 synapses, void* sums, int amount) {
#if TERMINALS
    if (amount) {
#pragma unroll 4
        for (u32 at = threadIdx.x % 32; at < synapses; at += 32) {
            add_to((i64*)sums + targets[at], mantissas ? part_of(mantissas[at], amount) : (i64)amount);
        }
        return;
    }
#endif
    if (mantissas) {
#pragma unroll 4
        for (u32 at = threadIdx.x % 32; at < synapses; at += 32) add_to((i64*)sums + targets[at], mantissas[at]);
    } else {
#pragma unroll 4
        for (u32 at = threadIdx.x % 32; at < synapses; at += 32) add_to((u32*)sums + targets[at], 1);
    }
}

// A projection's sums, of this copy of them.
__device__ __forceinline__ void* sums_of(const Outgoing& to, u64 copy) {
    bool exact = to.mantissas || (TERMINALS && to.terminal);
#if PROCEDURAL
    exact = exact || (to.made && connect::is_exact(*to.made));
#endif
    return (char*)to.sums + copy * to.reach * (exact ? sizeof(i64) : sizeof(u32));
}

// So many synapses from `begin` on, which pass on this amount, or, where it is 0, all that they have. A warp's lanes go along them.
__device__ __forceinline__ void add_row(const Outgoing& to, u64 begin, u32 synapses, void* sums, int amount) {
    const int* mantissas = to.mantissas ? to.mantissas + begin : nullptr;
    if (to.far) add_all((const u32*)to.targets + begin, mantissas, synapses, sums, amount);
    else add_all((const u16*)to.targets + begin, mantissas, synapses, sums, amount);
}

// A row of more than PIECE synapses, that all warps of a block go along.
struct Row {
    const Outgoing* to;
    void* sums;
    u64 begin;  // or, of one that is made, its source
    u64 synapses;
#if TERMINALS
    int amount;
#endif
};

// Those that have arrived in a block in step k: counter k mod 2 has how many, while the other is made 0. If there is no room for one, its
// warp goes along it alone.
struct Shelf {
    u32 count[2];
    Row rows[64];
};

__device__ __forceinline__ Shelf& shelf() {
    __shared__ Shelf own;
    return own;
}

// Before the first step, if any row is so long.
__device__ __forceinline__ void open_shelf(u32 shares) {
    if (!shares) return;
    if (threadIdx.x < 2) shelf().count[threadIdx.x] = 0;
    __syncthreads();
}

__device__ __forceinline__ bool shelve(const Row& row, u32 k) {
    Shelf& own = shelf();
    u32 place = 0;
    if (threadIdx.x % 32 == 0) {
        place = atomicAdd(&own.count[k & 1], 1u);
        if (place < sizeof(own.rows) / sizeof(Row)) own.rows[place] = row;
    }
    return __shfl_sync(0xffffffffu, place, 0) < sizeof(own.rows) / sizeof(Row);
}

// All warps of a block have sent what they send in step k, and now go along its long rows, a piece each in turn. Whatever they are for,
// all of them come here, or none. Its barrier is one of its own, so that a test can take it away.
__device__ __forceinline__ void share(u32 shares, u32 k) {
    if (!shares) return;
    asm volatile("bar.sync 1;" ::: "memory");
    Shelf& own = shelf();
    const u32 rows = min(own.count[k & 1], u32(sizeof(own.rows) / sizeof(Row)));
    if (threadIdx.x == 0) own.count[~k & 1] = 0;
    u32 next = threadIdx.x / 32;
    for (u32 r = 0; r < rows; ++r) {
        const Row& row = own.rows[r];
        const u32 synapses = u32(row.synapses), pieces = (synapses + PIECE - 1) / PIECE;
        for (; next < pieces; next += blockDim.x / 32) {
            const u32 at = next * PIECE;
#if PROCEDURAL
            if (row.to->made) {
                connect::add_piece(*row.to->made, u32(row.begin), next, row.sums);
                continue;
            }
#endif
#if TERMINALS
            const int amount = row.amount;
#else
            const int amount = 0;
#endif
            add_row(*row.to, row.begin + at, min(u32(PIECE), synapses - at), row.sums, amount);
        }
        next -= pieces;
    }
}

// Adds what a source's synapses of this delay carry, or that `amount` of it, to the sums of their targets, of this copy of them. It is step k.
__device__ __forceinline__ void deliver(const Outgoing& to, u32 source, u32 delay, u64 copy, u32 k, int amount = 0) {
#if PROCEDURAL
    if (to.made) {
        const u32 pieces = connect::pieces(*to.made);
        void* made = sums_of(to, copy);
        // As many synapses as have so many pieces.
        if (to.made->count > PIECE && shelve({&to, made, source, u64(pieces - 1) * PIECE + 1}, k)) return;
        for (u32 piece = 0; piece < pieces; ++piece) connect::add_piece(*to.made, source, piece, made);
        return;
    }
#endif
    u64 begin = to.offsets[source], end = to.offsets[source + 1];
    if (to.delays) {
        begin = first_of(to.delays, begin, end, delay);
        end = first_of(to.delays, begin, end, delay + 1);
    }
    const u32 synapses = u32(end - begin);
    void* sums = sums_of(to, copy);
#if TERMINALS
    const Row row = {&to, sums, begin, synapses, amount};
#else
    const Row row = {&to, sums, begin, synapses};
#endif
    if (synapses > PIECE && shelve(row, k)) return;
    add_row(to, begin, synapses, sums, amount);
}

// Adds 1, or what this synapse carries, or that amount of it.
template <class T>
__device__ __forceinline__ void add_one(const T* targets, const int* mantissas, u64 at, void* sums, int amount) {
#if TERMINALS
    if (amount) {
        add_to((i64*)sums + targets[at], mantissas ? part_of(mantissas[at], amount) : (i64)amount);
        return;
    }
#endif
    if (mantissas) add_to((i64*)sums + targets[at], mantissas[at]);
    else add_to((u32*)sums + targets[at], 1);
}

// As `deliver`, for a source of each lane's own, if it `spikes`.
__device__ __forceinline__ void deliver_own(const Outgoing& to, bool spikes, u32 source, u32 delay, u64 copy, int amount = 0) {
    u64 at = spikes ? to.offsets[source] : 0;
    const u64 end = spikes ? to.offsets[source + 1] : 0;
    void* sums = sums_of(to, copy);
    for (; at < end; ++at) {
        if (to.delays) {
            const u32 own = to.delays[at];
            if (own > delay) break;
            if (own < delay) continue;
        }
        if (to.far) add_one((const u32*)to.targets, to.mantissas, at, sums, amount);
        else add_one((const u16*)to.targets, to.mantissas, at, sums, amount);
    }
    __syncwarp();
}

// All blocks have come to the end of so many steps. What each has done before, all others see after it.
__device__ __forceinline__ void all_blocks(u32* arrived, u32 steps) {
    __syncthreads();
    if (gridDim.x == 1) return;
    if (threadIdx.x == 0) {
        asm volatile("red.release.gpu.global.add.u32 [%0], 1;" ::"l"(arrived) : "memory");
        u32 come;
        do {
            asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(come) : "l"(arrived) : "memory");
        } while (come < steps * gridDim.x);
    }
    __syncthreads();
}
