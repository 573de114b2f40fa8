# The quadratic integrate-and-fire neuron.
# Source: P. E. Latham, B. J. Richmond, P. G. Nelson and S. Nirenberg, J. Neurophysiol. 83:808 (2000).
# Input: R times the current, RI in mV. V has no rest above RI = 3.75 mV, a quarter of V_c - V_rest.
# Behaviour: 3 mV makes no spike, 10 mV a spike every 40.5 ms, and 20 mV a spike every 22.5 ms.
param tau = 10 ms
param V_rest = -65 mV
param V_c = -50 mV
param V_peak = 20 mV
param V_reset = -80 mV
input RI : mV

V' = ((V - V_rest)*(V - V_c)/(V_c - V_rest) + RI)/tau   : mV
state V = V_rest
spike when V >= V_peak
reset V = V_reset
