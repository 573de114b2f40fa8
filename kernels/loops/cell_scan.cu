// All steps of a chunk of a recurrent cell in one launch: a block computes one batch row and keeps
// its state in shared memory.
#include "recurrent.cuh"

// The launch bounds give a thread all registers that the largest block leaves. With room for a
// second block, some registers would spill.
extern "C" __global__ void __launch_bounds__(THREADS, 1) cell_scan(const __grid_constant__ LaunchArgs args, const __grid_constant__ Params p) {
    make_steps(args, 0, args.steps);
}
