// The cation channel that hyperpolarization activates, p, of Huguenard and McCormick.
constexpr int GATES = 1;
struct Params {
    acc_t e, g_max, phi;
};

__device__ __forceinline__ acc_t open(const acc_t* x) { return x[0]; }

__device__ __forceinline__ void rates(acc_t v, const Params& c, Rate* gates) {
    const acc_t ep = acc_t(1) + bounded((v + acc_t(75)) * acc_t(-1.0 / 5.5));
    const acc_t b = bounded(fma(v, acc_t(0.086), acc_t(14.59))) + bounded(fma(v, acc_t(-0.0701), acc_t(1.87)));
    const acc_t s = c.phi * b;
    gates[0] = {s / ep, s};
}
