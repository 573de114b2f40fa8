// Packs Wh [H, G·H] for the fast tiers: for each tile the fragments of its phases, one lane's part
// after another. Elements beyond H are 0.
#include "tile.cuh"

namespace tile {
__device__ __forceinline__ factor_t packed(scalar_t x) {
#if TENSOR == 2
    // Rounds to the nearest tf32, ties away from zero; infinities and NaN stay.
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
    const u32 unit0 = index / LANES * UNITS, lane = index % 32;
    u32 fragment = index % LANES / 32, phase = 0;
    while (phase + 1 < PHASES && fragment >= fragments(phase + 1)) ++phase;
    fragment -= fragments(phase);
    // The fragments lie [WARPS_K][DEEP] along K, then [WARPS_N][wide].
    const u32 across = WARPS_N * wide(phase), k0 = fragment / across * DEPTH, column0 = fragment % across * COLUMNS;
    Lane mine;
#pragma unroll
    for (u32 at = 0; at < EACH_LANE; ++at) {
        const Element e = element(lane, at);
        const u32 k = k0 + e.k, column = column0 + e.column, unit = unit0 + column % UNITS;
        const bool is = k < H && column < columns(phase) && unit < H;
        mine.at[at] = is ? packed(wh[(u64)k * (GATES * H) + (first_gate(phase) + column / UNITS) * H + unit]) : factor(acc_t(0));
    }
    to[index] = mine;
}
