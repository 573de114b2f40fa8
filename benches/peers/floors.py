"""The time of a case's arithmetic alone: no recording, all data in cache, every core at work.

A product takes 2·m·k·n operations. A core makes 64 of them in f32 in a cycle with AVX-512, and 32 with
AVX2: two units of 16 or 8 lanes, two operations for each fused multiply-add. (Zen 4 has AVX-512 with
units of 8 lanes, so that its floor is twice this one.)

A step of a Hodgkin-Huxley neuron in f32 takes 5.7 cycles with AVX-512: 165 vector operations and 3
divisions for 16 neurons, two operations in a cycle, and 9 more cycles for the divisions
(benches/loop_over_time.rs). The floor with AVX2 is an estimate. It assumes the same operations for 8
neurons instead of 16, and therefore 11.4 cycles. No operation was counted in the code for AVX2.

There is no floor for f64, for other neurons and for networks.
"""
import re

OPERATIONS = {"AVX-512": 64, "AVX2": 32}
NEURON_STEP = {"AVX-512": 5.7, "AVX2": 11.4}
LANES = {"AVX-512": 16, "AVX2": 8}
GATES = dict(RNN=1, GRU=3, LSTM=4)


def neuron(name, ghz, cores, vectors):
    found = re.match(r"hh/n=(\d+) T=(\d+)", name)
    if found is None:
        return None
    n, steps = map(int, found.groups())
    # A single neuron uses one lane of one core.
    used = -(-n // LANES[vectors])
    return used * steps * LANES[vectors] * NEURON_STEP[vectors] / ghz / min(cores, used) * 1e-6


def cell(name, ghz, cores, vectors):
    found = re.match(r"cells/(RNN|GRU|LSTM)Cell(?:Torch)? T=(\d+) B=(\d+) in=(\d+) h=(\d+)", name)
    if found is None:
        return None
    steps, batch, num_in, hidden = map(int, found.groups()[1:])
    operations = 2 * steps * batch * (num_in + hidden) * GATES[found.group(1)] * hidden
    return operations / OPERATIONS[vectors] / ghz / min(cores, batch) * 1e-6


def product(name, ghz, cores, vectors):
    found = re.match(r"matmul f32 cpu/m=(\d+) k=(\d+) n=(\d+)", name)
    if found is None:
        return None
    m, k, n = map(int, found.groups())
    return 2 * m * k * n / OPERATIONS[vectors] / ghz / cores * 1e-6


def floor(name, ghz, cores, vectors):
    """The floor of a case in milliseconds; None if it is unknown."""
    if vectors not in OPERATIONS:
        return None
    found = (kind(name, ghz, cores, vectors) for kind in (neuron, cell, product))
    return next((bound for bound in found if bound is not None), None)
