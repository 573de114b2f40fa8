// Wh [H, G·H] as the fast loops want it: for each tile the fragments of its phases, one lane's part after another. Beyond H it is 0.
#include "tile.cuh"

namespace tile {
__device__ __forceinline__ factor_t packed(scalar_t x) {
#if TENSOR == 2
    // To tf32, the nearest, ties away from zero; what is not finite stays.
    const u32 bits = __float_as_uint(x);
    return (bits & 0x7f800000u) == 0x7f800000u ? x : __uint_as_float((bits + 0x1000u) & ~0x1fffu);
#else
    return factor(widen(x));
#endif
}
}  // namespace tile

extern "C" __global__ void tile_pack(const scalar_t* __restrict__ wh, tile::Lane* __restrict__ to) {
    using namespace tile;
    const u64 index = (u64)blockIdx.x * blockDim.x + threadIdx.x;
    if (index >= (u64)TILES * LANES) return;
    const u32 unit0 = index / LANES * U, lane = index % 32;
    u32 fragment = index % LANES / 32, phase = 0;
    while (phase + 1 < PHASES && fragment >= fragments(phase + 1)) ++phase;
    fragment -= fragments(phase);
    // [K_WARPS][DEEP] along K, then [COLUMN_WARPS][wide].
    const u32 across = WC * wide(phase), k0 = fragment / across * DEPTH, column0 = fragment % across * COLUMNS;
    Lane mine;
#pragma unroll
    for (u32 at = 0; at < EACH_LANE; ++at) {
        const Element e = element(lane, at);
        const u32 k = k0 + e.k, column = column0 + e.column, unit = unit0 + column % U;
        const bool is = k < H && column < columns(phase) && unit < H;
        mine.at[at] = is ? packed(wh[(u64)k * (GATES * H) + (first_gate(phase) + column / U) * H + unit]) : factor(acc_t(0));
    }
    to[index] = mine;
}
