// The potassium channel, p⁴, of Traub and Miles, and of Bazhenov et al.
constexpr int GATES = 1;
struct Params {
    acc_t e, g_max, phi, v_sh;
};

__device__ __forceinline__ acc_t open(const acc_t* x) { return (x[0] * x[0]) * (x[0] * x[0]); }

__device__ __forceinline__ void rates(acc_t v, const Params& c, Rate* gates) {
    const acc_t one = acc_t(1);
    const acc_t u = v - c.v_sh;
    const acc_t e40 = bounded(u * acc_t(1.0 / 40.0));
    const acc_t e20 = math::at_most(acc_t(1e6), e40 * e40);
    const acc_t e10 = e20 * e20;
    const acc_t e5 = e10 * e10;
    const acc_t y = fma(u, acc_t(0.2), acc_t(-3));
    const bool near = math::abs(y) < acc_t(0.5);
    acc_t d = fma(e5, acc_t(-20.085536923187668), one);  // e³
    d = near ? one : d;
    const acc_t a = acc_t(0.16) * (near ? math::inv_exprel_near(y) : y * math::reciprocal(d));
    gates[0] = {c.phi * a, c.phi * (a + acc_t(0.6420127083438707) * e40)};  // 0.5 e^{1/4}
}
