// The steps of a recurrent cell: products, gates, state and recordings. A block computes a tile of
// units for a shard of batch rows.
#pragma once
#include "hidden_exchange.cuh"
#include "monitor.cuh"
#if TENSOR
#include "tile_mma.cuh"
#else
#include "tile_fma.cuh"
#endif

namespace tile {

// The hidden units of a thread, which keeps their state over all steps.
constexpr u32 CELLS = ceil_div(ROWS * UNITS, THREADS);

struct Cell {
    u32 r, unit;
    u64 row;
    u32 until;  // the row makes the steps before this one
    bool is;
    acc_t bh;
    Gates input, sum;
    acc_t s[STATES];

    __device__ __forceinline__ void find(const LaunchArgs& args, u32 c, u64 row0, u32 unit0) {
        const u32 at = c * THREADS + threadIdx.x;
        r = at / UNITS;
        be(args, row0 + r, unit0 + at % UNITS, at < ROWS * UNITS);
    }
    __device__ __forceinline__ void be(const LaunchArgs& args, u64 of_row, u32 of_unit, bool mine) {
        row = of_row;
        unit = of_unit;
        is = mine && unit < H && row < args.rows;
        until = is ? steps_of(args, row) : 0;
        bh = is && args.weights[1] ? load(args.weights[1] + unit) : acc_t(0);
    }
    __device__ __forceinline__ acc_t* work(const LaunchArgs& args, u32 t) const { return args.work + (t * args.rows + row) * (GATES * H) + unit; }
    __device__ __forceinline__ void take_input(const LaunchArgs& args, u32 t) {
#pragma unroll
        for (u32 g = 0; g < GATES; ++g) input[g] = is ? work(args, t)[g * H] : acc_t(0);
    }
    // The gates of a phase: their start values plus the parts of the product, in order.
    template <u32 PHASE>
    __device__ __forceinline__ void add(const acc_t* sums, u32 unit0) {
#pragma unroll
        for (u32 g = first_gate(PHASE); g < first_gate(PHASE + 1); ++g) {
            sum[g] = start(g, input, bh);
#pragma unroll
            for (u32 part = 0; part < WARPS_K; ++part) sum[g] += sums[(part * ROWS + r) * SUMS + (g - first_gate(PHASE)) * UNITS + unit - unit0];
        }
    }
    // Updates the state in step t. Returns the output.
    __device__ __forceinline__ acc_t finish(u32 t) {
        acc_t next[STATES];
#pragma unroll
        for (u32 i = 0; i < STATES; ++i) next[i] = s[i];
        update(sum, input, next);
        if (t >= until) return acc_t(0);
#pragma unroll
        for (u32 i = 0; i < STATES; ++i) s[i] = rounded(next[i]);
        return s[0];
    }
    __device__ __forceinline__ void put_out(const LaunchArgs& args, u32 t, acc_t y) const {
        if (is && args.y) store(args.y + (t * args.rows + row) * args.y_row + unit, y);
    }
    // Records x as element e of the row's `len` elements.
    __device__ __forceinline__ void record(const LaunchArgs& args, int p, u32 kept, u32 e, u32 len, acc_t x) const {
        if (probe_mode(args, p) != BITS) return keep(args, p, kept, row, e, 0, 0, 0, is, x);
        // Several blocks may compute units of one word: each thread sets or clears its own bit; the
        // last unit also clears the bits behind it.
        if (!is) return;
        u32* word = (u32*)((char*)args.probes[p].to + kept * stride_of(args, p)) + row * ceil_div(len, 32) + e / 32;
        const u32 bit = 1u << e % 32, beyond = e + 1 == len ? ~(bit - 1) & ~bit : 0;
        const bool set = rounded(x) != acc_t(0);
        if (beyond || !set) atomicAnd(word, ~(beyond | (set ? 0 : bit)));
        if (set) atomicOr(word, bit);
    }
    __device__ __forceinline__ void record(const LaunchArgs& args, u32 t, acc_t y) const {
#pragma unroll 1
        for (int p = 0; p < N_PROBES; ++p) {
            u32 kept;
            if (!args.probes[p].to || !keeps(args.probes[p], t, kept)) continue;
            if (probe_var(args, p) == 0) {
#pragma unroll
                for (u32 i = 0; i < STATES; ++i) record(args, p, kept, i * H + unit, STATES * H, s[i]);
            } else {
                record(args, p, kept, unit, H, y);
            }
        }
    }
    __device__ __forceinline__ scalar_t* state(const LaunchArgs& args, u32 i) const { return args.state + row * (STATES * H) + i * H + unit; }
};

// The chunk's step that is computed k-th.
__device__ __forceinline__ u32 which(const LaunchArgs& args, u32 k) { return args.backwards ? args.steps - 1 - k : k; }

struct Block {
    factor_t* h;
    acc_t* sums;
    const Lane* packed;
    u64 row0;
    u32 unit0;

