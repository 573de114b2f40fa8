// The addresses of the elements of A and B. A line is a row of A or a column of B.
//
// With CONV, A holds the windows of a convolution: a line is a place of the output, and k counts
// the window's elements, down, across and by channel. The address is null outside of the image, and
// such an element is 0. Defines give the geometry: IN_DOWN, IN_ACROSS, IN_CHANNELS, KERNEL_DOWN, …,
// OUT_DOWN, OUT_ACROSS, and WINDOW_CHANNELS, the channels of a group.
#pragma once
#include "product.cuh"

// A line beyond the last one is read as the last one; no stored element depends on it.
//
// A line whose elements along k are contiguous.
struct Along {
    static constexpr bool HOLES = false;
    const scalar_t* from;
    __device__ __forceinline__ Vector vector(u32 k) const { return read_vector(from + k); }
    __device__ __forceinline__ scalar_t one(u32 k) const { return read_one(from + k); }
    __device__ __forceinline__ const scalar_t* at(u32 k) const { return from + k; }
};

__device__ __forceinline__ u32 within(u32 line, u32 lines) { return line < lines ? line : lines - 1; }

struct RowsOfA {
    const GemmArgs& p;
    const scalar_t* from;
    __device__ __forceinline__ RowsOfA(const GemmArgs& p, const Share& s) : p(p), from(p.a + s.batch * p.a_batch) {}
    __device__ __forceinline__ Along line(u32 row) const {
        row = within(row, p.m);
        const u32 lot = row / p.lot;
        return {from + lot * p.a_step + (row - lot * p.lot) * p.a_row};
    }
};

struct ColumnsOfB {
    const GemmArgs& p;
    const scalar_t* from;
    __device__ __forceinline__ ColumnsOfB(const GemmArgs& p, const Share& s) : p(p), from(p.b + s.batch * p.b_batch) {}
    __device__ __forceinline__ Along line(u32 column) const { return {from + within(column, p.n) * p.b_row}; }
};

// Lines that are contiguous across k: neighbours in memory belong to neighbouring lines.
struct Across {
    const scalar_t* from;
    u64 row;
    u32 lines;
    __device__ __forceinline__ const scalar_t* at(u32 k, u32 line) const { return from + (k * row + line); }
    // The first of N neighbours, of which all or none lie inside.
    template <u32 N>
    __device__ __forceinline__ u32 first(u32 line) const { return line < lines ? line : lines - N; }
};
__device__ __forceinline__ Across across_a(const GemmArgs& p, const Share& s) { return {p.a + s.batch * p.a_batch, p.a_row, p.m}; }
__device__ __forceinline__ Across across_b(const GemmArgs& p, const Share& s) { return {p.b + s.batch * p.b_batch, p.b_row, p.n}; }

#ifdef CONV
struct Window {
    static constexpr bool HOLES = true;
    const scalar_t* image;
    int top, left;
    // Null outside of the image.
    __device__ __forceinline__ const scalar_t* at(u32 k) const {
        const u32 spot = k / WINDOW_CHANNELS, channel = k - spot * WINDOW_CHANNELS;
        const u32 down = spot / KERNEL_ACROSS, across = spot - down * KERNEL_ACROSS;
        const int line = top + (int)(down * DILATION_DOWN), column = left + (int)(across * DILATION_ACROSS);
        const bool inside = (u32)line < IN_DOWN && (u32)column < IN_ACROSS;
        return inside ? image + ((u64)line * IN_ACROSS + column) * IN_CHANNELS + channel : nullptr;
    }
    __device__ __forceinline__ Vector vector(u32 k) const {
        const scalar_t* from = at(k);
        return from ? read_vector(from) : Vector{};
    }
    __device__ __forceinline__ scalar_t one(u32 k) const {
        const scalar_t* from = at(k);
        return from ? read_one(from) : scalar_t{};
    }
};

struct Windows {
    const GemmArgs& p;
    const scalar_t* from;
    __device__ __forceinline__ Windows(const GemmArgs& p, const Share& s) : p(p), from(p.a + s.batch * p.a_batch) {}
    __device__ __forceinline__ Window line(u32 place) const {
        place = within(place, p.m);
        const u32 row = place / (OUT_DOWN * OUT_ACROSS), spot = place - row * (OUT_DOWN * OUT_ACROSS);
        const u32 top = spot / OUT_ACROSS, left = spot - top * OUT_ACROSS, lot = row / p.lot;
        return {from + lot * p.a_step + (row - lot * p.lot) * p.a_row, (int)(top * STRIDE_DOWN) - BEFORE_DOWN,
                (int)(left * STRIDE_ACROSS) - BEFORE_ACROSS};
    }
};
typedef Windows LinesOfA;
typedef Window LineOfA;
#else
typedef RowsOfA LinesOfA;
typedef Along LineOfA;
#endif
