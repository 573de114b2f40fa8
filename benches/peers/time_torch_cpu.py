"""Times torch's recurrent layers and products in float32 on the CPU, without gradients.

The names are those of benches/cells.rs and benches/matmul.rs. A layer returns the outputs of all steps,
as overtime does. nn.LSTM makes the operations of brainpy's LSTMCell, and nn.RNN with ReLU those of
brainpy's RNNCell, so that one case compares all three simulators. nn.GRU applies the reset after the
product, and brainpy's GRUCell before it: torch has the case GRUCellTorch.
"""
import torch

import timing

SHAPES = (30, 128, 100, 20), (256, 64, 256, 256), (256, 1, 512, 512)
LAYERS = {
    "RNNCell": lambda num_in, hidden: torch.nn.RNN(num_in, hidden, nonlinearity="relu"),
    "LSTMCell": torch.nn.LSTM,
    "GRUCellTorch": torch.nn.GRU,
}


def layer(new, steps, batch, num_in, hidden):
    model, x = new(num_in, hidden), torch.rand(steps, batch, num_in)
    return lambda: model(x)


def layers():
    for name, new in LAYERS.items():
        for shape in SHAPES:
            full = "cells/{} T={} B={} in={} h={}".format(name, *shape)
            yield (full,), lambda new=new, shape=shape: layer(new, *shape)


def product(m, k, n):
    a, b = torch.rand(m, k) - 0.5, torch.rand(k, n) - 0.5
    return lambda: a @ b


def transposed(m, k, n):
    x, g = torch.rand(k, m) - 0.5, torch.rand(k, n) - 0.5
    return lambda: x.T @ g


def products():
    for size in (512, 1024, 2048):
        yield (f"matmul f32 cpu/m={size} k={size} n={size}",), lambda size=size: product(size, size, size)
    yield ("matmul f32 cpu/m=512 k=16384 n=512 A transposed",), lambda: transposed(512, 16384, 512)


def main():
    args = timing.parser(__doc__).parse_args()
    torch.set_num_threads(args.cores)
    with torch.no_grad():
        timing.write(timing.measure([*layers(), *products()], args), args)


main()
