"""Times overtime and brainpy in turn on this machine, and prints a table of ratios and floors.

usage: compare.py [ROUNDS [GHZ CORES]]     in a Python that has brainpy 2.8.2
Rounds alternate between the two simulators, and the best time of each counts. Networks are compared
with Brian2 2.9 if BRIAN2_PYTHON names a Python that has it.

The floor is the time of the arithmetic alone, with AVX-512 at this clock on this number of cores,
with no recording and all data in cache. It is 5.7 cycles for a neuron-step (see
benches/loop_over_time.rs), and 64 operations a cycle for the products of a cell.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
root = here.parent.parent
rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 2
ghz, cores = (float(sys.argv[2]), int(sys.argv[3])) if len(sys.argv) > 3 else (2.5, 2)
ours, peer = {}, {}


def keep(best, name, seconds):
    best[name] = min(seconds, best.get(name, seconds))


def floor(name):
    """The floor of a case in milliseconds; None if it is unknown."""
    if found := re.match(r"hh/n=(\d+) T=(\d+)", name):
        n, steps = map(int, found.groups())
        # A single neuron uses one lane of one core.
        vectors, used = -(-n // 16), min(cores, -(-n // 16))
        return vectors * steps * 16 * 5.7 / ghz / used * 1e-6
    if found := re.match(r"cells/(\w+)Cell T=(\d+) B=(\d+) in=(\d+) h=(\d+)", name):
        gates = dict(RNN=1, GRU=3, LSTM=4)[found.group(1)]
        steps, batch, num_in, hidden = map(int, found.groups()[1:])
        return 2 * steps * batch * (num_in + hidden) * gates * hidden / 64 / ghz / min(cores, batch) * 1e-6
    return None


for _ in range(rounds):
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        subprocess.run([sys.executable, here / "time_brainpy.py", out.name], check=True, stdout=subprocess.DEVNULL)
        for name, seconds in json.load(open(out.name)).items():
            keep(peer, name, seconds)
    if brian2 := os.environ.get("BRIAN2_PYTHON"):
        with tempfile.NamedTemporaryFile(suffix=".json") as out:
            subprocess.run([brian2, here / "time_brian2.py", out.name, str(cores)], check=True, stdout=subprocess.DEVNULL)
            for name, seconds in json.load(open(out.name)).items():
                keep(peer, name, seconds)
    bench = ["cargo", "bench", "-p", "overtime-benches", "--bench", "loop_over_time", "--bench", "cells", "--bench", "network"]
    bench += ["--", "--warm-up-time", "0.5", "--measurement-time", "1.5"]
    subprocess.run(bench, check=True, cwd=root, stdout=subprocess.DEVNULL)
    for file in root.glob("target/criterion/**/new/benchmark.json"):
        estimates = json.load(open(file.with_name("estimates.json")))
        keep(ours, json.load(open(file))["full_id"], estimates["median"]["point_estimate"] * 1e-9)

print("| case (f32 unless its name has f64) | overtime, ms | brainpy or Brian2, ms | ratio | floor, ms |")
print("|---|---|---|---|---|")
for name, other in peer.items():
    if (seconds := ours.get(name)) is not None:
        bound = floor(name)
        least = "" if bound is None else f"{bound:.2g}"
        print(f"| {name} | {seconds * 1e3:.3g} | {other * 1e3:.4g} | {other / seconds:.2f} | {least} |")
