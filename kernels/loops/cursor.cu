// Moves the cursor that steps are counted by, within a graph as well.
#include "scalar.cuh"

extern "C" __global__ void cursor_advance(u32* cursor, u32 by) { *cursor += by; }
