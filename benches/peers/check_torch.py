"""Compares recurrent layers with torch's. usage: check_torch.py FOLDER

FOLDER has the runs that the CUDA tests write with OVERTIME_TORCH=FOLDER (layers::runs_for_torch), in
f32, with weights in the library's layout. torch computes the same runs in f64 on the CPU.
"""
import pathlib
import re
import sys

import numpy
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

# The library's gates in torch's order. An LSTM's gates are i, g, f, o in the library, and i, f, g, o
# in torch.
ORDER = {"RNN": [0], "GRU": [0, 1, 2], "LSTM": [0, 2, 1, 3]}


def check(path):
    kind, run = path.stem.split("_")[0], numpy.load(path)
    names = sorted({name.split(".")[0] for name in run.files if "." in name})  # l0, l0_reverse, l1, …: torch's order too
    gates = lambda array: numpy.concatenate([numpy.split(array, len(ORDER[kind]))[gate] for gate in ORDER[kind]])
    state = {}
    for name in names:
        state[f"weight_ih_{name}"], state[f"weight_hh_{name}"] = gates(run[f"{name}.Wi"].T), gates(run[f"{name}.Wh"].T)
        state[f"bias_ih_{name}"] = gates(run[f"{name}.b"])
        state[f"bias_hh_{name}"] = numpy.zeros_like(run[f"{name}.b"])
        if kind == "GRU":
            state[f"bias_hh_{name}"][-run[f"{name}.bh"].size :] = run[f"{name}.bh"]
    num_in, hidden = run["l0.Wi"].shape[0], run["l0.Wh"].shape[0]
    layers = 1 + max(int(re.match(r"l(\d+)", name)[1]) for name in names)
    module = getattr(torch.nn, kind)(num_in, hidden, num_layers=layers, bidirectional="l0_reverse" in names).double()
    module.load_state_dict({name: torch.from_numpy(numpy.ascontiguousarray(a)).double() for name, a in state.items()})
    x = torch.from_numpy(run["x"]).double()
    with torch.no_grad():
        if "lengths" in run.files:
            lengths = torch.from_numpy(run["lengths"]).long()
            output, last = module(pack_padded_sequence(x, lengths, enforce_sorted=False))
            output, _ = pad_packed_sequence(output, total_length=x.shape[0])
        else:
            output, last = module(x)
    last = torch.cat(last, dim=-1) if kind == "LSTM" else last
    ours = numpy.stack([run[f"{name}.state"] for name in names])
    differences = [numpy.abs(run["output"] - output.numpy()).max(), numpy.abs(ours - last.numpy()).max()]
    print(f"{path.stem:20} output {differences[0]:.1e}, states {differences[1]:.1e}")
    return all(difference <= 2e-5 for difference in differences)


found = sorted(pathlib.Path(sys.argv[1]).glob("*.npz"))
good = [check(path) for path in found]
sys.exit(0 if good and all(good) else "no runs, or some that differ")
