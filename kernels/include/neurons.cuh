// The loop of a group: a pointwise model, its receptors, its drives, and the delivery of its
// spikes. The order of the additions is that of src/network/host/run.rs. Defines beside those of a
// pointwise model:
//
//   N_RECEPTORS      the number of receptors
//   RECEPTORS        the kind of each: DELTA + the model's variable to which it adds; or
//                    GAP_JUNCTIONS; or a sum of COBA (a conductance, else a current), RISES (with a
//                    second variable), BLOCKED (by magnesium) and EXACT (its variables have gains)
//   HOLDERS          for each DELTA receptor the model's variable that counts the refractory steps,
//                    in which the receptor drops its input; -1 without such a variable
//   MEMBRANE         the model's variable that is the membrane potential, for the magnesium block
//                    and for gap junctions
//   HAS_KINETICS     1: some projection of the network has kinetics
//   KINETICS_VARS    the number of variables of kinetics among the variables of this group
//   RELEASE_TEXTS    1: kinetics of this group are texts of equations, whose functions come before
//                    this file
//   CONDUCTANCE      the model's input that is a conductance, or -1; the first other input is the
//                    current
//   HAS_CURRENT, HAS_INPUT, HAS_NOISE, HAS_POISSON
//                    1: the group has a constant current, an input, noise, Poisson drives
//   TIMED_POISSON    1: a Poisson drive of the group acts for a time
//   HAS_PLASTIC      1: a plastic projection starts or ends at the group
//   IN_REGISTERS     1: each warp has one task, so that its neurons stay in registers
//   SUM_RING         1: synapses with delays of their own add to a ring of sums, see sum_ring.cuh
#pragma once
#include "math.cuh"
#include "deliver.cuh"
#include "philox.cuh"
#include "pointwise.cuh"
#if HAS_KINETICS
#include "kinetics.cuh"
#endif

#if N_RECEPTORS > 0
__device__ constexpr u32 RECEPTOR[] = {RECEPTORS};
__device__ constexpr int HOLDER[] = {HOLDERS};
#else
__device__ constexpr u32 RECEPTOR[] = {0};
__device__ constexpr int HOLDER[] = {-1};
#endif

__device__ constexpr bool rises(int receptor) { return RECEPTOR[receptor] < DELTA && (RECEPTOR[receptor] & RISES); }

// Whether a receptor has two variables. The first rises from the second; for gap junctions the
// second is the sum of the weights.
__device__ constexpr bool pairs(int receptor) { return rises(receptor) || RECEPTOR[receptor] == GAP_JUNCTIONS; }

// The index of a receptor's first variable among the group's variables. Receptors follow the model;
// a second variable follows the first.
__device__ constexpr int variable_of(int receptor) {
    int n = N_STATE;
    for (int r = 0; r < receptor; ++r) n += RECEPTOR[r] < DELTA ? 1 + pairs(r) : 0;
    return n;
}
#define SPIKE_RING (variable_of(N_RECEPTORS) + KINETICS_VARS)

struct Neuron {
    Cell cell;
    State s;
    acc_t g[N_RECEPTORS + 1];
    acc_t h[N_RECEPTORS + 1];  // the second variables
    u32 past;                  // lane l holds the warp's spikes of the step l steps before the last one
#if HAS_CURRENT
    acc_t current;
#endif
};

// The tasks of a batch row: 32 neurons each.
__device__ __forceinline__ u32 tasks_of_row(const LaunchArgs& args) { return u32((args.units + 31) / 32); }

__device__ __forceinline__ Cell cell_of_task(const LaunchArgs& args, u32 task) {
    const u32 each = tasks_of_row(args);
    const u64 row = task / each, unit = u64(task % each) * 32 + threadIdx.x % 32;
    // As in `cell_of`: a lane beyond the end repeats the last neuron.
    const bool inside = unit < args.units;
    const u64 own = inside ? unit : args.units - 1;
    return {row * args.units + own, row, own, inside};
}

// The warp's spikes of the step that lies `ago` steps before the step of this slot.
__device__ __forceinline__ u32 spikes_of(const GroupArgs& group, const Cell& cell, u32 slot, u32 ago) {
    const u32 then = slot >= ago ? slot - ago : slot + group.ring_len - ago;
    const u32 word = u32(cell.unit / 32 * 2);
    const scalar_t* from = group.spike_ring + (cell.row * group.ring_len + then) * group.mask_words + word;
    return (u32)load(from) | (word + 1 < group.mask_words ? (u32)load(from + 1) << 16 : 0);
}

