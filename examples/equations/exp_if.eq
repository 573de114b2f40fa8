# The exponential integrate-and-fire neuron. In the paper a spike is the divergence of V. Here V is cut at
# V_T + 5 delta, 0.07 ms before the divergence.
# Source: N. Fourcaud-Trocme, D. Hansel, C. van Vreeswijk and N. Brunel, J. Neurosci. 23:11628 (2003).
# Input: a current I in uA/cm2.
# Behaviour: 0.5 uA/cm2 makes 31 spikes per second, 1 uA/cm2 58, and 2 uA/cm2 99.
param C = 1 uF/cm2
param gL = 0.1 mS/cm2
param VL = -65 mV
param V_T = -59.9 mV
param delta = 3.48 mV
param V_r = -68 mV
param tau_ref = 1.7 ms
input I : uA/cm2

V' = (gL*(VL - V) + gL*delta*exp((V - V_T)/delta) + I)/C   : mV
state V = VL
spike when V > V_T + 5*delta
reset V = V_r
refractory tau_ref holds V
