"""Makes channels/brainpy.npz: runs of brainpy's CondNeuGroup through LoopOverTime, in float64.

    python tests/golden/make_channels.py FILE        (needs brainpy==2.8.2)

For each run the file has V after every step, the gates after the last step, and the spikes. `hh` is a
Hodgkin-Huxley neuron, `tm` a neuron of Traub and Miles, and `relay` a thalamic relay neuron. `euler`
is `hh` with Euler's method. `each` is `relay` with different parameters for each neuron.
"""

import sys

import brainpy as bp
import brainpy.math as bm
import numpy as np

bm.enable_x64()
bm.set_dt(0.05)
bm.set_platform("cpu")

steps, size = 400, 3
x = np.round(np.random.default_rng(11).uniform(-4.0, 16.0, (steps, size)) * 64) / 64
v0 = np.array([-70.0, -64.0, -58.5])
dyn = bp.dyn
EACH = dict(g_max=[80.0, 90.0, 100.0], V_sh=[-52.0, -50.0, -49.0])


def hh(method):
    na, k, leak = dyn.INa_HH1952(size, method=method), dyn.IK_HH1952(size, g_max=36.0, E=-77.0, method=method), dyn.IL(size, g_max=0.3, E=-54.4)
    return dict(INa=na, IK=k, IL=leak)


def tm(method):
    na, k, leak = dyn.INa_TM1991(size, method=method), dyn.IK_TM1991(size, g_max=30.0, phi=1.5, method=method), dyn.IL(size)
    return dict(INa=na, IK=k, IL=leak)


def relay(method, **each):
    na, k = dyn.INa_Ba2002(size, T=34.0, method=method, **each), dyn.IKDR_Ba2002(size, T=34.0, method=method)
    ca = dyn.CalciumFixed(size, ICaT=dyn.ICaT_HM1992(size, T=35.0, method=method))
    return dict(INa=na, IK=k, IL=dyn.IL(size, g_max=0.06), Ca=ca, Ih=dyn.Ih_HM1992(size, g_max=0.05, phi=2.0, method=method))


cases = dict(
    hh=(hh("exp_auto"), "exp_auto"),
    tm=(tm("exp_auto"), "exp_auto"),
    relay=(relay("exp_auto"), "exp_auto"),
    euler=(hh("euler"), "euler"),
    each=(relay("exp_auto", **{name: bm.asarray(v) for name, v in EACH.items()}), "exp_auto"),
)
arrays = {"in": x, "v0": v0}
for name, (channels, method) in cases.items():
    model = dyn.CondNeuGroup(size, V_initializer=bp.init.OneInit(1.0), C=1.2, A=8e-4, V_th=-10.0, input_var=False, method=method, **channels)
    model.V.value = bm.asarray(v0)
    for channel in channels.values():
        channel.reset_state(model.V.value)
    out, monitored = bp.LoopOverTime(model, out_vars=dict(V=model.V), dt=0.05, no_state=False)(bm.asarray(x))
    arrays[f"{name}.V"] = np.asarray(monitored["V"])
    arrays[f"{name}.out"] = np.asarray(out, np.uint8)
    for key, channel in channels.items():
        channel, key = (channel.children["ICaT"], "ICaT") if key == "Ca" else (channel, key)
        for gate in "pq":
            if hasattr(channel, gate):
                arrays[f"{name}.{key}.{gate}"] = np.asarray(getattr(channel, gate))
np.savez_compressed(sys.argv[1], **arrays)
