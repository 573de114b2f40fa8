// Plastic weights in a network's loop; the counterpart is src/network/host/plasticity.rs. A structure
// `RuleN`, made of a text of equations, has the changes of the variables; `with_rule` finds it. Only
// the warp of a source changes the variables of the source and of its synapses. In pass k it first
// changes the synapses onto targets that spiked in step k − 1, which the targets' warps have listed.
// Then come the step of its synapses, and the synapses over which spikes arrive in step k. Variables
// of targets have three copies, used in turn: those of the last two steps are read, and those of this
// step are written. So no further barrier is needed.
//
// Both groups of a plastic projection read its table. Variable v of plastic projection q in a
// group's list has the number SPIKE_RING + 1 + RULE_VARS·q + v, behind the group's own variables:
// first those of synapses and of sources, in projections from the group; then those of targets, in
// projections to the group.
#pragma once
#include "deliver.cuh"
#include "pointwise.cuh"

// The variables of a rule for one synapse: its own, those of its source and those of its target.
template <class Rule>
struct RuleValues {
    static constexpr u32 SOURCE = Rule::SYNAPSE_VARS, TARGET = SOURCE + Rule::SOURCE_VARS, END = TARGET + Rule::TARGET_VARS;
    acc_t x[END];
};

// The number of places of a variable of the sources: one for each delay and source.
__device__ __forceinline__ u64 source_places(const PlasticProjection& own) {
    return u64(own.to.max_delay - own.to.min_delay + 1) * own.to.sources;
}

// Loads variables FROM to END of a rule, which lie `apart` elements apart from `at` on.
template <u32 FROM, u32 END, class T>
__device__ __forceinline__ void load_vars(acc_t* x, const T* at, u64 apart) {
#pragma unroll
    for (u32 v = FROM; v < END; ++v) x[v] = load(at + (v - FROM) * apart);
}

// Stores those of them that are in a mask.
template <u32 FROM, u32 END, class T>
__device__ __forceinline__ void store_vars(const acc_t* x, T* at, u64 apart, u64 mask) {
#pragma unroll
    for (u32 v = FROM; v < END; ++v) {
        if (mask >> v & 1) store(at + (v - FROM) * apart, x[v]);
    }
}

template <class Rule>
__device__ __forceinline__ void load_synapse(const GroupArgs& group, const PlasticProjection& own, u64 row, u64 at, acc_t* x) {
    load_vars<0, RuleValues<Rule>::SOURCE>(x, own.synapse_vars + row * own.synapses + at, group.args.rows * own.synapses);
}
template <class Rule>
__device__ __forceinline__ void store_synapse(const GroupArgs& group, const PlasticProjection& own, u64 row, u64 at, const acc_t* x, u64 mask) {
    store_vars<0, RuleValues<Rule>::SOURCE>(x, own.synapse_vars + row * own.synapses + at, group.args.rows * own.synapses, mask);
}
template <class Rule>
__device__ __forceinline__ void load_source(const GroupArgs& group, const PlasticProjection& own, u64 row, u64 place, acc_t* x) {
    using V = RuleValues<Rule>;
    const u64 places = source_places(own);
    load_vars<V::SOURCE, V::TARGET>(x, own.source_vars + row * places + place, group.args.rows * places);
}
template <class Rule>
__device__ __forceinline__ void store_source(const GroupArgs& group, const PlasticProjection& own, u64 row, u64 place, const acc_t* x, u64 mask) {
    using V = RuleValues<Rule>;
    const u64 places = source_places(own);
    store_vars<V::SOURCE, V::TARGET>(x, own.source_vars + row * places + place, group.args.rows * places, mask);
}

// The copy of a variable of the targets that lies in third `third` of the copies. Variable 0 is the
// first one of the targets.
__device__ __forceinline__ acc_t* targets_in(const LaunchArgs& args, const PlasticProjection& own, u32 third, u32 variable, u64 row) {
    return own.targets_after + ((u64(third) * own.n_target_vars + variable) * args.rows + row) * own.targets;
}
// Loads the variables of a target as they are before step k. `first`: in pass 0, in which the copies do
// not exist yet.
template <class Rule>
__device__ __forceinline__ void load_target(const GroupArgs& group, const PlasticProjection& own, u32 k, bool first, u64 row, u32 target, acc_t* x) {
    using V = RuleValues<Rule>;
    const u64 apart = group.args.rows * own.targets;
    if (first) load_vars<V::TARGET, V::END>(x, own.target_vars + row * own.targets + target, apart);
    else load_vars<V::TARGET, V::END>(x, targets_in(group.args, own, (k + 2) % 3, 0, row) + target, apart);
}
template <class Rule, class T>
__device__ __forceinline__ void store_target(const GroupArgs& group, const PlasticProjection& own, T* first, u64 row, u32 target, const acc_t* x) {
    using V = RuleValues<Rule>;
    store_vars<V::TARGET, V::END>(x, first + row * own.targets + target, group.args.rows * own.targets, ~0ull);
}

