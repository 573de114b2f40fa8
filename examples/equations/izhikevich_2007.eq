# Izhikevich's neuron of 2007, with units. The parameters are those of a regular spiking cell of layer 5.
# Source: E. M. Izhikevich, Dynamical Systems in Neuroscience, MIT Press 2007, section 8.2.1.
# Input: a current I in pA.
# Behaviour: 70 pA makes 6.8 spikes per second, 100 pA 13, and 200 pA 35.
param C = 100 pF
param k = 0.7 nS/mV
param v_r = -60 mV
param v_t = -40 mV
param v_peak = 35 mV
param a = 0.03 [1/ms]
param b = -2 nS
param c = -50 mV
param d = 100 pA
input I : pA

v' = (k*(v - v_r)*(v - v_t) - u + I)/C   : mV
u' = a*(b*(v - v_r) - u)                 : pA
state v = v_r
spike when v >= v_peak
reset v = c; u += d
