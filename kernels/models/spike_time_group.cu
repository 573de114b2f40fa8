// Units that spike at given times. The CPU's step: src/models/sources/spike_times.rs.
//
// The table holds the number of units N; N + 1 offsets, of each unit's first time and behind the
// last time; the times as f64, prepared for the comparison with the middle between two steps.
#include "system.cuh"

struct Params {};
struct State {
    acc_t spike, past;
};

__device__ __forceinline__ acc_t step(State& s, Input, const Params&, const Tick& at) {
    const u64* table = (const u64*)at.table;
    const u64 units = table[0], unit = at.cell % units;
    const double* times = (const double*)(table + units + 2);
    const u64 end = table[unit + 2];
    const double middle = at.t + 0.5 * at.dt;
    u64 next = table[unit + 1] + u64(s.past);
    bool fires = false;
    while (next < end && times[next] < middle) {
        // In a state without `past`, old times count as new.
        fires = times[next] > at.t - at.dt;
        ++next;
        s.past += acc_t(1);
    }
    s.spike = fires ? acc_t(1) : acc_t(0);
    return s.spike;
}
