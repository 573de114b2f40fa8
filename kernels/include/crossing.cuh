// Spikes that are crossings of a threshold: the twin of src/models/crossing.rs, where the reasons are.
#pragma once
#include "scalar.cuh"

// Whether a neuron spikes whose potential a step takes from `start` to `end`; `above` is its variable of this name.
__device__ __forceinline__ acc_t crossing(acc_t start, acc_t end, acc_t threshold, acc_t& above) {
    const bool was = start >= threshold, is = end >= threshold;
    const bool fires = was ? above == acc_t(0) : is;
    above = was | is ? acc_t(1) : acc_t(0);
    return fires ? acc_t(1) : acc_t(0);
}
