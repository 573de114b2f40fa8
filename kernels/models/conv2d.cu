// A convolution over height and width: one thread for each element of the output. The sum is the
// CPU's: it starts from the bias and is one chain of fused multiply-adds over the window, down,
// across and by channel. Elements outside of the image count as zero; without them the sign of a
// zero could differ. weights: w [kernel, kernel, channels/groups, outputs], b [outputs] or null
#include "launch_args.cuh"

struct Side {
    u64 input, kernel, stride, dilation, before, output;
};

struct Params {
    Side down, across;
    u64 channels, outputs, groups;
};

// The position of the window's element k in the input. A position outside is beyond the end, or
// wrapped around if before the start.
__device__ __forceinline__ u64 place(const Side& side, u64 at, u64 k) { return at * side.stride + k * side.dilation - side.before; }

// x: [height, width, channels]
__device__ __forceinline__ void map(const LaunchArgs& args, const Params& p, const scalar_t* x, u64 row, u64 element) {
    const u64 spot = element / p.outputs, output = element - spot * p.outputs;
    const u64 top = spot / p.across.output, left = spot - top * p.across.output;
    const u64 each = p.channels / p.groups, group = output / (p.outputs / p.groups);
    const scalar_t* w = args.weights[0] + output;
    acc_t sum = args.weights[1] ? load(args.weights[1] + output) : acc_t(0);
    for (u64 k = 0; k < p.down.kernel; ++k) {
        const u64 line = place(p.down, top, k);
        for (u64 l = 0; l < p.across.kernel; ++l) {
            const u64 column = place(p.across, left, l);
            const bool inside = line < p.down.input && column < p.across.input;
            const u64 from = (line * p.across.input + column) * p.channels + group * each;
            for (u64 c = 0; c < each; ++c, w += p.outputs) sum = fma(inside ? load(x + from + c) : acc_t(0), load(w), sum);
        }
    }
    store(args.y + row * args.units + element, sum);
}
