"""Makes lif_ref.npz: four runs of brainpy's LifRef through LoopOverTime, in float64.

    python tests/golden/make_lif_ref.py FILE        (needs brainpy==2.8.2)

`tau_ref` is never a multiple of dt: brainpy compares times, and at a multiple their rounding would
decide.
"""

import sys

import brainpy as bp
import brainpy.math as bm
import numpy as np

bm.enable_x64()
bm.set_dt(0.1)
bm.set_platform("cpu")

steps, size = 600, 6
x = np.round(np.random.default_rng(7).uniform(0.0, 60.0, (steps, size)) * 64) / 64
x[:, 0] = 25.0
each = dict(
    tau=[10.0, 8.0, 12.5, 20.0, 5.0, 10.0],
    R=[1.0, 0.5, 2.0, 1.25, 0.75, 1.0],
    V_rest=[0.0, 1.0, -1.0, 2.0, 0.0, 0.0],
    V_th=[20.0, 15.0, 18.0, 20.0, 10.0, 22.0],
)
cases = dict(
    exp_auto=("exp_auto", dict(tau_ref=2.05)),
    rk4=("rk4", dict(tau_ref=1.25)),
    euler=("euler", dict(tau_ref=0.0)),
    each=("exp_auto", dict(tau_ref=0.55, **{k: bm.asarray(v) for k, v in each.items()})),
)
arrays = {"in": x}
for name, (method, parameters) in cases.items():
    model = bp.dyn.LifRef(size, method=method, ref_var=True, **parameters)
    variables = dict(V=model.V, spike=model.spike, refractory=model.refractory)
    out, monitored = bp.LoopOverTime(model, out_vars=variables, dt=0.1)(bm.asarray(x))
    arrays[f"{name}.out"] = np.asarray(out, np.uint8)
    arrays[f"{name}.V"] = np.asarray(monitored["V"])
    arrays[f"{name}.spike"] = np.asarray(monitored["spike"], np.uint8)
    arrays[f"{name}.refractory"] = np.asarray(monitored["refractory"], np.uint8)
np.savez_compressed(sys.argv[1], **arrays)
