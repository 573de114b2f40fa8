"""Times brainpy.LoopOverTime (float32, compiled before the clock starts) on whatever device JAX finds.

usage: time_brainpy.py OUT.json        median of 5 runs for each case, in seconds
needs: pip install brainpy==2.8.2      (Python 3.11)
"""
import json
import sys
import time

import brainpy as bp
import brainpy.math as bm
import jax


def median(f, n=5):
    f()
    times = []
    for _ in range(n):
        start = time.perf_counter()
        jax.block_until_ready(f())
        times.append(time.perf_counter() - start)
    return sorted(times)[n // 2]


rows = {}
T = 1000
for n in (1, 1000, 10_000, 100_000):
    hh = bp.dyn.HH(n)
    plain = bp.LoopOverTime(hh)
    # Half a step less than T steps: brainpy's arange gives one more for some whole lengths.
    run = bm.jit(lambda: plain(T * 0.1 - 0.05))
    # Brainpy always returns the spikes, as booleans; that is its least.
    rows[f"hh/n={n} T={T} none"] = rows[f"hh/n={n} T={T} spikes"] = median(run)
    if n <= 10_000:
        recording = bp.LoopOverTime(hh, out_vars=hh.V)
        run = bm.jit(lambda: recording(T * 0.1 - 0.05))
        rows[f"hh/n={n} T={T} V"] = median(run)
for cell in ("RNNCell", "LSTMCell", "GRUCell"):
    for steps, batch, num_in, hidden in ((30, 128, 100, 20), (256, 64, 256, 256), (256, 1, 512, 512)):
        with bm.environment(mode=bm.BatchingMode(batch)):
            model = getattr(bp.dyn, cell)(num_in, hidden)
        bp.reset_state(model, batch)
        x = bm.random.rand(steps, batch, num_in)
        over_time = bp.LoopOverTime(model)
        run = bm.jit(lambda x: over_time(x))
        rows[f"cells/{cell} T={steps} B={batch} in={num_in} h={hidden}"] = median(lambda: run(x))
with bm.environment(mode=bm.BatchingMode(128)):
    seed = bp.Sequential(l1=bp.dyn.RNNCell(100, 20), l2=bm.relu, l3=bp.dyn.RNNCell(20, 2))
bp.reset_state(seed, 128)
x = bm.random.rand(30, 128, 100)
over_time = bp.LoopOverTime(seed)
run = bm.jit(lambda x: over_time(x))
rows["cells/Sequential T=30 B=128 RNNCell(100,20) relu RNNCell(20,2)"] = median(lambda: run(x))
for name, seconds in rows.items():
    print(f"{name:48s} {seconds * 1e3:10.3f} ms")
json.dump(rows, open(sys.argv[1], "w"), indent=1)
