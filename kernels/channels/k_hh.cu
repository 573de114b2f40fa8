// The potassium channel, p⁴, of Hodgkin and Huxley.
constexpr int GATES = 1;
struct Params {
    acc_t e, g_max, phi, v_sh;
};

__device__ __forceinline__ acc_t open(const acc_t* x) { return (x[0] * x[0]) * (x[0] * x[0]); }

__device__ __forceinline__ void rates(acc_t v, const Params& c, Rate* gates) {
    const acc_t one = acc_t(1);
    const acc_t w = v - c.v_sh + acc_t(20);
    const acc_t e80 = bounded(w * acc_t(1.0 / 80.0));
    const acc_t e40 = e80 * e80;
    const acc_t e20 = math::at_most(acc_t(3e5), e40 * e40);
    const acc_t e10 = e20 * e20;
    const acc_t y = fma(w, acc_t(0.1), acc_t(-1));
    const bool near = math::abs(y) < acc_t(0.5);
    acc_t d = fma(e10, acc_t(-2.718281828459045235), one);
    d = near ? one : d;
    const acc_t a = acc_t(0.1) * (near ? math::inv_exprel_near(y) : y * math::reciprocal(d));
    gates[0] = {c.phi * a, c.phi * (a + acc_t(0.125) * e80)};
}
