"""Makes torch/*.npz and torch/*.safetensors: the state_dict, an input and the output of small torch modules. Needs torch and safetensors.

Everything is computed in float64 and stored as float32 values (weights, inputs) or float64 (outputs)."""
import os

import numpy as np
import torch
from safetensors.torch import save_file

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "torch")


def made(module, seed):
    """The module in float64, with weights that are exact in float32."""
    torch.manual_seed(seed)
    module = module.double()
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_((torch.rand_like(weight) - 0.5).float().double())
    return module


def save(name, module, x, out):
    save_file({k: v.float().contiguous() for k, v in module.state_dict().items()}, os.path.join(FOLDER, name + ".safetensors"))
    arrays = {"in": x.float().numpy(), "out": out.detach().double().numpy()}
    np.savez_compressed(os.path.join(FOLDER, name + ".npz"), **arrays)


class Model(torch.nn.Module):
    """A recurrent module within a larger model, whose names have a path before them."""

    def __init__(self, kind, path, **options):
        super().__init__()
        self.path = path
        inner = getattr(torch.nn, kind)(3, 4, **options)
        for part in reversed(path.split(".")):
            outer = torch.nn.Module()
            outer.add_module(part, inner)
            inner = outer
        for name, child in inner.named_children():
            self.add_module(name, child)

    def forward(self, x):
        return self.get_submodule(self.path)(x)[0]


def main():
    os.makedirs(FOLDER, exist_ok=True)
    x = torch.randn(5, 2, 3).float().double()
    for seed, (name, kind, path, options) in enumerate([
        ("lstm", "LSTM", "model.encoder.rnn", {"num_layers": 2, "bidirectional": True}),
        ("gru", "GRU", "gru", {"num_layers": 2, "bidirectional": True}),
        ("rnn", "RNN", "rnn", {}),
        ("no_bias", "LSTM", "l", {"bias": False}),
    ]):
        module = made(Model(kind, path, **options), seed)
        save(name, module, x, module(x))
    # Linear layers with the numbers of torch.nn.Sequential, and both kinds of gelu.
    module = torch.nn.Sequential(
        torch.nn.Linear(3, 5), torch.nn.GELU(), torch.nn.Linear(5, 4), torch.nn.GELU("tanh"), torch.nn.Linear(4, 2))
    module = made(module, 10)
    save("linear", module, x, module(x))
    # A convolution of two groups. Images are [T, B, C, H, W] in torch, and [T, B, H, W, C] in the library.
    module = made(torch.nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=2), 11)
    image = torch.randn(3, 4, 6, 7).float().double()
    out = module(image)
    save("conv2d", module, image.permute(0, 2, 3, 1)[:, None].contiguous(), out.permute(0, 2, 3, 1)[:, None].contiguous())
    # Single cells, step by step, and a cell with a layer behind it.
    for seed, (name, kind) in enumerate([("rnn_cell", "RNNCell"), ("gru_cell", "GRUCell"), ("lstm_cell", "LSTMCell")]):
        cell = made(getattr(torch.nn, kind)(3, 4), 20 + seed)
        head = made(torch.nn.Linear(4, 2), 30 + seed)
        state, outs = None, []
        for step in x:
            state = cell(step, state)
            outs.append(head(state[0] if kind == "LSTMCell" else state))
        module = torch.nn.Module()
        module.cell, module.head = cell, head
        save(name, module, x, torch.stack(outs))


if __name__ == "__main__":
    torch.manual_seed(0)
    main()