// Loads a neuron before the step of this slot.
__device__ __forceinline__ void load_neuron(const GroupArgs& group, Neuron& n, u32 slot) {
    const LaunchArgs& args = group.args;
    const u32 ago = threadIdx.x % 32 + 1;
    n.past = ago < group.ring_len ? spikes_of(group, n.cell, slot, ago) : 0;
    n.s = load_state(args, n.cell);
#if HAS_CURRENT
    n.current = group.currents ? group.currents[n.cell.unit] : group.current.value;
#endif
    const u64 all = args.rows * args.units;
#pragma unroll
    for (int r = 0; r < N_RECEPTORS; ++r) {
        n.g[r] = RECEPTOR[r] < DELTA ? load(args.state + variable_of(r) * all + n.cell.index) : acc_t(0);
        n.h[r] = pairs(r) ? load(args.state + (variable_of(r) + 1) * all + n.cell.index) : acc_t(0);
    }
}

__device__ __forceinline__ void store_neuron(const LaunchArgs& args, const Neuron& n) {
    if (!n.cell.inside) return;
    store_state(args, n.cell, n.s);
    const u64 all = args.rows * args.units;
#pragma unroll
    for (int r = 0; r < N_RECEPTORS; ++r) {
        if (RECEPTOR[r] < DELTA) store(args.state + variable_of(r) * all + n.cell.index, n.g[r]);
        if (pairs(r)) store(args.state + (variable_of(r) + 1) * all + n.cell.index, n.h[r]);
    }
}

// Adds a sum times the weight scale to x, and resets the sum.
__device__ __forceinline__ void drain_sum(const PostProjection& in, u64 at, acc_t& x) {
    if (in.exact) {
        i64* sum = (i64*)in.sums + at;
        const i64 n = *sum;
        if (n == 0) return;
        *sum = 0;
        x = fma(acc_t(n), in.weight_scale.value, x);
    } else {
        u32* sum = (u32*)in.sums + at;
        const u32 n = *sum;
        if (n == 0) return;
        *sum = 0;
        x = fma(acc_t((int)n), in.weight_scale.value, x);
    }
}

__device__ __forceinline__ u64 half_of(const LaunchArgs& args, u32 k, u64 row) { return (k & 1) * args.rows + row; }

// The number of a batch row's sums of step k among the copies of all batch rows.
__device__ __forceinline__ u64 copy_of(const GroupArgs& group, u32 k, u64 row) {
#if SUM_RING
    return k % group.sum_slots * group.args.rows + row;
#else
    return half_of(group.args, k, row);
#endif
}

// Ends step k: adds the synaptic sums and the Poisson drives to the receptors.
__device__ __forceinline__ void end_step(const GroupArgs& group, Neuron& n, u32 k) {
    const LaunchArgs& args = group.args;
#pragma unroll
    for (int r = 0; r < N_RECEPTORS; ++r) {
        const ReceptorArgs& own = list<ReceptorArgs>(group, group.receptors)[r];
        acc_t* fields = reinterpret_cast<acc_t*>(&n.s);
        acc_t& x = rises(r) ? n.h[r] : RECEPTOR[r] < DELTA ? n.g[r] : fields[RECEPTOR[r] < DELTA ? 0 : RECEPTOR[r] - DELTA];
        const acc_t held = x;
        const PostProjection* all = list<PostProjection>(group, group.incoming);
        for (u32 p = own.incoming[0]; p < own.incoming[1]; ++p) {
            const PostProjection& in = all[p];
            const u64 at = n.cell.unit - in.first;
            if (n.cell.inside && at < in.n_targets) drain_sum(in, copy_of(group, k, n.cell.row) * in.n_targets + at, x);
        }
#if HAS_POISSON
        const PoissonArgs* outside = list<PoissonArgs>(group, group.poisson);
        for (u32 p = own.poisson[0]; p < own.poisson[1]; ++p) {
#if TIMED_POISSON
            const double t = tick(args, k, n.cell.index).t;
            if (!(outside[p].start <= t && t < outside[p].stop)) continue;
#endif
            const Words words = random_words(outside[p].seed, outside[p].stream, n.cell.index / 4, args.clock.i + k);
            const u32 of_four = u32(n.cell.index % 4);
            const u32 word = of_four == 0 ? words.a : of_four == 1 ? words.b : of_four == 2 ? words.c : words.d;
            u32 spikes = 0;
            while (spikes < outside[p].max_spikes && word >= outside[p].thresholds[spikes]) ++spikes;
            if (spikes) x = fma(acc_t((int)spikes), outside[p].weight.value, x);
        }
#endif
        if (HOLDER[r] >= 0 && fields[HOLDER[r] >= 0 ? HOLDER[r] : 0] > acc_t(1)) x = held;
    }
}

