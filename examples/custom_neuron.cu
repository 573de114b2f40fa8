// The FitzHugh-Nagumo neuron of custom_neuron.rs. The same operations in the same order give the
// same bits.
#include "system.cuh"

// The parameters from Program::params.
struct Params {
    acc_t a, b, tau;
};

// The schema's variables, in order.
struct State {
    acc_t v, w;
};

// One step of one neuron. `current` is its input, and the return value is its output.
__device__ acc_t step(State& s, Input current, const Params& p, const Tick& at) {
    const acc_t dt = acc_t(at.dt);
    const acc_t v = s.v, w = s.w;
    s.v = v + dt * (v - v * v * v / acc_t(3) - w + current);
    s.w = w + dt * (v + p.a - p.b * w) / p.tau;
    return s.v;
}
