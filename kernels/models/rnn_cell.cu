// The plain recurrent cell: h ← φ(b + x·Wi + h·Wh).
#include "activation.cuh"
#include "cell.cuh"

struct Params {};
constexpr u32 GATES = 1, STATES = 1, KEPT = 0;

__device__ __forceinline__ void step(const Moment& m) {
    for_units(m, j) {
        acc_t sum[1] = {m.gate(0, j)};
        add_products(m, m.old, 0, j, sum);
        m.next[j] = rounded(activate<ACTIVATION>(sum[0]));
    }
}
