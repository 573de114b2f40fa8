// The gated recurrent unit of torch, with the reset after the product. Gates r, z, n:
//     n = φ(b_n + x·Wi_n + r∘(bh + h·Wh_n))        h ← (1 − z)∘n + z∘h
#include "activation.cuh"
#include "cell.cuh"

struct Params {};
constexpr u32 GATES = 3, STATES = 1, PHASES = 1;
typedef acc_t Gates[GATES];

__device__ constexpr u32 first_gate(u32 phase) { return phase == 0 ? 0 : GATES; }
__device__ __forceinline__ acc_t start(u32 gate, const Gates& input, acc_t bh) { return gate == 2 ? bh : input[gate]; }
__device__ __forceinline__ acc_t operand(const Gates&, acc_t h) { return h; }

__device__ __forceinline__ void update(const Gates& sum, const Gates& input, acc_t (&s)[STATES]) {
    const acc_t n = activate<ACTIVATION>(fma(math::sigmoid(sum[0]), sum[2], input[2]));
    const acc_t z = math::sigmoid(sum[1]);
    s[0] = fma(z, s[0], (acc_t(1) - z) * n);
}
