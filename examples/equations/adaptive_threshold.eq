# A leaky integrate-and-fire neuron whose threshold rises with each spike.
# Source: Brian2's example adaptive_threshold.
# Input: R times the current, RI in mV.
# Behaviour: with 20 mV, the intervals between spikes grow from 8.8 ms to 10.5 ms.
param tau = 10 ms
param tau_t = 15 ms
param vt_0 = 10 mV
param rise = 3 mV
input RI : mV

v' = (RI - v)/tau        : mV
vt' = (vt_0 - vt)/tau_t  : mV
state vt = vt_0
spike when v > vt
reset v = 0 mV; vt += rise
