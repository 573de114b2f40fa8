"""Makes neurons.npz: runs of brainpy's neurons through LoopOverTime, in float64.

    python tests/golden/make_neurons.py FILE        (needs brainpy==2.8.2)

The input of each neuron is `in` times a scale of its own. `tau_ref` is never a multiple of dt:
brainpy compares times, and at a multiple their rounding would decide. The file has the spikes of
every step, and the variables after every tenth step.
"""

import inspect
import sys

import brainpy as bp
import brainpy.math as bm
import jax
import numpy as np

bm.enable_x64()
bm.set_platform("cpu")

steps, size, every = 600, 3, 10
x = np.round(np.random.default_rng(11).uniform(0.0, 64.0, (steps, size)) * 64) / 64
x[:, 0] = 32.0


class WangBuzsaki(bp.dyn.WangBuzsakiHH):
    """The class with the α_n of the paper and of brainpy's documentation, a tenth of the value in brainpy's code, and with m∞ constant in
    ∂V'/∂V."""

    def m_inf(self, V):
        return jax.lax.stop_gradient(bm.as_jax(super().m_inf(V)))

    def dn(self, n, t, V):
        alpha = 0.1 / bm.exprel(-0.1 * (V + 34))
        beta = 0.125 * bm.exp(-(V + 44) / 80)
        return self.phi * (alpha * (1 - n) - beta * n)


def bounded(cls):
    """The class with derivatives at V or V_th, whichever is less. On an upstroke, brainpy's stages of rk4 go beyond the threshold, where
    the neuron has spiked already, and change the other variable with them."""

    def at_most(name):
        derivative = getattr(cls, name)

        def bound(self, *args, **named):
            given = inspect.signature(derivative).bind(self, *args, **named)
            given.arguments["V"] = bm.minimum(given.arguments["V"], self.V_th)
            return derivative(*given.args, **given.kwargs)

        bound.__signature__ = inspect.signature(derivative)
        return bound

    return type(cls.__name__, (cls,), {name: at_most(name) for name in ["dV", "dw", "du"] if hasattr(cls, name)})


def synapse(model):
    """Adds a conductance of 0.3 with the reversal potential −10 mV to the equations. The class must be one with a liquid time constant."""
    model.add_inp_fun("synapse", lambda v: 0.3 * (-10.0 - v))
    return model


dyn, ref = bp.dyn, dict(tau_ref=2.05)
old = dict(input_var=False)
training = dict(mode=bm.TrainingMode(1), spk_reset="soft", spk_dtype=float)
# name, scale of the input, dt, initial V, variables, model
cases = [
    ("izhikevich", 0.5, 0.1, -70.0, "V u", lambda **k: bounded(dyn.IzhikevichRef)(size, **ref, **k)),
    ("izhikevich_each", 0.5, 0.1, -65.0, "V u", lambda **k: bounded(dyn.Izhikevich)(size, a=bm.asarray([0.02, 0.1, 0.02]), d=bm.asarray([8.0, 2.0, 4.0]), c=-55.0, **k)),
    ("adex_if", 0.5, 0.1, -65.0, "V w", lambda **k: bounded(dyn.AdExIFRef)(size, **ref, **k)),
    ("adex_if_g", 0.25, 0.1, -65.0, "V w", lambda **k: synapse(bounded(dyn.AdExIFLTC)(size, a=0.1, **k))),
    ("adex_if_soft", 0.5, 0.1, -65.0, "V w", lambda **k: bounded(dyn.AdExIF)(size, b=0.5, **k, **training)),
    ("exp_if", 0.5, 0.1, -65.0, "V", lambda **k: bounded(dyn.ExpIFRef)(size, **ref, **k)),
    ("qua_if", 0.5, 0.1, -65.0, "V", lambda **k: bounded(dyn.QuaIFRef)(size, **ref, **k)),
    ("ad_qua_if", 0.5, 0.1, -65.0, "V w", lambda **k: bounded(dyn.AdQuaIFRef)(size, a=0.1, tau_w=15.0, **ref, **k)),
    ("morris_lecar", 4.0, 0.1, -60.0, "V W", lambda **k: dyn.MorrisLecar(size, **k)),
    ("wang_buzsaki", 0.125, 0.05, -64.0, "V h n", lambda **k: WangBuzsaki(size, **k)),
    ("hh_ltc", 0.25, 0.05, -65.0, "V m h n", lambda **k: synapse(dyn.HHLTC(size, **k))),
    ("fhn", 1 / 64, 0.1, -1.0, "V w", lambda **k: bp.neurons.FHN(size, Vth=1.5, **old, **k)),
    ("hindmarsh_rose", 0.125, 0.05, -1.5, "V y z", lambda **k: bp.neurons.HindmarshRose(size, **old, **k)),
]
arrays = {"in": x}
for name, scale, dt, v0, names, make in cases:
    for method in ["exp_auto", "rk4"]:
        bm.set_dt(dt)
        model = make(method=method, V_initializer=bp.init.Constant(v0))
        variables = {n: getattr(model, n) for n in names.split()}
        given = x * scale
        if name.endswith("soft"):
            given = given[:, None, :]
        out, monitored = bp.LoopOverTime(model, out_vars=variables, dt=dt)(bm.asarray(given))
        run = f"{name}.{method}"
        arrays[f"{run}.spike"] = np.asarray(out, np.uint8).reshape(steps, size)
        for n in variables:
            arrays[f"{run}.{n}"] = np.asarray(monitored[n]).reshape(steps, size)[every - 1 :: every]
        print(run, "spikes", arrays[f"{run}.spike"].sum(0), "V", float(monitored["V"].min()), float(monitored["V"].max()))
np.savez_compressed(sys.argv[1], **arrays)
