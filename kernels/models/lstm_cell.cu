// Long short-term memory. Gates i, g, f, o; the state is h, then c:
//     c ← σ(f + ADDED)∘c + σ(i)∘φ(g)        h ← σ(o)∘φ(c)
#include "activation.cuh"
#include "cell.cuh"

// Brainpy's cell adds 1 to the forget gate; torch's cell is compiled with FORGET=0.
#ifdef FORGET
constexpr int ADDED = FORGET;
#else
constexpr int ADDED = 1;
#endif

struct Params {};
constexpr u32 GATES = 4, STATES = 2, PHASES = 1;
typedef acc_t Gates[GATES];

__device__ constexpr u32 first_gate(u32 phase) { return phase == 0 ? 0 : GATES; }
__device__ __forceinline__ acc_t start(u32 gate, const Gates& input, acc_t) { return input[gate]; }
__device__ __forceinline__ acc_t operand(const Gates&, acc_t h) { return h; }

__device__ __forceinline__ void update(const Gates& sum, const Gates&, acc_t (&s)[STATES]) {
    s[1] = fma(math::sigmoid(sum[2] + acc_t(ADDED)), s[1], math::sigmoid(sum[0]) * activate<ACTIVATION>(sum[1]));
    // h follows from the unrounded c; the loop rounds the state.
    s[0] = math::sigmoid(sum[3]) * activate<ACTIVATION>(s[1]);
}
