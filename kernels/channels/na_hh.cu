// The sodium channel, p³q, of Hodgkin and Huxley.
constexpr int GATES = 2;
struct Params {
    acc_t e, g_max, phi, v_sh;
};

__device__ __forceinline__ acc_t open(const acc_t* x) { return x[0] * x[0] * x[0] * x[1]; }

__device__ __forceinline__ void rates(acc_t v, const Params& c, Rate* gates) {
    const acc_t one = acc_t(1);
    const acc_t w = v - c.v_sh + acc_t(20);
    const acc_t e20 = math::at_most(acc_t(3e5), math::exp_neg(w * acc_t(1.0 / 20.0)));
    const acc_t e18 = bounded(w * acc_t(1.0 / 18.0));
    const acc_t e10 = e20 * e20;
    const acc_t x = fma(w, acc_t(0.1), acc_t(-2.5));
    const bool near = math::abs(x) < acc_t(0.5);
    acc_t dp = fma(e10, acc_t(-12.182493960703473), one);  // e^{2.5}
    dp = near ? one : dp;
    const acc_t dq = fma(e10, acc_t(20.085536923187668), one);  // e³
    const acc_t r = math::reciprocal(dp * dq);
    const acc_t ap = near ? math::inv_exprel_near(x) : x * dq * r;
    const acc_t bp = acc_t(4) * e18;
    const acc_t aq = acc_t(0.07) * e20, bq = dp * r;
    gates[0] = {c.phi * ap, c.phi * (ap + bp)};
    gates[1] = {c.phi * aq, c.phi * (aq + bq)};
}
