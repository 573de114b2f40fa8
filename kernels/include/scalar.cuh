// Element types. Exactly one of SCALAR_F64, SCALAR_F32, SCALAR_F16 and SCALAR_BF16 is defined.
//   scalar_t  the type in memory
//   acc_t     the type of arithmetic
// The kernels include no header of a toolkit, since NVRTC has none.
#pragma once

typedef unsigned int u32;
typedef unsigned long long u64;

#if defined(SCALAR_F64)
typedef double scalar_t;
typedef double acc_t;
#elif defined(SCALAR_F32)
typedef float scalar_t;
typedef float acc_t;
#elif defined(SCALAR_F16) || defined(SCALAR_BF16)
struct scalar_t {
    unsigned short bits;
};
typedef float acc_t;
#else
#error "define one of SCALAR_F64, SCALAR_F32, SCALAR_F16, SCALAR_BF16"
#endif

#if defined(SCALAR_F64) || defined(SCALAR_F32)
__device__ __forceinline__ acc_t widen(scalar_t x) { return x; }
__device__ __forceinline__ scalar_t narrow(acc_t x) { return x; }
#elif defined(SCALAR_F16)
__device__ __forceinline__ acc_t widen(scalar_t x) {
    float wide;
    asm("cvt.f32.f16 %0, %1;" : "=f"(wide) : "h"(x.bits));
    return wide;
}
__device__ __forceinline__ scalar_t narrow(acc_t x) {
    scalar_t near;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(near.bits) : "f"(x));
    return near;
}
#else
__device__ __forceinline__ acc_t widen(scalar_t x) { return __uint_as_float((u32)x.bits << 16); }
// Rounds to the nearest, ties to even. sm_90 has an instruction for it (sm_80 for pairs); this code
// gives the same bits everywhere.
__device__ __forceinline__ scalar_t narrow(acc_t x) {
    u32 bits = __float_as_uint(x);
    scalar_t near;
    near.bits = (bits & 0x7fffffffu) > 0x7f800000u ? (unsigned short)(bits >> 16 | 0x40u)
                                                   : (unsigned short)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
    return near;
}
#endif

__device__ __forceinline__ acc_t load(const scalar_t* from) { return widen(*from); }
__device__ __forceinline__ void store(scalar_t* to, acc_t x) { *to = narrow(x); }
// x rounded to the type in memory.
__device__ __forceinline__ acc_t rounded(acc_t x) { return widen(narrow(x)); }