// The integer weight nearest to w; 0 for NaN.
__device__ __forceinline__ int integer_weight_of(const PlasticProjection& own, acc_t w) {
    const acc_t quanta = w * own.inv_scale.value;
    if (!(quanta == quanta)) return 0;
#ifdef SCALAR_F64
    return __double2int_rn(quanta);
#else
    return __float2int_rn(quanta);
#endif
}

// The list of a batch row's targets that spike in step k.
__device__ __forceinline__ u32* fired_in(const LaunchArgs& args, const PlasticProjection& own, u32 k, u64 row) {
    return own.fired + (k % 3 * args.rows + row) * (own.targets + 1);
}

// The warp's neurons among the sources: whether there is any, the first one, and the one after the
// last.
struct Sources {
    bool any;
    u32 from, end;
    __device__ __forceinline__ Sources(const PreProjection& to, const Cell& cell) {
        const u32 first = u32(cell.unit / 32 * 32);
        any = first + 32 > to.first && first < to.first + to.sources;
        from = first < to.first ? 0 : first - to.first;
        end = min(first + 32 - to.first, to.sources);
    }
};

// Whether this lane's neuron is a target, and its number among the targets.
__device__ __forceinline__ bool is_target(const PlasticProjection& own, const Cell& cell, u32& target) {
    target = u32(cell.unit) - own.first;
    return cell.inside && cell.unit >= own.first && target < own.targets;
}

// The synapses of a source with this delay.
__device__ __forceinline__ void synapses_of(const PreProjection& to, u32 source, u32 delay, u64& begin, u64& end) {
    begin = to.offsets[source], end = to.offsets[source + 1];
    if (to.delays) {
        begin = first_of(to.delays, begin, end, delay);
        end = first_of(to.delays, begin, end, delay + 1);
    }
}

// Changes the warp's synapses onto the targets that spiked in step k.
template <class Rule>
__device__ __forceinline__ void change_after_targets(const GroupArgs& group, const PlasticProjection& own, const Sources& sources, const Cell& cell, u32 k) {
    const u64 begin = own.to.offsets[sources.from], end = own.to.offsets[sources.end];
    const u32* fired = fired_in(group.args, own, k, cell.row);
    const u32 n = fired[0];
    RuleValues<Rule> values;
    acc_t* x = values.x;
    for (u32 f = 0; f < n; ++f) {
        const u32 target = fired[1 + f];
        load_target<Rule>(group, own, k, false, cell.row, target, x);
        Rule::step_target(x);
        const u32 last = own.columns[target + 1];
        u64 at = first_of(own.places, own.columns[target], last, u32(begin)) + threadIdx.x % 32;
        bool mine;
        do {
            const u32 place = at < last ? own.places[at] : 0;
            mine = at < last && place < end;
            if (mine) {
                load_synapse<Rule>(group, own, cell.row, place, x);
                load_source<Rule>(group, own, cell.row, own.kinds[at], x);
                Rule::synapse_on_post(x);
                store_synapse<Rule>(group, own, cell.row, place, x, Rule::SYNAPSE_ON_POST);
            }
            at += 32;
        } while (__any_sync(0xffffffffu, mine));
    }
}

// Changes the synapses onto the targets that spiked in step k. After the last step, stores the
// variables of the targets.
__device__ __forceinline__ void change_synapses(const GroupArgs& group, const Cell& cell, u32 k) {
    const LaunchArgs& args = group.args;
    const PlasticProjection* all = list<PlasticProjection>(group, group.plastic);
    for (u32 q = 0; q < group.n_sending; ++q) {
        const PlasticProjection& own = all[q];
        const Sources sources(own.to, cell);
        if (!sources.any) continue;
        with_rule(own.rule, [&](auto rule) {
            using Rule = decltype(rule);
            if (Rule::SYNAPSE_ON_POST) change_after_targets<Rule>(group, own, sources, cell, k);
        });
    }
    for (u32 q = group.n_sending; q < group.n_plastic; ++q) {
        const PlasticProjection& own = all[q];
        u32 target;
        if (k + 1 == args.steps && is_target(own, cell, target)) {
            for (u32 v = 0; v < own.n_target_vars; ++v) {
                store(own.target_vars + (v * args.rows + cell.row) * own.targets + target, targets_in(args, own, k % 3, v, cell.row)[target]);
            }
        }
    }
    __syncwarp();
}

