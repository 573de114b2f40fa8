// The gated recurrent unit as torch has it, reset after the product. Gates r, z, n:
//     n = φ(b_n + x·Wi_n + r∘(bh + h·Wh_n))        h ← (1 − z)∘n + z∘h
#include "activation.cuh"
#include "cell.cuh"

struct Params {};
constexpr u32 GATES = 3, STATES = 1, KEPT = 0;

__device__ __forceinline__ void step(const Moment& m) {
    for_units(m, j) {
        acc_t gate[3] = {m.gate(0, j), m.gate(1, j), m.bh ? load(m.bh + j) : acc_t(0)};
        add_products(m, m.old, 0, j, gate);
        const acc_t n = activate<ACTIVATION>(fma(math::sigmoid(gate[0]), gate[2], m.gate(2, j)));
        const acc_t z = math::sigmoid(gate[1]);
        m.next[j] = rounded(fma(z, m.old[j], (acc_t(1) - z) * n));
    }
}
