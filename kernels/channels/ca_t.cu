// The low-threshold calcium channel, p²q, of Huguenard and McCormick.
constexpr int GATES = 2;
struct Params {
    acc_t e, g_max, phi_p, phi_q, v_sh;
};

__device__ __forceinline__ acc_t open(const acc_t* x) { return x[0] * x[0] * x[1]; }

__device__ __forceinline__ void rates(acc_t v, const Params& c, Rate* gates) {
    const acc_t one = acc_t(1);
    const acc_t w = v - c.v_sh;
    const acc_t ep = one + bounded((w + acc_t(59)) * acc_t(1.0 / 6.2));
    const acc_t b = bounded((w + acc_t(132)) * acc_t(1.0 / 16.7)) + bounded((w + acc_t(16.8)) * acc_t(-1.0 / 18.2));
    const acc_t r = b / (fma(b, acc_t(0.612), one) * ep);
    const acc_t eq = one + bounded((w + acc_t(83)) * acc_t(-1.0 / 4.0));
    const bool above = w >= acc_t(-80);
    const acc_t by = above ? acc_t(22) : acc_t(467);
    const acc_t scale = above ? acc_t(1.0 / 10.5) : acc_t(-1.0 / 66.6);
    const acc_t more = above ? acc_t(28) : acc_t(0);
    const acc_t tau = math::at_least(acc_t(1e-12), math::exp_neg((w + by) * scale) + more);
    const acc_t q = math::reciprocal(tau * eq);
    gates[0] = {c.phi_p * r, c.phi_p * (r * ep)};
    gates[1] = {c.phi_q * q, c.phi_q * (q * eq)};
}