// Records variables of plastic projections after step k.
__device__ __forceinline__ void record_plastic(const GroupArgs& group, const Cell& cell, u32 k) {
    const LaunchArgs& args = group.args;
#pragma unroll
    for (int r = 0; r < N_PROBES; ++r) {
        u32 kept;
        if (probe_var(args, r) <= SPIKE_RING || !args.probes[r].to || !keeps(args.probes[r], k, kept)) continue;
        const u32 number = probe_var(args, r) - SPIKE_RING - 1, v = number % RULE_VARS;
        const PlasticProjection& own = list<PlasticProjection>(group, group.plastic)[number / RULE_VARS];
        if (v >= own.n_synapse_vars + own.n_source_vars) {
            u32 target;
            const bool is = is_target(own, cell, target);
            const u32 variable = v - own.n_synapse_vars - own.n_source_vars;
            keep(args, r, kept, cell.row, is ? target : 0, 0, 0, 0, is, is ? targets_in(args, own, k % 3, variable, cell.row)[target] : acc_t(0));
            continue;
        }
        const Sources sources(own.to, cell);
        if (!sources.any) continue;
        if (v < own.n_synapse_vars) {
            const scalar_t* values = own.synapse_vars + (v * args.rows + cell.row) * own.synapses;
            const u64 end = own.to.offsets[sources.end];
            for (u64 at = own.to.offsets[sources.from] + threadIdx.x % 32; at < end; at += 32) {
                keep(args, r, kept, cell.row, at, 0, 0, 0, true, load(values + at));
            }
        } else {
            const scalar_t* values = own.source_vars + ((v - own.n_synapse_vars) * args.rows + cell.row) * source_places(own);
            const u32 source = sources.from + threadIdx.x % 32, delays = own.to.max_delay - own.to.min_delay + 1;
            for (u32 d = 0; d < delays && source < sources.end; ++d) {
                const u64 element = u64(d) * own.to.sources + source;
                keep(args, r, kept, cell.row, element, 0, 0, 0, true, load(values + element));
            }
        }
    }
}

// The target of a synapse.
__device__ __forceinline__ u32 target_of(const PreProjection& to, u64 at) {
    return to.wide_targets ? ((const u32*)to.targets)[at] : ((const u16*)to.targets)[at];
}

// The step of the synapses of the warp's sources.
template <class Rule>
__device__ __forceinline__ void step_synapses(const GroupArgs& group, const PlasticProjection& own, const Sources& sources, const Cell& cell, u32 k) {
    const PreProjection& to = own.to;
    RuleValues<Rule> values;
    acc_t* x = values.x;
    for (u32 source = sources.from; source < sources.end; ++source) {
        for (u32 delay = to.min_delay; delay <= to.max_delay; ++delay) {
            u64 begin, end;
            synapses_of(to, source, delay, begin, end);
            load_source<Rule>(group, own, cell.row, u64(delay - to.min_delay) * to.sources + source, x);
            for (u64 at = begin + threadIdx.x % 32; at < end; at += 32) {
                load_synapse<Rule>(group, own, cell.row, at, x);
                load_target<Rule>(group, own, k, k == 0, cell.row, target_of(to, at), x);
                Rule::step_synapse(x);
                store_synapse<Rule>(group, own, cell.row, at, x, Rule::STEP_SYNAPSE);
            }
        }
    }
    __syncwarp();
}

// Delivers a spike that arrives in step k over synapses of a row, then changes their variables.
template <class Rule>
__device__ __forceinline__ void arrive(const GroupArgs& group, const PlasticProjection& own, u64 begin, u64 end, u64 place, u64 row, u32 k) {
    i64* sums = (i64*)own.to.sums + copy_of(group, k, row) * own.to.n_targets;
    RuleValues<Rule> values;
    acc_t* x = values.x;
    load_source<Rule>(group, own, row, place, x);
    for (u64 at = begin + threadIdx.x % 32; at < end; at += 32) {
        load_synapse<Rule>(group, own, row, at, x);
        const u32 target = target_of(own.to, at);
        add_to(sums + target, integer_weight_of(own, x[0]));
        if (!Rule::SYNAPSE_ON_PRE) continue;
        load_target<Rule>(group, own, k, k == 0, row, target, x);
        Rule::step_target(x);
        Rule::synapse_on_pre(x);
        store_synapse<Rule>(group, own, row, at, x, Rule::SYNAPSE_ON_PRE);
    }
}

