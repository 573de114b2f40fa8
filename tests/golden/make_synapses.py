"""Makes synapses.npz: runs of brainpy's synapse models, each with the same three spike trains, in float64.

    python tests/golden/make_synapses.py FILE        (needs brainpy==2.8.2)
"""

import sys

import brainpy as bp
import brainpy.math as bm
import numpy as np

bm.enable_x64()
bm.set_dt(0.1)
bm.set_platform("cpu")

steps, trains = 500, 3
dice = np.random.default_rng(3)
spikes = np.stack([np.arange(steps) % 83 == 5, dice.random(steps) < 0.05, dice.random(steps) < 0.005], axis=1)
models = dict(
    dual=(bp.dyn.DualExponV2(trains, tau_rise=1.5, tau_decay=12.0), ["out"]),
    # brainpy's exp_auto holds h constant for a step. rk4 solves both together, with an error of 5e-8 here.
    alpha=(bp.dyn.Alpha(trains, tau_decay=4.0, method="rk4"), ["out", "h"]),
    # This is never a multiple of dt: brainpy compares times, and at a multiple their rounding would decide.
    ampa=(bp.dyn.AMPA(trains, T_dur=0.45), ["g"]),
    gaba_a=(bp.dyn.GABAa(trains, T_dur=0.95), ["g"]),
    nmda=(bp.dyn.NMDA(trains), ["g", "x"]),
    bio_nmda=(bp.dyn.BioNMDA(trains, T_dur=0.45), ["g", "x"]),
    stp=(bp.dyn.STP(trains), ["u", "x"]),
    depressing=(bp.dyn.STP(trains, U=0.5, tau_f=20.0, tau_d=700.0), ["u", "x"]),
)
arrays = dict(spikes=spikes.astype(np.uint8))
for name, (model, variables) in models.items():
    kept = {key: [] for key in variables}
    for k in range(steps):
        bp.share.save(i=k, t=k * 0.1, dt=0.1)
        out = model.update(bm.asarray(spikes[k], dtype=float))
        for key in variables:
            kept[key].append(np.asarray(out if key == "out" else getattr(model, key)))
    arrays.update({f"{name}.{key}": np.stack(values) for key, values in kept.items()})
potential, conductance = np.linspace(-90.0, 40.0, 14), np.linspace(0.5, 7.0, 14)
block = bp.dyn.MgBlock(E=5.0)
arrays.update({"mg.V": potential, "mg.g": conductance, "mg.I": np.asarray(block.update(bm.asarray(conductance), bm.asarray(potential)))})
np.savez_compressed(sys.argv[1], **arrays)
