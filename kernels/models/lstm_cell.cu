// Long short-term memory. Gates i, g, f, o; the state is h, then c:
//     c ← σ(f + ADDED)∘c + σ(i)∘φ(g)        h ← σ(o)∘φ(c)
#include "activation.cuh"
#include "cell.cuh"

// Brainpy's cell adds 1 to the forget gate, torch's is compiled with 0.
#ifdef FORGET
constexpr int ADDED = FORGET;
#else
constexpr int ADDED = 1;
#endif

struct Params {};
constexpr u32 GATES = 4, STATES = 2, KEPT = 0;

__device__ __forceinline__ void step(const Moment& m) {
    for_units(m, j) {
        acc_t gate[4] = {m.gate(0, j), m.gate(1, j), m.gate(2, j), m.gate(3, j)};
        add_products(m, m.old, 0, j, gate);
        const acc_t c = fma(math::sigmoid(gate[2] + acc_t(ADDED)), m.old[m.units + j], math::sigmoid(gate[0]) * activate<ACTIVATION>(gate[1]));
        m.next[m.units + j] = rounded(c);
        // Of the unrounded c: only what stays is rounded.
        m.next[j] = rounded(math::sigmoid(gate[3]) * activate<ACTIVATION>(c));
    }
}