__device__ __forceinline__ acc_t value_of(const LaunchArgs& args, const Neuron& n, u32 var) {
    acc_t value = value_of(n.s, acc_t(0), var);
#pragma unroll
    for (int r = 0; r < N_RECEPTORS; ++r) {
        value = RECEPTOR[r] < DELTA && var == variable_of(r) ? n.g[r] : value;
        value = pairs(r) && var == variable_of(r) + 1 ? n.h[r] : value;
    }
#if KINETICS_VARS
    if (var >= variable_of(N_RECEPTORS) && var < SPIKE_RING) value = load(args.state + var * args.rows * args.units + n.cell.index);
#endif
    return value;
}

// Records step k after its end.
__device__ __forceinline__ void record(const GroupArgs& group, const Neuron& n, u32 k) {
    const LaunchArgs& args = group.args;
#pragma unroll
    for (int r = 0; r < N_PROBES; ++r) {
        u32 kept;
        if (probe_var(args, r) > SPIKE_RING || !args.probes[r].to || !keeps(args.probes[r], k, kept)) continue;
        if (probe_var(args, r) != SPIKE_RING) {
            keep(args, r, kept, n.cell.row, n.cell.unit, n.cell.row, n.cell.unit, (args.units + 31) / 32, n.cell.inside, value_of(args, n, probe_var(args, r)));
        } else {
            const u32 word = u32(n.cell.unit / 32 * 2) + threadIdx.x % 2;
            for (u32 slot = threadIdx.x % 32 / 2; slot < group.ring_len && word < group.mask_words; slot += 16) {
                const u64 element = u64(slot) * group.mask_words + word;
                keep(args, r, kept, n.cell.row, element, 0, 0, 0, true, load(group.spike_ring + n.cell.row * group.ring_len * group.mask_words + element));
            }
        }
    }
}

// Makes the model's step k. Returns a mask of the warp's neurons that spike.
__device__ __forceinline__ u32 advance(const GroupArgs& group, const Params& p, Neuron& n, u32 k) {
    const LaunchArgs& args = group.args;
    acc_t i = acc_t(0), g = acc_t(0);
#pragma unroll
    for (int r = 0; r < N_RECEPTORS; ++r) {
        const ReceptorArgs& own = list<ReceptorArgs>(group, group.receptors)[r];
        if (RECEPTOR[r] >= DELTA) continue;
        if (RECEPTOR[r] == GAP_JUNCTIONS) {
            i += n.g[r];
            g += n.h[r];
            n.g[r] = acc_t(0);
            continue;
        }
        if (RECEPTOR[r] & COBA) {
            acc_t open = n.g[r];
            if (RECEPTOR[r] & BLOCKED) {
                const acc_t v = reinterpret_cast<const acc_t*>(&n.s)[MEMBRANE];
                open = open / fma(math::exp(-(own.alpha.value * v)), own.block.value, acc_t(1));
            }
            i = fma(open, own.reversal.value, i);
            g += open;
        } else if (RECEPTOR[r] & EXACT) {
            i = fma(n.g[r], own.gains ? own.gains[n.cell.unit] : own.gain_s.value, i);
            if (rises(r)) i = fma(n.h[r], own.gains ? own.gains[args.units + n.cell.unit] : own.gain_h.value, i);
        } else {
            i += n.g[r];
        }
        acc_t left = n.g[r] * own.decay.value;
        if (rises(r)) {
            left = fma(n.h[r], own.gain.value, left);
            const acc_t from = n.h[r] * own.rise.value;
            n.h[r] = math::abs(from) < acc_t(1e-30) ? acc_t(0) : from;
        }
        n.g[r] = math::abs(left) < acc_t(1e-30) ? acc_t(0) : left;
    }
#if HAS_CURRENT
    i += n.current;
#endif
#if HAS_INPUT
    const Port& port = args.ports[0];
    if (port.at) i += load(port.at + k * port.step + n.cell.row * port.row + n.cell.unit * port.unit);
#endif
#if HAS_NOISE
    i = fma(acc_t(random_normal(group.noise_seed, group.noise_stream, n.cell.index, args.clock.i + k)), group.noise.value, i);
#endif
    Input x = {};
#if N_INPUTS == 1
    x = CONDUCTANCE == 0 ? g : i;
#elif N_INPUTS > 1
    x.port[CONDUCTANCE == 0] = i;
    if (CONDUCTANCE >= 0) x.port[CONDUCTANCE] = g;
#endif
    const acc_t y = step(n.s, x, p, tick(args, k, n.cell.index));
    return __ballot_sync(0xffffffffu, n.cell.inside && y != acc_t(0));
}

