"""The cases of compare.py, in the order of its table. The names are those of criterion's benches."""
import re

SHAPES = "T=30 B=128 in=100 h=20", "T=256 B=64 in=256 h=256", "T=256 B=1 in=512 h=512"
CELLS = "RNNCell", "LSTMCell", "GRUCell", "GRUCellTorch"
# The program of criterion that has the cases of a group. The command runs all other groups.
BENCHES = {
    "hh": "loop_over_time",
    "hh f64": "loop_over_time",
    "lif": "loop_over_time",
    "lif f64": "loop_over_time",
    "izhikevich": "loop_over_time",
    "izhikevich f64": "loop_over_time",
    "cells": "cells",
    "matmul f32 cpu": "matmul",
    "cobahh": "network",
}


def neurons():
    for n in (1, 1000, 10_000, 100_000):
        for recorded in ("none", "spikes", "V")[: 3 if n <= 10_000 else 2]:
            yield f"hh/n={n} T=1000 {recorded}"
    yield from (f"hh f64/n={n} T=1000 none" for n in (10_000, 100_000))
    for model in ("lif", "izhikevich"):
        yield from (f"{model}/n=10000 T=1000 none", f"{model} f64/n=10000 T=1000 none")


def layers():
    yield from (f"cells/{cell} {shape}" for cell in CELLS for shape in SHAPES)
    yield "cells/Sequential T=30 B=128 RNNCell(100,20) relu RNNCell(20,2)"


def products():
    yield from (f"matmul f32 cpu/m={n} k={n} n={n}" for n in (512, 1024, 2048))
    yield "matmul f32 cpu/m=512 k=16384 n=512 A transposed"


def networks():
    yield from ("cobahh/f64 n=4000 T=1000", "cobahh/f64 n=40000 T=100")
    yield from ("coba/f64 n=4000 T=1000", "cuba/f64 n=4000 T=1000")


def wanted(regex):
    """The names that the expression finds."""
    return [name for name in (*neurons(), *layers(), *products(), *networks()) if re.search(regex, name)]


def exactly(names):
    """An expression for these names alone, in the syntax of Python and of Rust."""
    escaped = (re.sub(r"([.+*?()|\[\]{}^$\\])", r"\\\1", name) for name in names)
    return "^(" + "|".join(escaped) + ")$"


def bench(name):
    """The program of criterion that has the case; None if the command runs it."""
    return BENCHES.get(name.split("/")[0])
