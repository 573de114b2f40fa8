// Spikes that are crossings of a threshold: the counterpart of src/models/neurons/crossing.rs,
// which has the reasons.
#pragma once
#include "scalar.cuh"

// 1 if a neuron spikes in a step from potential `start` to `end`, else 0. `below` is the neuron's
// variable of this name.
__device__ __forceinline__ acc_t crossing(acc_t start, acc_t end, acc_t threshold, acc_t& below) {
    const bool was = start >= threshold, is = end >= threshold;
    const bool fires = was ? below == acc_t(1) : is;
    below = was | is ? acc_t(0) : acc_t(1);
    return fires ? acc_t(1) : acc_t(0);
}
