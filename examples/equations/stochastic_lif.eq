# The leaky integrate-and-fire neuron in white noise. The formula of Siegert is its mean rate:
# 1/rate = tau_ref + tau*sqrt(pi)*integral of exp(x^2)*(1 + erf(x)) from (V_reset - mu)/sigma to
# (V_th - mu)/sigma.
# Source: N. Brunel, J. Comput. Neurosci. 8:183 (2000); A. J. F. Siegert, Phys. Rev. 81:617 (1951).
# Input: the mean mu of the input in mV, from the resting potential.
# Behaviour: in steps of 0.05 ms, mu = 10 mV makes 0.8 spikes per second, 15 mV 9.0, 20 mV 26.5, and 25 mV
# 46.1. The formula has the rates of infinitely short steps, which are 2 % to 11 % higher.
param tau = 20 ms
param tau_ref = 2 ms
param V_th = 20 mV
param V_reset = 10 mV
param sigma = 5 mV
input mu : mV

V' = (mu - V)/tau + sigma/sqrt(tau)*xi   : mV
state V = V_reset
spike when V >= V_th
reset V = V_reset
refractory tau_ref holds V
