# The excitatory neuron of a network that learns digits. Its threshold rises with each spike, and falls slowly.
# Source: P. U. Diehl and M. Cook, Front. Comput. Neurosci. 9:99 (2015), and the authors' program.
# Inputs: the conductances ge and gi in nS. The leak conductance is 1 nS.
# Behaviour: with ge = 1 nS, the intervals between spikes grow from 30.7 ms to 34.4 ms within a second.
param gL = 1 nS
param tau = 100 ms
param V_rest = -65 mV
param V_reset = -65 mV
param V_th = -52 mV
param Ee = 0 mV
param Ei = -100 mV
param tau_ref = 5 ms
param tau_theta = 10000 s
param theta_0 = 20 mV
param theta_plus = 0.05 mV
input ge : nS
input gi : nS

V' = (V_rest - V + (ge*(Ee - V) + gi*(Ei - V))/gL)/tau   : mV
theta' = -theta/tau_theta                                : mV
state V = V_rest
state theta = theta_0
spike when V > theta - theta_0 + V_th
reset V = V_reset; theta += theta_plus
refractory tau_ref holds V
