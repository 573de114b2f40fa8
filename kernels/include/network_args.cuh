// Generated from src/cuda/structs/network.rs by `STRUCTS=write cargo test --lib headers`.
// The tables that the loops of a network's groups read.
#pragma once
#include "launch_args.cuh"

typedef unsigned short u16;
typedef long long i64;

// A number in the type of arithmetic, in 8 bytes for every type.
struct alignas(8) Value {
    acc_t value;
};

// The kinds of a receptor, RECEPTORS: a sum of bits, or DELTA + a variable.
#define COBA 1           // A conductance.
#define RISES 2          // Spikes add to a second variable, from which the first rises.
#define BLOCKED 4        // Magnesium blocks a part of the conductance.
#define GAP_JUNCTIONS 8  // Gap junctions: a current and a conductance.
#define EXACT 16         // The group is integrated exactly: gains multiply the receptor's variables.
#define DELTA 32         // The receptor is a variable of the model, whose number is added.

// Presynaptic release models.
#define STP 0        // Short-term plasticity.
#define AMPA 1       // A receptor that a pulse of transmitter opens.
#define NMDA 2       // A receptor of second order.
#define BIO_NMDA 3   // A receptor of second order that a pulse of transmitter opens.
#define GAP 4        // The source's potential.
#define EQUATIONS 5  // The first text of equations. Those of a network have numbers from this one on.

// Rules of plasticity.
#define RULE_VARS 64  // The variables of a plastic projection have numbers below it.

// Long synapse rows.
#define PIECE 128  // Synapses of a piece. The warps of a block take the pieces of a longer row in turn.

// The arguments of a group's loop. The lists of the group lie behind this struct, at byte
// offsets from its start.
struct GroupArgs {
    LaunchArgs args;
    scalar_t* spike_ring;   // `[rows][ring_len][mask_words]`: the spikes of the last steps, 16 neurons in an element.
    // `[2][rows][groups]`: spikes of each group in a step; null where neither output nor
    // recording reads them.
    u32* spikes;
    scalar_t* output;       // `[kept][rows][groups]`.
    const acc_t* currents;  // `[units]`; null where all units have `current`.
    Value current;
    Value noise;            // The noise times 1/√dt.
    u64 noise_seed;
    u32 first;              // The group's first warp, and the warp after its last one.
    u32 last;
    u32 ring_len;           // Steps that the spike ring holds.
    u32 mask_words;         // Elements of a bit mask over the group's neurons.
    u32 slot;               // The slot of the spike ring for the first step of the chunk.
    u32 groups;             // The number of groups, and the number of this group.
    u32 number;
    u32 output_first;       // The output keeps the steps `output_first`, `output_first + output_every`, …
    u32 output_every;
    u32 params;             // Lists, as byte offsets.
    u32 receptors;
    u32 incoming;
    u32 outgoing;
    u32 poisson;
    u32 n_outgoing;
    u32 noise_stream;
    // A list, as a byte offset: first the plastic projections from the group, then those to
    // the group; see `plasticity.cuh`.
    u32 plastic;
    u32 n_sending;
    u32 n_plastic;
    u32 sum_slots;          // The copies of each sum: 2, or the slots of the ring of sums.
};
static_assert(sizeof(GroupArgs) == 1480, "GroupArgs has another size in Rust");

// A receptor of a group.
struct ReceptorArgs {
    Value decay;         // The factor of one step.
    Value reversal;      // The reversal potential of a conductance.
    // The factor of one step of the second variable, and the gain with which it adds to the
    // first.
    Value rise;
    Value gain;
    Value block;         // The magnesium block of a conductance: its scale and its exponent.
    Value alpha;
    Value gain_s;        // The gains of the two variables in a group that is integrated exactly.
    Value gain_h;
    const acc_t* gains;  // `[2][units]`: the gains of each neuron; null where all neurons have `gain_s` and `gain_h`.
    u32 incoming[2];     // The range of the receptor's projections in the list `incoming`.
    u32 poisson[2];      // The range of its Poisson drives in the list `poisson`.
};
static_assert(sizeof(ReceptorArgs) == 88, "ReceptorArgs has another size in Rust");

