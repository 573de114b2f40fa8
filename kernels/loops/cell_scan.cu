// All steps of a chunk of a recurrent cell in one launch: a block owns a row, whose state stays on chip.
#include "recurrent.cuh"

// The bounds: a thread may take all the registers that the largest block leaves. To let in a second block, some would spill.
extern "C" __global__ void __launch_bounds__(THREADS, 1) cell_scan(const __grid_constant__ LaunchArgs args, const __grid_constant__ Params p) {
    make_steps(args, 0, args.steps);
}
