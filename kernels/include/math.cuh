// Elementary functions of single IEEE operations: the counterpart of src/numeric/math/, with the
// same names, operations and bits. That file has the reasons.
#pragma once
#include "exp.cuh"

namespace math {

typedef Constants<acc_t>::bits_t bits_t;
constexpr int BERNOULLI_TERMS = Constants<acc_t>::BERNOULLI_TERMS;
constexpr acc_t EXP_LOW = Constants<acc_t>::EXP_LOW, EXP_HIGH = Constants<acc_t>::EXP_HIGH;
constexpr acc_t LN2_HIGH = Constants<acc_t>::LN2_HIGH, LN2_LOW = Constants<acc_t>::LN2_LOW;
constexpr acc_t ROUNDER = Constants<acc_t>::ROUNDER;
constexpr acc_t LOG2_E = acc_t(1.44269504088896340736);
// The maximum growth of a potential in a step, as a logarithm.
constexpr acc_t GROWTH = acc_t(80);
constexpr acc_t FASTEST = acc_t(8e37);

// limit.min(x) and limit.max(x) of the CPU for a constant limit: a NaN in x is the result.
__device__ __forceinline__ acc_t at_most(acc_t limit, acc_t x) { return limit < x ? limit : x; }
__device__ __forceinline__ acc_t at_least(acc_t limit, acc_t x) { return limit > x ? limit : x; }

// The largest whole number that is not above x.
__device__ __forceinline__ int floor(acc_t x) {
#ifdef SCALAR_F64
    return __double2int_rd(x);
#else
    return __float2int_rd(x);
#endif
}

// The magnitude of x, and the magnitude of x with the sign of `sign`: operations on bits, without a
// library.
constexpr bits_t SIGN = bits_t(1) << (8 * sizeof(acc_t) - 1);
constexpr bits_t EXPONENT = (2 * Constants<acc_t>::BIAS + 1) << Constants<acc_t>::MANTISSA;
__device__ __forceinline__ acc_t abs(acc_t x) { return fabs(x); }
__device__ __forceinline__ acc_t copysign(acc_t x, acc_t sign) { return of_bits((to_bits(x) & ~SIGN) | (to_bits(sign) & SIGN)); }

// 1/x for 2⁻¹²⁶ ≤ |x| < 2¹²⁶, or NaN. In this range, for f32, an approximation within 1 ulp and one
// Newton step give the bits of a division. ptxas compiles rcp.rn to the same operations and adds a
// slow path for other values.
__device__ __forceinline__ acc_t reciprocal(acc_t x) {
#ifdef SCALAR_F64
    return 1.0 / x;
#else
    float r;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(x));
    return fma(r, fma(-x, r, 1.0f), r);
#endif
}

__device__ __forceinline__ Parts<acc_t> exp_parts_near(acc_t z) {
    const acc_t rounded = fma(z, -LOG2_E, ROUNDER);
    const acc_t n = rounded - ROUNDER;
    acc_t r = fma(n, -LN2_HIGH, -z);
#ifdef SCALAR_F64
    r = fma(n, -LN2_LOW, r);
#endif
    return {pow2(rounded), expm1_reduced(r)};
}

__device__ __forceinline__ acc_t exp(acc_t x) { return exp_of(x); }

__device__ __forceinline__ acc_t expm1(acc_t x) {
    const Parts<acc_t> e = exp_parts(clamp_exp(x));
    return fma(e.scale, e.q, e.scale - acc_t(1));
}

__device__ __forceinline__ acc_t exp_neg(acc_t z) {
    const Parts<acc_t> e = exp_parts_near(at_least(-EXP_HIGH, at_most(-EXP_LOW, z)));
    return fma(e.scale, e.q, e.scale);
}

__device__ __forceinline__ acc_t decay(acc_t z) {
    const Parts<acc_t> e = exp_parts_near(at_most(-EXP_LOW, z));
    return fma(e.scale, -e.q, acc_t(1) - e.scale);
}

__device__ __forceinline__ acc_t divisible(acc_t x, acc_t low) { return at_least(low, abs(x) < acc_t(1e-30) ? acc_t(1e-30) : x); }

__device__ __forceinline__ acc_t exprel(acc_t x) { return abs(x) < acc_t(1e-30) ? acc_t(1) : expm1(x) / x; }

__device__ constexpr double BERNOULLI[] = {1.0 / 12.0,         -1.0 / 720.0,
                                           1.0 / 30240.0,      -1.0 / 1209600.0,
                                           1.0 / 47900160.0,   -691.0 / 1307674368000.0,
                                           1.0 / 74724249600.0};