    __device__ __forceinline__ Block(const LaunchArgs& args, char* shared) {
        h = (factor_t*)shared;
        sums = (acc_t*)(h + BUFFERS * BUFFER);
        row0 = (u64)shard() * ROWS;
        unit0 = number() * UNITS;
        packed = (const Lane*)args.weights[0] + (u64)number() * LANES;
#if HOLD == SHARED
        Lane* chip = (Lane*)(sums + WARPS_K * ROWS * SUMS);
#pragma unroll 4
        for (u32 i = threadIdx.x; i < LANES; i += THREADS) chip[i] = packed[i];
        packed = chip;
#endif
        // Elements beyond H and rows beyond the batch are 0.
        for (u32 i = threadIdx.x; i < BUFFERS * BUFFER; i += THREADS) h[i] = factor(acc_t(0));
        __syncthreads();
    }
    // Loads the shard's rows of h from the state.
    __device__ __forceinline__ void begin(const LaunchArgs& args, factor_t* to, const scalar_t* state) const {
        for (u32 i = threadIdx.x; i < ROWS * H; i += THREADS) {
            const u32 r = i / H, k = i % H;
            if (row0 + r < args.rows) to[r * STRIDE + k] = factor(load(state + (row0 + r) * (STATES * H) + k));
        }
    }
};

// All steps of a chunk.
__device__ __forceinline__ void make_all_steps(const LaunchArgs& args, char* shared) {
    if (args.steps == 0) return;
    const Block block(args, shared);
    const Exchange exchange{args, block.h, block.row0, block.unit0};
    TileWeights<0> first;
    first.take(block.packed);
    TileWeights<PHASES - 1> last;
    if constexpr (PHASES > 1) last.take(block.packed);
    Cell cells[CELLS];
#pragma unroll
    for (u32 c = 0; c < CELLS; ++c) {
        Cell& cell = cells[c];
        cell.find(args, c, block.row0, block.unit0);
#pragma unroll
        for (u32 i = 0; i < STATES; ++i) cell.s[i] = cell.is ? load(cell.state(args, i)) : acc_t(0);
        cell.take_input(args, which(args, 0));
    }
    // Exchange −1: all blocks read the state before any block writes.
    block.begin(args, exchange.here(1), args.state);
#if EXCHANGE == BLOCK
    __syncthreads();
#elif EXCHANGE == CLUSTER
    __syncwarp();
    asm volatile("barrier.cluster.arrive.release.aligned;\n\tbarrier.cluster.wait.acquire.aligned;" ::: "memory");
#else
    exchange.arrive(0);
    if (threadIdx.x == 0) {
        u32 come;
        do {
            asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(come) : "l"(counter(args)) : "memory");
        } while (come < TILES);
    }
    __syncthreads();
#endif
    u32 n = 0;
#pragma unroll 1
    for (u32 k = 0; k < args.steps; ++k) {
        const u32 t = which(args, k);
        product(first, exchange.here(n + 1), block.sums);
        __syncthreads();
        if constexpr (PHASES > 1) {
#pragma unroll
            for (u32 c = 0; c < CELLS; ++c) {
                Cell& cell = cells[c];
                if (!cell.is) continue;
                cell.template add<0>(block.sums, block.unit0);
                exchange.send(n, cell.r, cell.unit, operand(cell.sum, cell.s[0]));
            }
            exchange.arrive(n);
            exchange.wait(n);
            ++n;
            product(last, exchange.here(n + 1), block.sums);
            __syncthreads();
        }
        const bool goes_on = k + 1 < args.steps;
        acc_t y[CELLS];
#pragma unroll
        for (u32 c = 0; c < CELLS; ++c) {
            Cell& cell = cells[c];
            if (!cell.is) continue;
            cell.template add<PHASES - 1>(block.sums, block.unit0);
            y[c] = cell.finish(t);
            if (goes_on) exchange.send(n, cell.r, cell.unit, cell.s[0]);
        }
        if (goes_on) exchange.arrive(n);
#pragma unroll
        for (u32 c = 0; c < CELLS; ++c) {
            cells[c].put_out(args, t, y[c]);
            cells[c].record(args, t, y[c]);
            if (goes_on) cells[c].take_input(args, which(args, k + 1));
        }
        if (goes_on) exchange.wait(n);
        ++n;
    }
#pragma unroll
    for (u32 c = 0; c < CELLS; ++c) {
#pragma unroll
        for (u32 i = 0; i < STATES; ++i) {
            if (cells[c].is) store(cells[c].state(args, i), cells[c].s[i]);
        }
    }
}

