// Spikes that are crossings of a threshold: the twin of src/models/neurons/crossing.rs, where the reasons are.
#pragma once
#include "scalar.cuh"

// Whether a neuron spikes whose potential a step takes from `start` to `end`; `below` is its variable of this name.
__device__ __forceinline__ acc_t crossing(acc_t start, acc_t end, acc_t threshold, acc_t& below) {
    const bool was = start >= threshold, is = end >= threshold;
    const bool fires = was ? below == acc_t(1) : is;
    below = was | is ? acc_t(0) : acc_t(1);
    return fires ? acc_t(1) : acc_t(0);
}
