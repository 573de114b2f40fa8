// A neuron assembled from ion channels. Equations: src/models/neurons/cond_neu_group/mod.rs;
// step.rs and conduct.rs beside it have the same operations in the same order.
// src/models/neurons/cond_neu_group/program.rs puts a namespace channelN for each channel before
// this text, and
//
//   CHANNELS(DO)  DO(N, the state variable of its first gate) for each channel
//   STAGES        the stages of a Runge-Kutta method; without STAGES, exponential Euler
//
// A second input is a conductance.
#include "channel.cuh"
#include "crossing.cuh"

struct Params {
    acc_t c, area, v_th;
#define FIELD(n, at) channel##n::Params channel##n;
    CHANNELS(FIELD)
#undef FIELD
#ifdef STAGES
    acc_t a[STAGES][STAGES], b[STAGES];  // the tableau, times dt
#else
    acc_t dt;
#endif
};
// V, gates, spike, below.
struct State {
    acc_t at[N_STATE];
};
constexpr int MOVING = N_STATE - 2;

// The sum of the channels' currents at these gates: drive − g·V.
struct Flow {
    acc_t g, drive;
};

__device__ __forceinline__ Flow flow_of(const acc_t* at, Input x, const Params& p) {
    const acc_t scale = acc_t(1e-3) / p.area;
#if N_INPUTS == 2
    Flow flow = {x.port[1] * scale, x.port[0] * scale};
#else
    Flow flow = {acc_t(0), x * scale};
#endif
#define CONDUCT(n, first)                                                       \
    {                                                                           \
        const acc_t g = p.channel##n.g_max * channel##n::open(at + first);      \
        flow.g += g;                                                            \
        flow.drive = fma(g, p.channel##n.e, flow.drive);                        \
    }
    CHANNELS(CONDUCT)
#undef CONDUCT
    return flow;
}

#ifdef STAGES

__device__ __forceinline__ void slope_at(const acc_t (&at)[MOVING], Input x, const Params& p, acc_t (&slope)[MOVING]) {
    const Flow flow = flow_of(at, x, p);
    slope[0] = fma(flow.g, -at[0], flow.drive) * (acc_t(1) / p.c);
#define SLOPE(n, first)                                                         \
    {                                                                           \
        Rate gates[channel##n::GATES + 1];                                      \
        channel##n::rates(at[0], p.channel##n, gates);                          \
        _Pragma("unroll") for (int k = 0; k < channel##n::GATES; ++k)           \
            slope[first + k] = fma(gates[k].s, -at[first + k], gates[k].a);     \
    }
    CHANNELS(SLOPE)
#undef SLOPE
}

__device__ __forceinline__ void advance(State& s, Input x, const Params& p) {
    acc_t slopes[STAGES][MOVING];
#pragma unroll
    for (int stage = 0; stage < STAGES; ++stage) {
        acc_t at[MOVING];
#pragma unroll
        for (int var = 0; var < MOVING; ++var) {
            at[var] = s.at[var];
#pragma unroll
            for (int from = 0; from < stage; ++from) at[var] = fma(p.a[stage][from], slopes[from][var], at[var]);
        }
        slope_at(at, x, p, slopes[stage]);
    }
#pragma unroll
    for (int stage = 0; stage < STAGES; ++stage) {
#pragma unroll
        for (int var = 0; var < MOVING; ++var) s.at[var] = fma(p.b[stage], slopes[stage][var], s.at[var]);
    }
}

#else

__device__ __forceinline__ void advance(State& s, Input x, const Params& p) {
    const Flow flow = flow_of(s.at, x, p);
    const acc_t v = s.at[0];
#define RELAX(n, first)                                                         \
    {                                                                           \
        Rate gates[channel##n::GATES + 1];                                      \
        channel##n::rates(v, p.channel##n, gates);                              \
        relax<channel##n::GATES>(s.at + first, gates, p.dt);                    \
    }
    CHANNELS(RELAX)
#undef RELAX
    const acc_t per_c = acc_t(1) / p.c;
    const acc_t g = math::divisible(flow.g * per_c, acc_t(-80) / p.dt);
    const acc_t f = fma(g, -v, flow.drive * per_c);
    s.at[0] = fma(f, math::decay(g * p.dt) / g, v);
}

#endif
#undef CHANNELS

__device__ __forceinline__ acc_t step(State& s, Input x, const Params& p, const Tick&) {
    const acc_t before = s.at[0];
    advance(s, x, p);
    s.at[MOVING] = crossing(before, s.at[0], p.v_th, s.at[MOVING + 1]);
    return s.at[MOVING];
}