// One phase of step k: product n of the chunk. LaunchArgs::work keeps the gates of earlier phases.
template <u32 PHASE>
__device__ __forceinline__ void make_phase(const LaunchArgs& args, u32 k, char* shared) {
    const u32 n = k * PHASES + PHASE, t = which(args, k);
    const Block block(args, shared);
    const Exchange exchange{args, block.h, block.row0, block.unit0};
    if (n == 0) {
        block.begin(args, block.h, before(args));
    } else {
        exchange.fetch(in_global(args, n + 1));
    }
    __syncthreads();
    TileWeights<PHASE> held;
    held.take(block.packed);
    product(held, block.h, block.sums);
    __syncthreads();
#pragma unroll
    for (u32 c = 0; c < CELLS; ++c) {
        Cell cell;
        cell.find(args, c, block.row0, block.unit0);
        if (!cell.is) continue;
        cell.take_input(args, t);
#pragma unroll
        for (u32 i = 0; i < STATES; ++i) cell.s[i] = load(i == 0 && k == 0 ? before(args) + cell.row * (STATES * H) + cell.unit : cell.state(args, i));
        // The state in memory still holds h from before the chunk.
        if (k > 0) cell.s[0] = value(in_global(args, k * PHASES + 1)[cell.row * GLOBAL_ROW + cell.unit]);
#pragma unroll
        for (u32 g = 0; g < first_gate(PHASE); ++g) cell.sum[g] = cell.input[g];
        cell.template add<PHASE>(block.sums, block.unit0);
        if constexpr (PHASE + 1 < PHASES) {
#pragma unroll
            for (u32 g = 0; g < first_gate(PHASE + 1); ++g) cell.work(args, t)[g * H] = cell.sum[g];
            exchange.send(n, cell.r, cell.unit, operand(cell.sum, cell.s[0]));
        } else {
            const acc_t y = cell.finish(t);
            exchange.send(n, cell.r, cell.unit, cell.s[0]);
            cell.put_out(args, t, y);
            cell.record(args, t, y);
#pragma unroll
            for (u32 i = 0; i < STATES; ++i) {
                if (i > 0 || k + 1 == args.steps) store(cell.state(args, i), cell.s[i]);
            }
        }
    }
}

}  // namespace tile
