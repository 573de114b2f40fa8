"""Times Brian2 (2.9, C++ standalone, float64) on its examples/COBAHH.py. The names are those of benches/network.rs.

usage: time_brian2.py OUT.json [THREADS [SIZE...]]     THREADS 0: no OpenMP
A time is in seconds, for the number of steps in the name."""
import json
import sys
import tempfile
from brian2 import *

steps_of = {4000: 1000, 40000: 100}
threads = int(sys.argv[2]) if len(sys.argv) > 2 else 2
sizes = [int(n) for n in sys.argv[3:]] or list(steps_of)
eqs = Equations("""
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
""")
area = 20000 * umetre**2
Cm, gl = 1 * ufarad * cm**-2 * area, 5e-5 * siemens * cm**-2 * area
El, EK, ENa, VT = -60 * mV, -90 * mV, 50 * mV, -63 * mV
g_na, g_kd = 100 * msiemens * cm**-2 * area, 30 * msiemens * cm**-2 * area
taue, taui, Ee, Ei, we, wi = 5 * ms, 10 * ms, 0 * mV, -80 * mV, 6 * nS, 67 * nS

found = {}
for size in sizes:
    device.reinit()
    set_device("cpp_standalone", build_on_run=False)
    device.activate(build_on_run=False)
    prefs.devices.cpp_standalone.openmp_threads = threads
    start_scope()
    P = NeuronGroup(size, model=eqs, threshold="v>-20*mV", refractory=3 * ms, method="exponential_euler")
    excitatory = int(size * 0.8)
    Ce = Synapses(P[:excitatory], P, on_pre="ge+=we")
    Ci = Synapses(P[excitatory:], P, on_pre="gi+=wi")
    Ce.connect(p=80.0 / size)
    Ci.connect(p=80.0 / size)
    P.v = "El+(randn()*5-5)*mV"
    P.ge = "(randn()*1.5+4)*10.*nS"
    P.gi = "(randn()*12+20)*10.*nS"
    monitor = SpikeMonitor(P)
    duration = 1 * second if size <= 4000 else 200 * ms
    run(duration)
    with tempfile.TemporaryDirectory() as folder:
        device.build(directory=folder, compile=True, run=True, debug=False)
        steps = int(round(float(duration / (0.1 * ms))))
        seconds = device._last_run_time / steps
        print(f"n={size}, {threads} threads: {seconds * 1e6:.0f} us/step, {monitor.num_spikes / size / float(duration):.1f} Hz", file=sys.stderr)
        found[f"cobahh/f64 n={size} T={steps_of[size]}"] = seconds * steps_of[size]
json.dump(found, open(sys.argv[1], "w"))
