# The adaptive exponential integrate-and-fire neuron.
# Source: R. Brette and W. Gerstner, J. Neurophysiol. 94:3637 (2005), table 1. V is cut at V_T + 5 delta, as
# in Brian2's example Brette_Gerstner_2005.
# Input: a current I in pA.
# Behaviour: with 1000 pA, the intervals between spikes grow from 13.6 ms to 36 ms.
param C = 281 pF
param gL = 30 nS
param EL = -70.6 mV
param V_T = -50.4 mV
param delta = 2 mV
param a = 4 nS
param b = 80.5 pA
param tau_w = 144 ms
input I : pA

V' = (gL*(EL - V) + gL*delta*exp((V - V_T)/delta) - w + I)/C   : mV
w' = (a*(V - EL) - w)/tau_w                                    : pA
state V = EL
spike when V > V_T + 5*delta
reset V = EL; w += b
