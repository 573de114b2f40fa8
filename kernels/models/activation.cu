// An activation function as a layer. Functions: kernels/include/activation.cuh; softmax:
// softmax.cu.
#include "activation.cuh"
#include "system.cuh"

struct Params {};
struct State {};

__device__ __forceinline__ acc_t step(State&, Input x, const Params&, const Tick&) { return activate<ACTIVATION>(x); }
