# The leaky integrate-and-fire neuron of the benchmark COBA, with two conductances as inputs.
# Source: R. Brette et al., J. Comput. Neurosci. 23:349 (2007), benchmark 1, after T. P. Vogels and L. F.
# Abbott, J. Neurosci. 25:10786 (2005).
# Inputs: the conductances ge and gi in nS, and a current I in pA.
# Behaviour: ge must be above 2 nS. 4 nS makes 57 spikes per second, and 10 nS 110.
param C = 200 pF
param gL = 10 nS
param EL = -60 mV
param Ee = 0 mV
param Ei = -80 mV
param V_th = -50 mV
param V_reset = -60 mV
param tau_ref = 5 ms
input ge : nS
input gi : nS
input I : pA

V' = (gL*(EL - V) + ge*(Ee - V) + gi*(Ei - V) + I)/C   : mV
state V = EL
spike when V > V_th
reset V = V_reset
refractory tau_ref holds V
