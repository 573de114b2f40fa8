"""Runs the networks of net/ with Brian2 (2.9), and compares them with the files. --write FOLDER writes new files.

Connectivity and initial state come from the files, with m = h = n = 0."""
import pathlib
import sys
import numpy as np
from brian2 import *

prefs.codegen.target = "numpy"
here = pathlib.Path(__file__).resolve().parent
folder = pathlib.Path(sys.argv[2]) if "--write" in sys.argv else None
eqs = """
dv/dt = (gl*(El-v)+ge*(Ee-v)+gi*(Ei-v)-g_na*(m*m*m)*h*(v-ENa)-g_kd*(n*n*n*n)*(v-EK))/Cm : volt
dm/dt = alpha_m*(1-m)-beta_m*m : 1
dn/dt = alpha_n*(1-n)-beta_n*n : 1
dh/dt = alpha_h*(1-h)-beta_h*h : 1
dge/dt = -ge*(1./taue) : siemens
dgi/dt = -gi*(1./taui) : siemens
alpha_m = 0.32*(mV**-1)*4*mV/exprel((13*mV-v+VT)/(4*mV))/ms : Hz
beta_m = 0.28*(mV**-1)*5*mV/exprel((v-VT-40*mV)/(5*mV))/ms : Hz
alpha_h = 0.128*exp((17*mV-v+VT)/(18*mV))/ms : Hz
beta_h = 4./(1+exp((40*mV-v+VT)/(5*mV)))/ms : Hz
alpha_n = 0.032*(mV**-1)*5*mV/exprel((15*mV-v+VT)/(5*mV))/ms : Hz
beta_n = .5*exp((10*mV-v+VT)/(40*mV))/ms : Hz
"""
names = dict(Cm=200 * pF, gl=10 * nS, El=-60 * mV, EK=-90 * mV, ENa=50 * mV, g_na=20000 * nS, g_kd=6000 * nS, VT=-63 * mV, taue=5 * ms, taui=10 * ms,
             Ee=0 * mV, Ei=-80 * mV, we=6 * nS, wi=67 * nS)
for name in ["small_delay0", "small_delay15"]:
    file = dict(np.load(here / "net" / f"{name}.npz"))
    start_scope()
    defaultclock.dt = 0.1 * ms
    cells = NeuronGroup(len(file["v0"]), eqs, threshold="v>-20*mV", refractory=3 * ms, method="exponential_euler", namespace=names)
    pre, post = file["pre"].astype(int), file["post"].astype(int)
    kept = []
    for part, on_pre in [(pre < int(file["n_exc"]), "ge += we"), (pre >= int(file["n_exc"]), "gi += wi")]:
        synapses = Synapses(cells, cells, on_pre=on_pre, namespace=names, delay=int(file["delay_steps"]) * defaultclock.dt)
        synapses.connect(i=pre[part], j=post[part])
        kept.append(synapses)
    cells.v, cells.ge, cells.gi = file["v0"] * mV, file["ge0_nS"] * nS, file["gi0_nS"] * nS
    spikes, values = SpikeMonitor(cells), StateMonitor(cells, "v", record=file["rec"].astype(int), when="end")
    net = Network(cells, *kept, spikes, values)
    net.run(int(file["steps"]) * defaultclock.dt)
    found = dict(spike_i=np.asarray(spikes.i, "i4"), spike_step=np.round(spikes.t / defaultclock.dt).astype("i4"), rec_v=np.asarray(values.v / mV).T)
    same = all(np.array_equal(found[k], file[k]) for k in ["spike_i", "spike_step"])
    print(name, "spikes", len(found["spike_i"]), "the same:", same, "V apart by", np.abs(found["rec_v"] - file["rec_v"]).max(), "mV")
    if folder:
        np.savez_compressed(folder / f"{name}.npz", **{**file, **found})
