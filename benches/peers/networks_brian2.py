"""Runs one of the networks of examples/models in Brian2 2.9 (C++ standalone, float64), and prints its time.

usage: networks_brian2.py cuba|coba|cobahh|brunel MS THREADS [SIZE [FOLDER]]     THREADS 0: no OpenMP
SIZE is the number of cells of cobahh, 4,000 by default; each has 80 synapses on average.
The line is JSON: the seconds of building, those of the run, and the mean rate in spikes/s. With a FOLDER
the program is only built there, and not run: time_brian2.py runs it."""
import json
import sys
import tempfile
import time
from brian2 import *

name, ms_, threads = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
size = int(sys.argv[4]) if len(sys.argv) > 4 else 4000
kept = sys.argv[5] if len(sys.argv) > 5 else None
began = time.perf_counter()
set_device("cpp_standalone", build_on_run=False)
prefs.devices.cpp_standalone.openmp_threads = threads
defaultclock.dt = 0.1 * ms

if name in ("cuba", "coba"):
    ge_gi = "dge/dt = -ge/(5*ms) : {0} (unless refractory)\ndgi/dt = -gi/(10*ms) : {0} (unless refractory)\n"
    ge_gi = ge_gi.replace(" (unless refractory)", "")
    if name == "cuba":
        eqs = "dv/dt = (ge+gi-(v+49*mV))/(20*ms) : volt (unless refractory)\n" + ge_gi.format("volt")
        we, wi, method = 1.62 * mV, -9 * mV, "exact"
    else:
        drive = "ge*(0*mV-v)+gi*(-80*mV-v)+20*mV"
        eqs = f"dv/dt = ({drive}-(v+60*mV))/(20*ms) : volt (unless refractory)\n" + ge_gi.format("1")
        we, wi, method = 0.6, 6.7, "exponential_euler"
    P = NeuronGroup(4000, eqs, threshold="v>-50*mV", reset="v=-60*mV", refractory=5 * ms, method=method)
    P.v = "-60*mV+10*mV*rand()" if name == "cuba" else "-55*mV+2*mV*randn()"
    Ce, Ci = Synapses(P[:3200], P, on_pre="ge+=we"), Synapses(P[3200:], P, on_pre="gi+=wi")
    Ce.connect(p=0.02)
    Ci.connect(p=0.02)
elif name == "cobahh":
    eqs = Equations("""
    dv/dt = (gl*(El-v)+ge*(0*mV-v)+gi*(-80*mV-v)-g_na*(m*m*m)*h*(v-ENa)-g_kd*(n*n*n*n)*(v-EK))/Cm : volt
    dm/dt = alpha_m*(1-m)-beta_m*m : 1
    dn/dt = alpha_n*(1-n)-beta_n*n : 1
    dh/dt = alpha_h*(1-h)-beta_h*h : 1
    dge/dt = -ge/(5*ms) : siemens
    dgi/dt = -gi/(10*ms) : siemens
    alpha_m = 0.32*(mV**-1)*4*mV/exprel((13*mV-v+VT)/(4*mV))/ms : Hz
    beta_m = 0.28*(mV**-1)*5*mV/exprel((v-VT-40*mV)/(5*mV))/ms : Hz
    alpha_h = 0.128*exp((17*mV-v+VT)/(18*mV))/ms : Hz
    beta_h = 4./(1+exp((40*mV-v+VT)/(5*mV)))/ms : Hz
    alpha_n = 0.032*(mV**-1)*5*mV/exprel((15*mV-v+VT)/(5*mV))/ms : Hz
    beta_n = .5*exp((10*mV-v+VT)/(40*mV))/ms : Hz
    """)
    area = 20000 * umetre**2
    Cm, gl = 1 * ufarad * cm**-2 * area, 5e-5 * siemens * cm**-2 * area
    El, EK, ENa, VT = -60 * mV, -90 * mV, 50 * mV, -63 * mV
    g_na, g_kd, we, wi = 100 * msiemens * cm**-2 * area, 30 * msiemens * cm**-2 * area, 6 * nS, 67 * nS
    P = NeuronGroup(size, eqs, threshold="v>-20*mV", refractory=3 * ms, method="exponential_euler")
    P.v = "El+(randn()*5-5)*mV"
    P.ge = "(randn()*1.5+4)*10.*nS"
    P.gi = "(randn()*12+20)*10.*nS"
    excitatory = int(size * 0.8)
    Ce, Ci = Synapses(P[:excitatory], P, on_pre="ge+=we"), Synapses(P[excitatory:], P, on_pre="gi+=wi")
    Ce.connect(p=80.0 / size)
    Ci.connect(p=80.0 / size)
elif name == "brunel":
    P = NeuronGroup(12500, "dv/dt = -v/(20*ms) : volt (unless refractory)", threshold="v>20*mV", reset="v=10*mV",
                    refractory=2 * ms, method="exact")
    P.v = "20*mV*rand()"
    # Each neuron has 1,000 excitatory and 250 inhibitory sources.
    rng = np.random.default_rng(1)
    target = np.arange(12500)
    Ce = Synapses(P[:10000], P, on_pre="v+=0.1*mV", delay=1.5 * ms)
    Ce.connect(i=rng.integers(0, 10000, 12500 * 1000), j=np.repeat(target, 1000))
    Ci = Synapses(P[10000:], P, on_pre="v-=0.5*mV", delay=1.5 * ms)
    Ci.connect(i=rng.integers(0, 2500, 12500 * 250), j=np.repeat(target, 250))
    drive = PoissonInput(P, "v", 1000, 20 * Hz, weight=0.1 * mV)
else:
    sys.exit(f"no network {name}")

spikes = SpikeMonitor(P)
run(ms_ * ms)
if kept:
    device.build(directory=kept, compile=True, run=False, debug=False)
    sys.exit()
with tempfile.TemporaryDirectory() as folder:
    device.build(directory=folder, compile=True, run=True, debug=False, with_output=False)
    seconds = device._last_run_time
    print(json.dumps(dict(build=time.perf_counter() - began - seconds, run=seconds,
                          rate=spikes.num_spikes / len(P) / ms_ * 1e3)))