// Lists the warp's targets that spike in step k, and makes the step of the targets.
template <class Rule>
__device__ __forceinline__ void advance_targets(const GroupArgs& group, const PlasticProjection& own, const Cell& cell, u32 spikes, acc_t potential, u32 k) {
    const LaunchArgs& args = group.args;
    const u32 lane = threadIdx.x % 32;
    u32 target;
    const bool is = is_target(own, cell, target), fires = is && (spikes >> lane & 1);
    if (is) {
        RuleValues<Rule> values;
        acc_t* x = values.x;
        load_target<Rule>(group, own, k, k == 0, cell.row, target, x);
        if (k == 0) store_target<Rule>(group, own, targets_in(args, own, 2, 0, 0), cell.row, target, x);
        Rule::step_target(x);
        if (fires) Rule::target_on_post(x);
        if (Rule::READS_POTENTIAL) x[RuleValues<Rule>::END - 1] = potential;
        store_target<Rule>(group, own, targets_in(args, own, k % 3, 0, 0), cell.row, target, x);
    }
    if (!Rule::SYNAPSE_ON_POST) return;
    const u32 some = __ballot_sync(0xffffffffu, fires);
    if (!some) return;
    u32* fired = fired_in(args, own, k, cell.row);
    u32 place = lane == 0 ? atomicAdd(fired, (u32)__popc(some)) : 0;
    place = __shfl_sync(0xffffffffu, place, 0) + __popc(some & ((1u << lane) - 1));
    if (fires) fired[1 + place] = target;
}

// Makes the step of the warp's sources, and delivers their spikes that arrive in step k.
template <class Rule>
__device__ __forceinline__ void advance_sources(const GroupArgs& group, const PlasticProjection& own, const Cell& cell, u32 past, u32 k, u32 slot) {
    const PreProjection& to = own.to;
    const u32 lane = threadIdx.x % 32, first = u32(cell.unit / 32 * 32), source = first + lane - to.first;
    const bool is = cell.inside && first + lane >= to.first && source < to.sources;
    const u32 mask = __ballot_sync(0xffffffffu, is);
    RuleValues<Rule> values;
    acc_t* x = values.x;
    for (u32 delay = to.min_delay; delay <= to.max_delay; ++delay) {
        u32 bits = __shfl_sync(0xffffffffu, past, delay % 32);
        if (delay >= 32) bits = spikes_of(group, cell, slot, delay);
        bits &= mask;
        const u64 places = u64(delay - to.min_delay) * to.sources;
        if (is && Rule::STEP_SOURCE) {
            load_source<Rule>(group, own, cell.row, places + source, x);
            Rule::step_source(x);
            store_source<Rule>(group, own, cell.row, places + source, x, Rule::STEP_SOURCE);
        }
        __syncwarp();
        for (u32 left = bits; left; left &= left - 1) {
            const u32 from = first + __ffs(left) - 1 - to.first;
            u64 begin, end;
            synapses_of(to, from, delay, begin, end);
            arrive<Rule>(group, own, begin, end, places + from, cell.row, k);
        }
        __syncwarp();
        if (Rule::SOURCE_ON_PRE && bits >> lane & 1) {
            load_source<Rule>(group, own, cell.row, places + source, x);
            Rule::source_on_pre(x);
            store_source<Rule>(group, own, cell.row, places + source, x, Rule::SOURCE_ON_PRE);
        }
    }
}

// Step k of plastic projections without the changes after spikes of targets. `past` is as in `Neuron`,
// with the spikes of step k; `potential` is that of this lane's neuron.
__device__ __forceinline__ void emit_plastic(const GroupArgs& group, const Cell& cell, u32 past, u32 spikes, acc_t potential, u32 k, u32 slot) {
    const PlasticProjection* all = list<PlasticProjection>(group, group.plastic);
    for (u32 q = group.n_sending; q < group.n_plastic; ++q) {
        const PlasticProjection& own = all[q];
        with_rule(own.rule, [&](auto rule) { advance_targets<decltype(rule)>(group, own, cell, spikes, potential, k); });
    }
    for (u32 q = 0; q < group.n_sending; ++q) {
        const PlasticProjection& own = all[q];
        const Sources sources(own.to, cell);
        if (!sources.any) continue;
        with_rule(own.rule, [&](auto rule) {
            using Rule = decltype(rule);
            if (Rule::STEP_SYNAPSE) step_synapses<Rule>(group, own, sources, cell, k);
            advance_sources<Rule>(group, own, cell, past, k, slot);
        });
    }
    __syncwarp();
}

// Empties the lists of step k − 2: no warp reads them in pass k, and none writes to them before the
// next pass.
__device__ __forceinline__ void clear_fired(const GroupArgs& group, u32 k) {
    const LaunchArgs& args = group.args;
    const PlasticProjection* all = list<PlasticProjection>(group, group.plastic);
    for (u32 q = group.n_sending; q < group.n_plastic; ++q) {
        for (u64 row = threadIdx.x % 32; row < args.rows; row += 32) *fired_in(args, all[q], k + 1, row) = 0;
    }
}
