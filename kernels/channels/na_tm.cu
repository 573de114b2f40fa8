// The sodium channel, p³q, of Traub and Miles, and of Bazhenov et al.
constexpr int GATES = 2;
struct Params {
    acc_t e, g_max, phi, v_sh;
};

__device__ __forceinline__ acc_t open(const acc_t* x) { return x[0] * x[0] * x[0] * x[1]; }

__device__ __forceinline__ void rates(acc_t v, const Params& c, Rate* gates) {
    const acc_t half = acc_t(0.5), one = acc_t(1);
    const acc_t u = v - c.v_sh;
#ifdef SCALAR_F64
    const acc_t most = 1e16;
#else
    const acc_t most = 100.0f;
#endif
    const acc_t e20 = math::at_most(most, math::exp_neg(u * acc_t(1.0 / 20.0)));
    const acc_t e18 = bounded(u * acc_t(1.0 / 18.0));
    const acc_t e10 = e20 * e20;
    const acc_t e5 = e10 * e10;
    const acc_t e4 = e5 * e20;
    const acc_t x = fma(u, acc_t(0.25), acc_t(-3.25));
    const acc_t z = fma(u, acc_t(-0.2), acc_t(8));
    const acc_t ez = e5 * acc_t(2980.957987041728);  // e⁸
    const bool near_x = math::abs(x) < half, near_z = math::abs(z) < half;
    acc_t dx = fma(e4, acc_t(-25.790339917193062), one);  // e^{3.25}
    dx = near_x ? one : dx;
    const acc_t dz = near_z ? one : ez - one;
    const acc_t dq = ez + one;
    const acc_t dxz = dx * dz;
    const acc_t r = math::reciprocal(dxz * dq);
    const acc_t near = math::inv_exprel_near(near_z ? z : x);
    const acc_t ap = acc_t(1.28) * (near_x ? near : x * (dz * dq) * r);
    const acc_t bp = acc_t(1.4) * (near_z ? near : z * ((ez * r) * (dx * dq)));
    const acc_t aq = acc_t(0.3291372076528678) * e18;  // 0.128 e^{17/18}
    const acc_t bq = acc_t(4) * dxz * r;
    gates[0] = {c.phi * ap, c.phi * (ap + bp)};
    gates[1] = {c.phi * aq, c.phi * (aq + bq)};
}
