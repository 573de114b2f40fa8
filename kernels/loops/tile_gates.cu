// The gates of one phase of a recurrent cell's step, after a dense product of all rows: one thread
// for each unit. The phase is the cursor plus `offset`.
//
// LaunchArgs::scratch holds the product's operand, [B, PITCH]; from the next multiple of 256 bytes
// on the product, [B, GATES·H].
#include "tile_steps.cuh"

namespace tile {

constexpr u32 VECTOR = 16 / sizeof(scalar_t), PITCH = ceil_div(H, VECTOR) * VECTOR;

__device__ __forceinline__ scalar_t* operands(const LaunchArgs& args) { return (scalar_t*)args.scratch; }
__device__ __forceinline__ const acc_t* made(const LaunchArgs& args) {
    return (const acc_t*)((char*)args.scratch + (args.rows * PITCH * sizeof(scalar_t) + 255) / 256 * 256);
}

// A gate's sum starts as in the other tiers; the product is one sum instead of several parts.
template <u32 PHASE>
__device__ __forceinline__ void make_gates(const LaunchArgs& args, u32 k, u64 row, u32 unit) {
    const u32 t = which(args, k);
    Cell cell;
    cell.be(args, row, unit, true);
    cell.take_input(args, t);
#pragma unroll
    for (u32 i = 0; i < STATES; ++i) cell.s[i] = load(cell.state(args, i));
    const acc_t* sums = made(args) + row * (GATES * H) + unit;
#pragma unroll
    for (u32 g = 0; g < first_gate(PHASE + 1); ++g) cell.sum[g] = start(g, cell.input, cell.bh) + sums[g * H];
    if constexpr (PHASE + 1 < PHASES) {
        store(operands(args) + row * PITCH + unit, operand(cell.sum, cell.s[0]));
    } else {
        const acc_t y = cell.finish(t);
        store(operands(args) + row * PITCH + unit, cell.s[0]);
        cell.put_out(args, t, y);
        cell.record(args, t, y);
#pragma unroll
        for (u32 i = 0; i < STATES; ++i) store(cell.state(args, i), cell.s[i]);
    }
}

}  // namespace tile

extern "C" __global__ void __launch_bounds__(256)
    tile_gates(const LaunchArgs* __restrict__ at, const __grid_constant__ Params p, const u32* __restrict__ cursor, u32 offset) {
    const u64 index = (u64)blockIdx.x * blockDim.x + threadIdx.x, row = index / HIDDEN;
    const u32 n = *cursor + offset;
    if (row >= at->rows) return;
    if (PHASES > 1 && n % PHASES != 0) {
        tile::make_gates<PHASES - 1>(*at, n / PHASES, row, index % HIDDEN);
    } else {
        tile::make_gates<0>(*at, n / PHASES, row, index % HIDDEN);
    }
}

// Writes the first product's operand: h at the start of the chunk.
extern "C" __global__ void __launch_bounds__(256) tile_begin(const __grid_constant__ LaunchArgs args, const __grid_constant__ Params p) {
    using namespace tile;
    const u64 index = (u64)blockIdx.x * blockDim.x + threadIdx.x, row = index / PITCH;
    const u32 k = index % PITCH;
    if (row < args.rows) store(operands(args) + index, k < H ? load(args.state + row * (STATES * H) + k) : acc_t(0));
}
