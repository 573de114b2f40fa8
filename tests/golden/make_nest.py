"""Small networks of iaf_psc_exp, iaf_psc_alpha and iaf_psc_delta by NEST, in steps of 0.1 ms.

usage: make_nest.py FOLDER    (needs nest-simulator==3.10.0; README.md describes the arrays)
"""

import sys

import nest
import numpy as np

NEURONS, STEPS, DT, RECORDED = 150, 2000, 0.1, 6
MEMBRANE = dict(C_m=250.0, tau_m=10.0, t_ref=2.0, E_L=-65.0, V_th=-50.0, V_reset=-65.0)


def exact(x):
    """Rounded to float32, so that every program reads the same value."""
    return np.float32(x).astype(float)


def run(name, seed):
    nest.set_verbosity("M_ERROR")
    nest.ResetKernel()
    nest.resolution = DT
    rng = np.random.default_rng(seed)
    synaptic = {} if name == "delta" else dict(tau_syn_ex=0.5, tau_syn_in=1.5)
    cells = nest.Create("iaf_psc_" + name, NEURONS, params={**MEMBRANE, **synaptic})
    v0, i_e = exact(rng.normal(-58, 5, NEURONS)), exact(rng.uniform(350, 480, NEURONS))
    cells.V_m, cells.I_e = v0, i_e
    pre, post = np.nonzero(rng.random((NEURONS, NEURONS)) < 0.15)
    again = rng.choice(len(pre), 50)  # some pairs have two synapses
    pre, post = np.append(pre, pre[again]), np.append(post, post[again])
    excitatory, inhibitory = (0.5, -2.0) if name == "delta" else (60.0, -140.0)
    mean = np.where(pre < NEURONS * 4 // 5, excitatory, inhibitory)
    weight = exact(mean * (1 + 0.1 * rng.normal(size=len(pre))))
    delay_steps = rng.integers(1, 40, len(pre))
    synapses = {"synapse_model": "static_synapse", "weight": weight, "delay": delay_steps * DT}
    ids = np.array(cells.tolist())
    nest.Connect(ids[pre], ids[post], "one_to_one", syn_spec=synapses)
    spikes = nest.Create("spike_recorder", params={"time_in_steps": True})
    nest.Connect(cells, spikes)
    rec = np.sort(rng.choice(NEURONS, RECORDED, replace=False))
    meters = [nest.Create("multimeter", params={"record_from": ["V_m"], "interval": DT}) for _ in rec]
    for meter, unit in zip(meters, rec):
        nest.Connect(meter, cells[int(unit)])
    nest.Simulate(STEPS * DT + 2 * DT)
    step, unit = np.asarray(spikes.events["times"]), np.asarray(spikes.events["senders"]) - 1
    kept = step <= STEPS
    order = np.lexsort((unit[kept], step[kept]))
    print(f"{name}: {len(pre)} synapses, {kept.sum()} spikes, {kept.sum() / NEURONS / (STEPS * DT) * 1e3:.1f} Hz")
    return dict(
        pre=pre.astype(np.int32),
        post=post.astype(np.int32),
        weight=np.float32(weight),
        delay=np.float32(delay_steps) * DT,
        v0=np.float32(v0),
        i_e=np.float32(i_e),
        steps=STEPS,
        dt=DT,
        spike_i=unit[kept][order].astype(np.int32),
        spike_step=step[kept][order].astype(np.int32),
        rec=rec,
        rec_v=np.stack([np.asarray(meter.events["V_m"])[:STEPS] for meter in meters], 1),
        **{"p_" + key: value for key, value in {**MEMBRANE, **synaptic}.items()},
    )


for number, name in enumerate(["exp", "alpha", "delta"]):
    np.savez_compressed(f"{sys.argv[1]}/{name}.npz", **run(name, 14 + number))
