"""Makes runner.npz: two runs of brainpy's DSRunner, in float64, with every kind of input and every operation.

    python tests/golden/make_runner.py FILE        (needs brainpy==2.8.2)
"""

import sys

import brainpy as bp
import brainpy.math as bm
import numpy as np

bm.enable_x64()
bm.set_dt(0.1)
bm.set_platform("cpu")

steps, size = 300, 3
random = np.random.default_rng(3)
series = np.round(random.uniform(0.0, 8.0, (steps, size)) * 64) / 64
line = np.round(random.uniform(0.5, 2.0, steps) * 64) / 64
v0 = np.array([-65.0, -60.5, -70.25])


def run(inputs, **monitors):
    model = bp.neurons.HH(size)
    model.V[:], model.m[:], model.h[:], model.n[:] = bm.asarray(v0), 0.05, 0.6, 0.32
    targets = [(getattr(model, name), value, kind, op) for name, value, kind, op in inputs(model)]
    runner = bp.DSRunner(model, inputs=targets, monitors={k: f(model) for k, f in monitors.items()}, progress_bar=False)
    parts = [dict(out=np.asarray(runner.run(15.0)), **{k: np.asarray(v) for k, v in runner.mon.items()}) for _ in range(2)]
    return {k: np.concatenate([part[k] for part in parts]) for k in parts[0]}


arrays = dict(series=series, line=line, v0=v0)
given = lambda model: [
    ("input", bm.asarray(line), "iter", "*"),
    ("input", lambda: bm.sin(bp.share["t"]), "func", "-"),
    ("input", bm.asarray(series), "iter", "+"),
    ("input", 2.0, "fix", "/"),
    ("input", bm.asarray([6.0, 3.0, 12.0]), "fix", "+"),
    ("input", 1.5, "fix", "-"),
]
mon = run(given, V=lambda m: m.V, part=lambda m: (m.V, [2, 0]), mean=lambda m: (lambda: bm.mean(m.V)))
arrays |= {f"given.{k}": v for k, v in mon.items()}
changed = lambda model: [
    ("V", 0.999, "fix", "*"),
    ("V", lambda: bm.sin(bp.share["t"]), "func", "+"),
    ("n", bm.asarray(0.3 + 0.01 * line), "iter", "="),
    ("input", 8.0, "fix", "="),
]
mon = run(changed, V=lambda m: m.V, n=lambda m: m.n)
arrays |= {f"changed.{k}": v for k, v in mon.items()}
np.savez_compressed(sys.argv[1], **{k: np.asarray(v, np.float64) for k, v in arrays.items()})