// The membrane potential of a neuron; 0 without one.
__device__ __forceinline__ acc_t membrane(const Neuron& n) {
    return MEMBRANE < N_STATE ? reinterpret_cast<const acc_t*>(&n.s)[MEMBRANE < N_STATE ? MEMBRANE : 0] : acc_t(0);
}

// Writes the spikes of step k into the spike ring, and delivers the spikes that arrive in step k.
// Spikes of step k over synapses with delays of their own go into the ring of sums, if there is one.
__device__ __forceinline__ void emit_spikes(const GroupArgs& group, Neuron& n, u32 spikes, u32 k, u32 slot) {
    const Cell& cell = n.cell;
    const u32 lane = threadIdx.x % 32, word = u32(cell.unit / 32 * 2), first = word * 16;
    const u32 before = __shfl_up_sync(0xffffffffu, n.past, 1);
    n.past = lane == 0 ? spikes : before;
    // All lanes have read the slot before it is overwritten.
    __syncwarp();
    if (lane < 2 && word + lane < group.mask_words) {
        store(group.spike_ring + (cell.row * group.ring_len + slot) * group.mask_words + word + lane, acc_t(spikes >> lane * 16 & 0xffffu));
    }
    const u64 copy = copy_of(group, k, cell.row);
    if (group.spikes && lane == 0 && spikes) {
        add_to(group.spikes + half_of(group.args, k, cell.row) * group.groups + group.number, (u32)__popc(spikes));
    }
    __syncwarp();
#if SUM_RING
    prefetch_rows(group, spikes, first);
#endif
#if HAS_KINETICS
    // Gap junctions may change the potential.
    const acc_t potential = membrane(n);
#endif
    for (u32 p = 0; p < group.n_outgoing; ++p) {
        const PreProjection& to = list<PreProjection>(group, group.outgoing)[p];
        // A mask of the warp's neurons that are sources of the projection.
        if (first + 32 <= to.first || first >= to.first + to.sources) continue;
        const u32 above = first < to.first ? to.first - first : 0, end = to.first + to.sources - first;
        const u32 sources = 0xffffffffu << above & (end < 32 ? (1u << end) - 1 : 0xffffffffu);
#if HAS_KINETICS
        if (to.kinetics) {
            u32 came = __shfl_sync(0xffffffffu, n.past, to.min_delay % 32);
            if (to.min_delay >= 32) came = spikes_of(group, cell, slot, to.min_delay);
            acc_t none = acc_t(0);
            acc_t& v = MEMBRANE < N_STATE ? reinterpret_cast<acc_t*>(&n.s)[MEMBRANE < N_STATE ? MEMBRANE : 0] : none;
            transmit(to, cell, v, potential, first, sources, came, copy, group.args.rows * group.args.units, k);
            continue;
        }
#endif
#if SUM_RING
        if (adds_ahead(to)) {
            // In step 0 the spikes of earlier steps, too.
            for (u32 ago = 0; ago <= (k == 0 ? to.max_delay : 0); ++ago) {
                const u32 bits = ago < 32 ? __shfl_sync(0xffffffffu, n.past, ago) : spikes_of(group, cell, slot, ago);
                if (bits & sources) deliver_ahead(to, bits & sources, first, ago, cell.row, ring_of(group, to, k, ago), k);
            }
            continue;
        }
#endif
        for (u32 least = to.min_delay; least <= to.max_delay; least += 32) {
            // Each lane reads the spikes of one delay.
            const u32 delay = least + lane;
            u32 bits = __shfl_sync(0xffffffffu, n.past, delay % 32);
            if (delay >= 32 && delay <= to.max_delay) bits = spikes_of(group, cell, slot, delay);
            bits = delay <= to.max_delay ? bits & sources : 0;
            u32 some = __ballot_sync(0xffffffffu, bits != 0);
            while (some) {
                const u32 ago = __ffs(some) - 1;
                some &= some - 1;
                u32 left = __shfl_sync(0xffffffffu, bits, ago);
                if (__popc(left) >= to.lane_per_source_from) {
                    deliver_own(to, left >> lane & 1, first + lane - to.first, least + ago, copy);
                    continue;
                }
                while (left) {
                    const u32 source = first + __ffs(left) - 1 - to.first;
                    left &= left - 1;
                    deliver(to, source, least + ago, copy, k);
                }
            }
        }
    }
}

