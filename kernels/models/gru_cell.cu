// The gated recurrent unit, reset before the product. Gates z, r, a:
//     a = φ(b_a + x·Wi_a + (r∘h)·Wh_a)        h ← (1 − z)∘h + z∘a
#include "activation.cuh"
#include "cell.cuh"

struct Params {};
constexpr u32 GATES = 3, STATES = 1, KEPT = 2;

__device__ __forceinline__ void step(const Moment& m) {
    acc_t *reset = m.kept, *z = m.kept + m.units;
    for_units(m, j) {
        acc_t gate[2] = {m.gate(0, j), m.gate(1, j)};
        add_products(m, m.old, 0, j, gate);
        z[j] = math::sigmoid(gate[0]);
        reset[j] = math::sigmoid(gate[1]) * m.old[j];
    }
    // Every unit's product is with the reset state of all.
    __syncthreads();
    for_units(m, j) {
        acc_t a[1] = {m.gate(2, j)};
        add_products(m, reset, 2, j, a);
        m.next[j] = rounded(fma(acc_t(1) - z[j], m.old[j], z[j] * activate<ACTIVATION>(a[0])));
    }
}
