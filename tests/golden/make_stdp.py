"""Runs the network of net/stdp.npz with Brian2 (2.9), and compares it with the file. --write FOLDER writes a new file.

Neurons and rule are those of Brian2's example Song_Abbott (Song, Miller & Abbott 2000). Spikes, synapses, delays and initial weights
follow from a seed. The amplitudes are ten times as large, so that weights reach both of their bounds in a short run."""
import pathlib
import sys
import numpy as np
from brian2 import *

prefs.codegen.target = "numpy"
here = pathlib.Path(__file__).resolve().parent / "net" / "stdp.npz"
random = np.random.default_rng(2000)
inputs, cells, steps, dt = 150, 6, 6000, 0.1 * ms
w_max, tau_pre, tau_post = 0.05, 20.0, 25.0
a_pre = 0.1 * w_max
a_post = -1.05 * a_pre * tau_pre / tau_post
told = np.argwhere(random.random((steps, inputs)) < 30 * 1e-4)
pairs = np.argwhere(random.random((inputs, cells)) < 0.6)
kept = dict(n=cells, inputs=inputs, steps=steps, told_step=told[:, 0], told_i=told[:, 1], pre=pairs[:, 0], post=pairs[:, 1],
            delay_steps=random.integers(0, 16, len(pairs)), w0=random.random(len(pairs)) * w_max, w_max=w_max, tau_pre=tau_pre, tau_post=tau_post,
            a_pre=a_pre, a_post=a_post)

defaultclock.dt = dt
source = SpikeGeneratorGroup(inputs, told[:, 1], told[:, 0] * dt)
neurons = NeuronGroup(cells, """dv/dt = (ge*(0*mV-v) + (-74*mV)-v)/(10*ms) : volt
                                dge/dt = -ge/(5*ms) : 1""",
                      threshold="v>=-54*mV", reset="v = -60*mV", method="exponential_euler")
neurons.v = -60 * mV
synapses = Synapses(source, neurons, """w : 1
                                        dApre/dt = -Apre/(taupre*ms) : 1 (event-driven)
                                        dApost/dt = -Apost/(taupost*ms) : 1 (event-driven)""",
                    on_pre="""ge += w
                              Apre += dApre
                              w = clip(w + Apost, 0, gmax)""",
                    on_post="""Apost += dApost
                               w = clip(w + Apre, 0, gmax)""",
                    namespace=dict(taupre=tau_pre, taupost=tau_post, dApre=a_pre, dApost=a_post, gmax=w_max))
synapses.connect(i=pairs[:, 0], j=pairs[:, 1])
synapses.w = kept["w0"]
synapses.pre.delay = kept["delay_steps"] * dt
spikes, weights = SpikeMonitor(neurons), StateMonitor(synapses, "w", record=True, dt=500 * dt, when="end")
net = Network(source, neurons, synapses, spikes, weights)
net.run(steps * dt)
kept.update(spike_i=np.asarray(spikes.i), spike_step=np.round(spikes.t / dt).astype("i4"), w=np.asarray(weights.w).T)
print(len(told), "spikes in,", len(kept["spike_i"]), "out;", np.mean(kept["w"][-1] == 0), "of the weights at 0,", np.mean(kept["w"][-1] == w_max), "at the other end")
if "--write" in sys.argv:
    small = {k: np.asarray(v, "i4") if np.asarray(v).dtype.kind == "i" else v for k, v in kept.items()}
    np.savez_compressed(pathlib.Path(sys.argv[2]) / here.name, **small)
else:
    found = np.load(here)
    same = all(np.array_equal(kept[k], found[k]) for k in kept if k != "w")
    print("the same:", same, "w apart by", np.abs(kept["w"] - found["w"]).max())