// Writes the spike counts of step k to the output and to the recording.
__device__ __forceinline__ void count_spikes(const GroupArgs& group, u32 k) {
    const LaunchArgs& args = group.args;
    const u32 since = k - group.output_first;
    const bool kept = group.output && k >= group.output_first && since % group.output_every == 0;
    for (u64 row = threadIdx.x % 32; row < args.rows; row += 32) {
        u32* at = group.spikes + half_of(args, k, row) * group.groups + group.number;
        const u32 n = *at;
        if (n) *at = 0;
        if (kept) store(group.output + (u64(since / group.output_every) * args.rows + row) * group.groups + group.number, acc_t((int)n));
        if (args.y) store(args.y + (k * args.rows + row) * group.groups + group.number, acc_t((int)n));
    }
}

#if HAS_PLASTIC
#include "plasticity.cuh"
#endif

// Pass k: ends and records step k − 1, then makes step k without its end.
__device__ __forceinline__ void step_pass(const GroupArgs& group, const Params& p, Neuron& n, u32 k, u32 slot) {
    if (k > 0) {
        end_step(group, n, k - 1);
        record(group, n, k - 1);
#if HAS_PLASTIC
        change_synapses(group, n.cell, k - 1);
        record_plastic(group, n.cell, k - 1);
#endif
    }
    if (k >= group.args.steps) return;
    const u32 spikes = advance(group, p, n, k);
#if HAS_PLASTIC
    // Gap junctions may change the potential.
    const acc_t potential = membrane(n);
#endif
    emit_spikes(group, n, spikes, k, slot);
#if HAS_PLASTIC
    emit_plastic(group, n.cell, n.past, spikes, potential, k, slot);
#endif
}

// The additional work of the group's first warp in pass k.
__device__ __forceinline__ void first_warp_pass(const GroupArgs& group, u32 k) {
    if (k > 0 && group.spikes) count_spikes(group, k - 1);
#if HAS_PLASTIC
    clear_fired(group, k);
#endif
}

// Pass k of all neurons of the group, for warp `warp` of its `warps` warps.
__device__ __forceinline__ void step_pass_all(const GroupArgs& group, u32 warp, u32 warps, u32 k, u32 slot) {
    const LaunchArgs& args = group.args;
    const u32 tasks = u32(args.rows) * tasks_of_row(args);
    for (u32 task = warp; task < tasks; task += warps) {
        Neuron n;
        n.cell = cell_of_task(args, task);
        load_neuron(group, n, slot);
        step_pass(group, params_of(args, *list<Params>(group, group.params), n.cell.unit), n, k, slot);
        store_neuron(args, n);
    }
    if (warp == 0) first_warp_pass(group, k);
}

__device__ __forceinline__ void one_step(const GroupArgs& group, u32 warp, u32 k, u32 has_long_rows) {
    step_pass_all(group, warp - group.first, group.last - group.first, k, (group.slot + k) % group.ring_len);
    drain_long_rows(has_long_rows, k);
}

__device__ __forceinline__ void all_steps(const GroupArgs& group, u32 warp, u32* arrived, u32 has_long_rows) {
    const LaunchArgs& args = group.args;
    const u32 own = warp - group.first;
    u32 slot = group.slot;
#if IN_REGISTERS
    const bool works = own < u32(args.rows) * tasks_of_row(args);
    Neuron n;
    n.cell = cell_of_task(args, works ? own : 0);
    if (works) load_neuron(group, n, slot);
    const Params p = params_of(args, *list<Params>(group, group.params), n.cell.unit);
#endif
    for (u32 k = 0; k <= args.steps; ++k) {
#if IN_REGISTERS
        if (works) step_pass(group, p, n, k, slot);
        if (own == 0) first_warp_pass(group, k);
#else
        step_pass_all(group, own, group.last - group.first, k, slot);
#endif
        slot = slot + 1 == group.ring_len ? 0 : slot + 1;
        if (k == args.steps) break;
        drain_long_rows(has_long_rows, k);
        all_blocks(arrived, k + 1);
    }
#if IN_REGISTERS
    if (works) store_neuron(args, n);
#endif
}
