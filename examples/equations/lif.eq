# The leaky integrate-and-fire neuron with a refractory period.
# Source: W. Gerstner and W. M. Kistler, Spiking Neuron Models, Cambridge University Press 2002, chapter 4.
# Input: a current I in nA.
# Behaviour: the least current that makes spikes is 20 nA. 30 nA makes a spike every 14.0 ms, which is
# 3 ms + 10 ms log 3 in whole steps.
param V_rest = -70 mV
param V_th = -50 mV
param V_reset = -70 mV
param tau = 10 ms
param tau_ref = 3 ms
param R = 1 Mohm
input I : nA

V' = (V_rest - V + R*I)/tau   : mV
state V = V_rest
spike when V >= V_th
reset V = V_reset
refractory tau_ref holds V
