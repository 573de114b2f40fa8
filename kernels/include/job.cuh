// What a launch is given. Its twin is src/cuda/structs/launch_args.rs; the fields are compared when this is compiled.
//
// Letters: T steps of the chunk, B rows of the batch, N units of a row, C = B·N cells, counted row by row.
#pragma once
#include "scalar.cuh"

// Where the chunk's first step stands: step k of it has index i + k and time t0 + (done + k)·dt.
struct Clock {
    u64 i;
    u64 done;
    double t0;
    double dt;
};

// One input: element (k, row, unit) is at[k·step + row·row + unit·unit]. A stride is 0 where the input stretches; `at` is
// null where there is no input.
struct Port {
    const scalar_t* at;
    u64 step, row, unit;
};

// One recording. Of the chunk's steps it keeps first, first + every, …
struct Probe {
    void* to;         // [kept, stride]
    const int* slot;  // PICK: [elements of a row] → place among the width kept ones, or -1
    u64 stride;       // elements (BITS: 32-bit words) of one kept step
    u64 width;        // elements kept of one row
    u32 first, every;
    u32 var;   // which variable; N_STATE is the output
    u32 mode;  // ALL, PICK or BITS
};

#define ALL 0   // every element:                        to[kept][row·width + element]
#define PICK 1  // those that have a slot:               to[kept][row·width + slot]
#define BITS 2  // one bit for each, whether it is not 0: to[kept][group·words + element/32], bit element%32

#define MAX_PORTS 4
#define MAX_WEIGHTS 8
#define MAX_EACH 32
#define MAX_PROBES 16

struct Job {
    Clock clock;
    u64 seed;
    u64 rows, units;
    u32 node;   // number of the system's random stream
    u32 steps;  // of this chunk; for a map, of its output
    u32 given;  // bit p: the run was given input p
    u32 first, every;  // for a map: which of the input's steps it is of
    u32 backwards;      // a cell's: 1 takes the chunk's last step first
    scalar_t* state;   // pointwise [N_STATE, C]; a cell's [B, S·H]
    scalar_t* y;       // output [T, B, y_row], of which the stage writes the first N of each row; or null
    u64 y_row;         // elements between two rows of y: N, unless layers share it
    const u64* ends;    // a cell's: [B] each row takes a step while fewer than so many, as the clock counts, are done; null: every step
    acc_t* work;       // a cell's products with the input [T, B, G·H]
    acc_t* scratch;    // a cell's, where shared memory is too small for it; else null
    Port ports[MAX_PORTS];
    const scalar_t* weights[MAX_WEIGHTS];
    const acc_t* each[MAX_EACH];  // [N] for each field of Params that differs between units, else null
    Probe probes[MAX_PROBES];
};

// How many of these steps a cell's row takes: the first ones.
__device__ __forceinline__ u32 steps_of(const Job& job, u64 row) {
    if (!job.ends) return job.steps;
    const u64 end = job.ends[row], done = job.clock.done;
    return end <= done ? 0 : end - done < job.steps ? u32(end - done) : job.steps;
}

#ifdef JOB_BYTES
static_assert(sizeof(Job) == JOB_BYTES, "Job here and in src/cuda/structs/launch_args.rs differ in size");
#endif
/* the fields of Clock are compared here */
/* the fields of Port are compared here */
/* the fields of Probe are compared here */
/* the fields of Job are compared here */
