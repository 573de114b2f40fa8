# A leaky integrate-and-fire neuron with escape noise: it spikes at random, at a rate that follows from V.
# Source: W. Gerstner and W. M. Kistler, Spiking Neuron Models, Cambridge University Press 2002, section 5.3.
# Input: R times the current, RI in mV.
# Behaviour: 10 mV makes 6.8 spikes per second, 15 mV 28, and 20 mV 48.
param tau = 10 ms
param tau_ref = 4 ms
param theta = 15 mV
param delta = 2 mV
param rate_0 = 0.1 [1/ms]
input RI : mV

rate = rate_0*exp((V - theta)/delta)
V' = (RI - V)/tau   : mV
state V = 0 mV
spike when rand() < 1 - exp(-rate*dt)
reset V = 0 mV
refractory tau_ref holds V
