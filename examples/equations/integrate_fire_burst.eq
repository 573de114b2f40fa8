# A relay cell of the thalamus: an integrate-and-fire neuron with a calcium current that opens above V_h.
# Source: G. D. Smith, C. L. Cox, S. M. Sherman and J. Rinzel, J. Neurophysiol. 83:588 (2000).
# Input: a current I in uA/cm2.
# Behaviour: h is 1 at the start, so that 0.5 uA/cm2 makes one burst of 5 spikes. 1.2 uA/cm2 makes a burst,
# and then a spike every 86 ms.
param C = 2 uF/cm2
param gL = 0.035 mS/cm2
param VL = -65 mV
param gT = 0.07 mS/cm2
param VT = 120 mV
param V_h = -60 mV
param V_theta = -35 mV
param V_reset = -50 mV
param tau_minus = 20 ms
param tau_plus = 100 ms
input I : uA/cm2

V' = (I - gL*(V - VL) - gT*step(V - V_h)*h*(V - VT))/C   : mV
h' = where(V >= V_h, -h/tau_minus, (1 - h)/tau_plus)
state V = VL
state h = 1
spike when V >= V_theta
reset V = V_reset