__device__ __forceinline__ acc_t inv_exprel_near(acc_t x) {
    const acc_t s = x * x;
    acc_t p = acc_t(BERNOULLI[BERNOULLI_TERMS - 1]);
#pragma unroll
    for (int k = BERNOULLI_TERMS - 2; k >= 0; --k) p = fma(p, s, acc_t(BERNOULLI[k]));
    return fma(p, s, fma(x, acc_t(0.5), acc_t(1)));
}

__device__ __forceinline__ acc_t tanh(acc_t x) {
    const acc_t twice = abs(x) + abs(x);
    const acc_t e = expm1(at_most(acc_t(40), twice));
    return copysign(e / (e + acc_t(2)), x);
}

#ifdef SCALAR_F64
constexpr int NORMAL_TERMS = 24;
__device__ constexpr double NORMAL[] = {
    0.769193049750063, -0.665382502890057, 0.4953056159699805, -0.3135331566712814, 0.16502036617019517, -0.06911863870707162,
    0.02079506680323404, -0.002993376758978478, -0.0007978694277475297, 0.0005448989683735629, -5.937558833377767e-5,
    -4.9762327924579515e-5, 1.6680852719925394e-5, 3.979361513829216e-6, -2.7688787836720915e-6, -3.335427141231054e-7,
    4.3347664285137567e-7, 3.8571448567257587e-8, -6.741689051823604e-8, -6.940847374044867e-9, 9.275082241537343e-9,
    1.2713759260278231e-9, -7.854458583247658e-10, -1.331210743010702e-10};
#else
constexpr int NORMAL_TERMS = 12;
__device__ constexpr double NORMAL[] = {
    0.7691930532455444, -0.6653825044631958, 0.49530598521232605, -0.31353288888931274, 0.16501614451408386, -0.06912083923816681,
    0.020813677459955215, -0.0029857088811695576, -0.0008357310434803367, 0.0005317770992405713, -2.19678277062485e-5,
    -3.8691559893777594e-5};
#endif

__device__ __forceinline__ acc_t normal_cdf(acc_t x) {
    const acc_t y = at_most(acc_t(40), abs(x));
    const acc_t d = acc_t(1) / (y + acc_t(5));
    const acc_t t = fma(d, acc_t(-10), acc_t(1));
    acc_t p = acc_t(NORMAL[NORMAL_TERMS - 1]);
#pragma unroll
    for (int k = NORMAL_TERMS - 2; k >= 0; --k) p = fma(p, t, acc_t(NORMAL[k]));
    const acc_t square = y * y;
    const acc_t rest = fma(y, y, -square);
    const acc_t whole = exp(acc_t(-0.5) * square);
    const acc_t e = fma(acc_t(0.5) * whole, -rest, whole);
    const acc_t far = p * d * e;
    const acc_t tail = square > acc_t(-2) * EXP_LOW ? acc_t(0) : far;
    return x < acc_t(0) ? tail : acc_t(1) - tail;
}

__device__ __forceinline__ acc_t sigmoid(acc_t x) { return acc_t(1) / (acc_t(1) + exp(-x)); }

#ifdef SCALAR_F64
__device__ constexpr double LOG_POLY[] = {
    0.6666666666666735, 0.3999999999940942, 0.2857142874366239, 0.22222198432149784, 0.1818357216161805, 0.15313837699209373,
    0.14798198605116586};
__device__ constexpr double SIN_POLY[] = {
    -0.16666666666666632, 0.00833333333332249, -0.0001984126982985795, 2.7557313707070068e-6, -2.5050760253406863e-8,
    1.58969099521155e-10};
__device__ constexpr double COS_POLY[] = {
    -0.5, 0.0416666666666666, -0.001388888888887411, 2.480158728947673e-5, -2.7557314351390663e-7, 2.087572321298175e-9,
    -1.1359647557788195e-11};
__device__ constexpr double EXPREL_SLOPE_POLY[] = {
    0.5, 0.3333333333333333, 0.12500000000000025, 0.03333333333333335, 0.006944444444441217, 0.001190476190476011,
    0.00017361111112763108, 2.2045855380107687e-5, 2.4801586886474166e-6, 2.50521081545089e-7, 2.296448930785336e-8,
    1.9270884106386984e-9, 1.4907694053441625e-10, 1.0703650216728109e-11, 7.336993915818186e-13, 4.591727384618733e-14};
#else
__device__ constexpr double LOG_POLY[] = {
    0.6666666269302368, 0.40000972151756287, 0.2849878668785095, 0.24279078841209412};
__device__ constexpr double SIN_POLY[] = {
    -0.16666654611, 0.0083321608736, -0.00019515295891};
__device__ constexpr double COS_POLY[] = {
    -0.5, 0.04166664568298827, -0.001388731625493765, 2.443315711809948e-5};
