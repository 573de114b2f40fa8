// All steps of a chunk of a recurrent cell in one launch: a block owns a row, whose state stays on chip.
#include "recurrent.cuh"

// The bounds: as many registers as the largest block leaves, since spilling some to let in a second block does not pay.
extern "C" __global__ void __launch_bounds__(1024, 1) cell_scan(const __grid_constant__ Job job, const __grid_constant__ Params p) {
    make_steps(job, 0, job.steps);
}
