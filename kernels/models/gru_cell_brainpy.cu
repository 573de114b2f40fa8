// The gated recurrent unit with the reset before the product. Gates z, r, a:
//     a = φ(b_a + x·Wi_a + (r∘h)·Wh_a)        h ← (1 − z)∘h + z∘a
#include "activation.cuh"
#include "cell.cuh"

struct Params {};
constexpr u32 GATES = 3, STATES = 1, PHASES = 2;
typedef acc_t Gates[GATES];

__device__ constexpr u32 first_gate(u32 phase) { return phase == 0 ? 0 : phase == 1 ? 2 : GATES; }
__device__ __forceinline__ acc_t start(u32 gate, const Gates& input, acc_t) { return input[gate]; }
__device__ __forceinline__ acc_t operand(const Gates& sum, acc_t h) { return math::sigmoid(sum[1]) * h; }

__device__ __forceinline__ void update(const Gates& sum, const Gates&, acc_t (&s)[STATES]) {
    const acc_t z = math::sigmoid(sum[0]);
    s[0] = fma(acc_t(1) - z, s[0], z * activate<ACTIVATION>(sum[2]));
}
