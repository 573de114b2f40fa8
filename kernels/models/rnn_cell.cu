// The vanilla recurrent cell: h ← φ(b + x·Wi + h·Wh).
#include "activation.cuh"
#include "cell.cuh"

struct Params {};
constexpr u32 GATES = 1, STATES = 1, PHASES = 1;
typedef acc_t Gates[GATES];

__device__ constexpr u32 first_gate(u32 phase) { return phase == 0 ? 0 : GATES; }
__device__ __forceinline__ acc_t start(u32 gate, const Gates& input, acc_t) { return input[gate]; }
__device__ __forceinline__ acc_t operand(const Gates&, acc_t h) { return h; }

__device__ __forceinline__ void update(const Gates& sum, const Gates&, acc_t (&s)[STATES]) { s[0] = activate<ACTIVATION>(sum[0]); }