// The sums of one or more projections as their postsynaptic group reads them: sums of integer
// weights, and the weight scale.
struct PostProjection {
    void* sums;          // `[sum_slots][rows][n_targets]`: i64 if `exact`, else u32.
    u64 n_targets;
    Value weight_scale;
    u32 first;           // The first target's number in the group.
    u32 exact;
};
static_assert(sizeof(PostProjection) == 32, "PostProjection has another size in Rust");

// A projection as its presynaptic group reads it: the synapse rows.
struct PreProjection {
    // `[sources + 1]`: the synapses of source r are `offsets[r]` to `offsets[r + 1]`.
    const u64* offsets;
    // `[synapses]`: u32 if `wide_targets`, else u16: numbers within the projection's targets.
    // A row ascends by (delay, target).
    const void* targets;
    // `[synapses]` integer weights; null where all are 1. With integer weights, sums are i64.
    const int* weights;
    const u16* delays;                    // `[synapses]` in steps; null where all are `min_delay`.
    void* sums;                           // `[sum_slots][rows][n_targets]`, from the projection's first target on.
    u64 n_targets;                        // The number of targets of the sums, which other projections may share.
    const struct ConnectArgs* generator;  // The parameters of the rows of procedural connectivity, else null.
    u32 first;                            // The first source's number in the group, and the number of sources.
    u32 sources;
    u32 min_delay;                        // In steps.
    u32 max_delay;
    u32 wide_targets;
    // From this number of simultaneous spikes on, a lane walks a source's row; below it, the
    // lanes of a warp share a row.
    u32 lane_per_source_from;
    // The variables `[variables][rows][units]` of the presynaptic release model, or null. With a
    // release model, sums are i64.
    void* kinetics;
    Value constants[7];
    u64 release_model;                    // `STP`, `AMPA`, `NMDA`, `BIO_NMDA`, `GAP`, or `EQUATIONS` and more.
};
static_assert(sizeof(PreProjection) == 152, "PreProjection has another size in Rust");

// A plastic projection, as both of its groups read it.
struct PlasticProjection {
    PreProjection to;        // The synapse rows, without integer weights; sums are i64.
    scalar_t* synapse_vars;  // `[variables][rows][synapses]`: the variables of synapses, the weight first.
    scalar_t* source_vars;   // `[variables][rows][delays][sources]`: the variables of the sources.
    // `[variables][rows][targets]`: the variables of the targets before the chunk, and after it.
    scalar_t* target_vars;
    // `[3][variables][rows][targets]`: the variables of the targets after step k, in third k mod 3.
    acc_t* targets_after;
    // `[3][rows][1 + targets]`: the number of targets that spike in step k, and their list, in
    // third k mod 3.
    u32* fired;
    // `[targets + 1]`: the synapses of target c are `columns[c]` to `columns[c + 1]` of the
    // next two arrays.
    const u32* columns;
    const u32* places;       // `[synapses]`: each synapse's place in the synapse rows, ascending in a column.
    const u32* kinds;        // `[synapses]`: the element of a variable of the sources for each synapse.
    u64 synapses;
    Value inv_scale;         // The integer weight of a weight of 1.
    u32 targets;             // The number of targets, and the first target's number in the group.
    u32 first;
    // The number of its rule, and the numbers of variables of synapses, of sources and of targets.
    u32 rule;
    u32 n_synapse_vars;
    u32 n_source_vars;
    u32 n_target_vars;
};
static_assert(sizeof(PlasticProjection) == 256, "PlasticProjection has another size in Rust");

// A Poisson drive.
struct PoissonArgs {
    const u32* thresholds;  // `[max_spikes]`: a random word `>= thresholds[n]` stands for more than n spikes.
    Value weight;
    u32 max_spikes;
    u32 stream;
    u64 seed;
    double start;           // The drive acts in steps at t with `start` ≤ t < `stop`; read with TIMED_POISSON.
    double stop;
};
static_assert(sizeof(PoissonArgs) == 48, "PoissonArgs has another size in Rust");
