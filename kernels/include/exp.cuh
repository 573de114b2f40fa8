// eˣ in both types of arithmetic: the counterpart of `exp` in src/numeric/math/, with the same
// operations and bits, and of the constants in src/numeric/scalar.rs. math.cuh has the functions of
// acc_t.
#pragma once
#include "scalar.cuh"

namespace math {

// The constants of a type.
template <class R>
struct Constants;

template <>
struct Constants<double> {
    typedef u64 bits_t;
    static constexpr int EXP_TERMS = 10, BERNOULLI_TERMS = 7, MANTISSA = 52;
    static constexpr bits_t BIAS = 1023;
    static constexpr double EXP_LOW = -708.0, EXP_HIGH = 709.0;
    static constexpr double LN2_HIGH = 0.69314718055994530942, LN2_LOW = 2.3190468138462996e-17;
    static constexpr double ROUNDER = 6755399441055744.0;  // 1.5·2⁵²
    static constexpr double LEAST_NORMAL = 2.2250738585072014e-308, TO_NORMAL = 18014398509481984.0, TO_NORMAL_EXPONENT = 54.0;
    static constexpr double LN2_FIRST = 0.6931471803691238, LN2_SECOND = 1.9082149292705877e-10;
    static constexpr bits_t SQRT_HALF = 0x3fe6a09e667f3bcdull;
    static constexpr double HALF_PI_0 = 1.5707963267948966, HALF_PI_1 = 6.123233995736766e-17, HALF_PI_2 = -1.4973849048591698e-33;
};

template <>
struct Constants<float> {
    typedef u32 bits_t;
    static constexpr int EXP_TERMS = 5, BERNOULLI_TERMS = 3, MANTISSA = 23;
    static constexpr bits_t BIAS = 127;
    static constexpr float EXP_LOW = -87.0f, EXP_HIGH = 88.0f;
    static constexpr float LN2_HIGH = float(0.6931471824645996), LN2_LOW = float(-1.9046542999577677e-9);
    static constexpr float ROUNDER = 12582912.0f;  // 1.5·2²³
    static constexpr float LEAST_NORMAL = float(1.17549435082228750797e-38), TO_NORMAL = 33554432.0f, TO_NORMAL_EXPONENT = 25.0f;
    static constexpr float LN2_FIRST = float(0.6931381225585938), LN2_SECOND = float(9.05800061445916e-6);
    static constexpr bits_t SQRT_HALF = 0x3f3504f3u;
    static constexpr float HALF_PI_0 = float(1.5707963705062866),
                           HALF_PI_1 = float(-4.371138828673793e-8), HALF_PI_2 = float(-1.7151245100058819e-15);
};

__device__ constexpr double EXP_POLY_F64[] = {
    0.5000000000000001,     0.16666666666666667,   0.04166666666662413,   0.008333333333330062,  0.0013888888917213717,
    0.00019841269863053617, 2.4801521295954375e-5, 2.7557268459997064e-6, 2.7620088445409748e-7, 2.510038549551032e-8};
__device__ constexpr float EXP_POLY_F32[] = {float(0.5), float(0.16666576989698776), float(0.041666554617204574), float(0.008363179052722577),
                                             float(0.0013926183587713495)};

template <class R>
__device__ __forceinline__ R exp_poly(int k) {
    if constexpr (sizeof(R) == 8)
        return EXP_POLY_F64[k];
    else
        return EXP_POLY_F32[k];
}

__device__ __forceinline__ double of_bits(u64 bits) { return __longlong_as_double((long long)bits); }
__device__ __forceinline__ float of_bits(u32 bits) { return __uint_as_float(bits); }
__device__ __forceinline__ u64 to_bits(double x) { return (u64)__double_as_longlong(x); }
__device__ __forceinline__ u32 to_bits(float x) { return __float_as_uint(x); }

// 2ⁿ for the n in the low bits of `rounded`: one integer multiply-add.
template <class R>
__device__ __forceinline__ R pow2(R rounded) {
    typedef Constants<R> C;
    return of_bits((to_bits(rounded) << C::MANTISSA) + (C::BIAS << C::MANTISSA));
}

template <class R>
__device__ __forceinline__ R expm1_reduced(R r) {
    const R s = r * r;
    constexpr int TERMS = Constants<R>::EXP_TERMS, LAST = (TERMS - 1) / 2 * 2;
    R p = LAST + 1 < TERMS ? fma(exp_poly<R>((LAST + 1) % TERMS), r, exp_poly<R>(LAST)) : exp_poly<R>(LAST);
#pragma unroll
    for (int k = LAST - 2; k >= 0; k -= 2) p = fma(p, s, fma(exp_poly<R>(k + 1), r, exp_poly<R>(k)));
    return fma(p, s, r);
}

// 2ⁿ and eʳ − 1 for x = n·ln 2 + r.
template <class R>
struct Parts {
    R scale, q;
};

template <class R>
__device__ __forceinline__ Parts<R> exp_parts(R x) {
    typedef Constants<R> C;
    const R rounded = fma(x, R(1.44269504088896340736), C::ROUNDER);
    const R n = rounded - C::ROUNDER;
    const R r = fma(n, -C::LN2_LOW, fma(n, -C::LN2_HIGH, x));
    return {pow2(rounded), expm1_reduced(r)};
}

// A NaN passes both selects.
template <class R>
__device__ __forceinline__ R clamp_exp(R x) {
    typedef Constants<R> C;
    const R low = C::EXP_HIGH < x ? C::EXP_HIGH : x;
    return C::EXP_LOW > low ? C::EXP_LOW : low;
}

template <class R>
__device__ __forceinline__ R exp_of(R x) {
    const Parts<R> e = exp_parts(clamp_exp(x));
    return fma(e.scale, e.q, e.scale);
}

}  // namespace math
