"""Builds one group of neurons without synapses in Brian2 2.9 (C++ standalone, float64).

usage: neurons_brian2.py lif|izhikevich|hh MS THREADS SIZE FOLDER     THREADS 0: no OpenMP
The equations, parameters, currents and initial potentials are those of benches/loop_over_time.rs. The
methods are the exact solution (lif), Euler's (izhikevich) and the exponential Euler method (hh). The
program counts spikes and records nothing else. time_brian2.py runs it.
"""
import sys

from brian2 import *

name, ms_, threads, size, folder = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
set_device("cpp_standalone", build_on_run=False)
prefs.devices.cpp_standalone.openmp_threads = threads
defaultclock.dt = 0.1 * ms

if name == "lif":
    current = 20.5 * nA
    eqs = "dv/dt = (1*Mohm*current-v)/(10*ms) : volt"
    P = NeuronGroup(size, eqs, threshold="v>=20*mV", reset="v=-5*mV", method="exact")
    P.v = "20*mV*rand()"
elif name == "izhikevich":
    current = 10 * mV / ms
    eqs = """
    dv/dt = (0.04/ms/mV)*v**2+(5/ms)*v+140*mV/ms-u+current : volt
    du/dt = (0.02/ms)*((0.2/ms)*v-u) : volt/second
    """
    P = NeuronGroup(size, eqs, threshold="v>=30*mV", reset="v=-65*mV; u+=8*mV/ms", method="euler")
    P.v = "-70*mV+20*mV*rand()"
    P.u = "(0.2/ms)*v"
elif name == "hh":
    eqs = """
    dv/dt = (g_na*m**3*h*(50*mV-v)+g_k*n**4*(-77*mV-v)+g_l*(-54.387*mV-v))/C : volt
    dm/dt = alpha_m*(1-m)-beta_m*m : 1
    dh/dt = alpha_h*(1-h)-beta_h*h : 1
    dn/dt = alpha_n*(1-n)-beta_n*n : 1
    alpha_m = 1/exprel(-(v+40*mV)/(10*mV))/ms : Hz
    beta_m = 4*exp(-(v+65*mV)/(18*mV))/ms : Hz
    alpha_h = 0.07*exp(-(v+65*mV)/(20*mV))/ms : Hz
    beta_h = 1/(1+exp(-(v+35*mV)/(10*mV)))/ms : Hz
    alpha_n = 0.1/exprel(-(v+55*mV)/(10*mV))/ms : Hz
    beta_n = 0.125*exp(-(v+65*mV)/(80*mV))/ms : Hz
    """
    g_na, g_k, g_l = 120 * msiemens / cm**2, 36 * msiemens / cm**2, 0.03 * msiemens / cm**2
    C = 1 * ufarad / cm**2
    P = NeuronGroup(size, eqs, threshold="v>20*mV", refractory="v>20*mV", method="exponential_euler")
    P.v = "-70*mV+10*mV*rand()"
    P.m, P.h, P.n = ("alpha_{0}/(alpha_{0}+beta_{0})".format(gate) for gate in "mhn")
else:
    sys.exit(f"no neurons {name}")

spikes = SpikeMonitor(P, record=False)
run(ms_ * ms)
device.build(directory=folder, compile=True, run=False, debug=False)
