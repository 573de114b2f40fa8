// Generated from src/connectivity/device.rs by `STRUCTS=write cargo test --lib headers`.
// The arguments of the passes that generate a projection's synapses.
#pragma once
#include "scalar.cuh"

// The distribution of weights or delays, and the bounds of the values.
struct DrawArgs {
    double location;
    double scale;
    double min;        // The bounds; infinite where there is none.
    double max;
    u32 distribution;
    u32 draws;         // The most draws of a value; a value that is outside then is clipped.
};
static_assert(sizeof(DrawArgs) == 40, "DrawArgs has another size in Rust");

// The arguments of the passes of `connectivity/connect.cu` and of procedural rows. An
// array that a pass does not need is null.
struct ConnectArgs {
    const u64* offsets;      // `[pre + 1]`: the start of each row; of procedural rows for `FIXED_TOTAL_NUMBER` only.
    void* targets;           // `[synapses]`: u32 if `wide_targets`, else u16.
    // `[synapses]` integer weights; null where all are the same. With multapses it holds the
    // number of each synapse until the last pass, and is null where values are not drawn.
    int* weights;
    unsigned short* delays;  // `[synapses]` in steps; null where all are the same.
    u32* counts;             // `[pre]`: the row lengths that the count pass finds; 0 before each pass.
    u64 seed;
    // Synapses of a column (`FIXED_NUM_PRE`), of all rows (`FIXED_TOTAL_NUMBER`), or of a row;
    // `FIXED_PROB`: on average.
    u64 count;
    double factor;           // `FIXED_PROB`: 1/ln(1 − p).
    DrawArgs weight_draw;
    double inv_scale;        // The integer weight of a weight of 1.
    DrawArgs delay_draw;
    double dt;
    long long own_shift;     // Target j is source i itself where j = i + `own_shift`; `NO_SHIFT`: autapses stay.
    u32 stream;              // The number of the projection's random stream.
    u32 rule;
    u32 pre;                 // Sources and targets.
    u32 post;
    u32 wide_targets;
    u32 multapses;           // Whether the partners of a neuron are drawn with repetition.
    u32 lead;                // Steps by which spikes arrive before their delay is over.
    u32 unused;
};
static_assert(sizeof(ConnectArgs) == 200, "ConnectArgs has another size in Rust");

namespace connect {

// Connectivity rules.
enum Rule : u32 {
    FIXED_PROB = 0,
    FIXED_NUM_PRE = 1,
    FIXED_NUM_POST = 2,
    ONE_TO_ONE = 3,
    ALL_TO_ALL = 4,
    FIXED_TOTAL_NUMBER = 5,
};

// Distributions of weights and delays.
enum Distribution : u32 {
    SAME = 0,        // One value for all, and no distribution.
    UNIFORM = 1,     // `location + scale·u` for a uniform number u in [0, 1).
    NORMAL = 2,      // `location + scale·z` for a standard normal number z.
    LOG_NORMAL = 3,  // e^(location + scale·z).
};

// A value of `own_shift`.
enum OwnShift : long long {
    NO_SHIFT = (long long)0x8000000000000000ull,  // Autapses stay.
};

// Purposes of random words: the top byte of a random stream's step.
enum Purpose : u64 {
    GAPS = (u64)0x0ull,                    // Gaps between targets: unit = source, step = number of the block.
    KEYS = (u64)0x100000000000000ull,      // Keys of a permutation: unit = source (or target), step = number of the block.
    WEIGHT = (u64)0x200000000000000ull,    // A weight: unit = source + sources · number of the synapse, step = target.
    DELAY = (u64)0x300000000000000ull,     // A delay: as a weight.
    SOURCES = (u64)0x400000000000000ull,   // The sources of two synapses of `FixedTotalNumber`: unit = half the synapse's number.
    PARTNERS = (u64)0x500000000000000ull,  // Two targets of a source (or sources of a target) with multapses: unit = source (or target), step = number of the block.
};

}  // namespace connect