__device__ constexpr double EXPREL_SLOPE_POLY[] = {
    0.5000000004284465, 0.3333333333691557, 0.12499998629247454, 0.03333333218721585, 0.006944514552694608, 0.0011904820532772436,
    0.00017348577107082256, 2.2035370297109326e-5, 2.5713576080015844e-6, 2.5815588963968155e-7};
#endif

// The value of a polynomial, whose coefficients are in the order of rising powers.
template <int N>
__device__ __forceinline__ acc_t horner(const double (&coefficients)[N], acc_t x) {
    acc_t p = acc_t(coefficients[N - 1]);
#pragma unroll
    for (int k = N - 2; k >= 0; --k) p = fma(p, x, acc_t(coefficients[k]));
    return p;
}

__device__ __forceinline__ acc_t infinity() { return of_bits(EXPONENT); }
__device__ __forceinline__ acc_t nan() { return of_bits(EXPONENT | EXPONENT >> 1); }

__device__ __forceinline__ acc_t inv_exprel(acc_t x) {
    const bool near = abs(x) < acc_t(0.5);
    const acc_t bounded = at_least(-EXP_HIGH, x);
    const acc_t far = bounded / -expm1(near ? acc_t(-1) : -bounded);
    return near ? inv_exprel_near(bounded) : far;
}

__device__ __forceinline__ acc_t inv_exprel_of(acc_t x, acc_t e) {
    const bool near = abs(x) < acc_t(0.5);
    const acc_t bounded = at_least(-EXP_HIGH, x);
    const acc_t far = bounded * reciprocal(near ? acc_t(1) : acc_t(1) - e);
    return near ? inv_exprel_near(bounded) : far;
}

__device__ __forceinline__ acc_t exprel_slope(acc_t x) {
    const bool near = abs(x) < acc_t(1.25);
    const acc_t at = near ? acc_t(2) : x;
    const acc_t far = (exp(at) - expm1(at) / at) / at;
    return near ? horner(EXPREL_SLOPE_POLY, x) : far;
}

__device__ __forceinline__ acc_t relax(acc_t s, acc_t t) {
    const acc_t d = at_most(FASTEST, divisible(s, -GROWTH / t));
    return decay(d * t) * reciprocal(d);
}

__device__ __forceinline__ acc_t log(acc_t x) {
    typedef Constants<acc_t> C;
    const bool tiny = x < C::LEAST_NORMAL;
    const bits_t bits = to_bits(tiny ? x * C::TO_NORMAL : x) + ((C::BIAS << C::MANTISSA) - C::SQRT_HALF);
    const acc_t exponent = of_bits(to_bits(ROUNDER) + ((bits >> C::MANTISSA) - C::BIAS)) - ROUNDER;
    const acc_t m = of_bits((bits & ((bits_t(1) << C::MANTISSA) - 1)) + C::SQRT_HALF);
    const acc_t e = tiny ? exponent - C::TO_NORMAL_EXPONENT : exponent;
    const acc_t f = m - acc_t(1);
    const acc_t s = f / (f + acc_t(2));
    const acc_t z = s * s;
    const acc_t half_square = acc_t(0.5) * f * f;
    const acc_t part = fma(z, horner(LOG_POLY, z), half_square);
    const acc_t rest = half_square - fma(s, part, e * C::LN2_SECOND);
    const acc_t finite = fma(e, C::LN2_FIRST, f - rest);
    const acc_t log = x == acc_t(0) ? -infinity() : finite;
    const acc_t of_real = x < acc_t(0) ? nan() : log;
    return x < infinity() ? of_real : x;
}

// The sine of x ≥ 0 for ahead = 0, and the cosine for ahead = 1.
__device__ __forceinline__ acc_t turned(acc_t x, bits_t ahead) {
    typedef Constants<acc_t> C;
    const acc_t rounded = fma(x, acc_t(0.63661977236758134308), ROUNDER);
    const acc_t n = rounded - ROUNDER;
    acc_t r = fma(n, -C::HALF_PI_0, x);
    r = fma(n, -C::HALF_PI_1, r);
    r = fma(n, -C::HALF_PI_2, r);
    r = at_least(acc_t(-0.8), at_most(acc_t(0.8), r));
    const acc_t s = r * r;
    const acc_t sin_r = fma(s * r, horner(SIN_POLY, s), r);
    const acc_t cos_r = fma(s, horner(COS_POLY, s), acc_t(1));
    const bits_t quadrant = to_bits(rounded) + ahead;
    const acc_t magnitude = (quadrant & 1) == 0 ? sin_r : cos_r;
    return of_bits(to_bits(magnitude) ^ ((quadrant & 2) << (8 * sizeof(acc_t) - 2)));
}

__device__ __forceinline__ acc_t sin(acc_t x) { return turned(abs(x), 0) * copysign(acc_t(1), x); }

__device__ __forceinline__ acc_t cos(acc_t x) { return turned(abs(x), 1); }

}  // namespace math
