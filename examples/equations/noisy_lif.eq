# A leaky integrate-and-fire neuron with white noise. Without a threshold, V has a normal distribution whose
# standard deviation is sigma.
# Source: L. M. Ricciardi and S. Sato, J. Appl. Probab. 25:43 (1988).
# Input: none.
# Behaviour: it makes 14.4 spikes per second in steps of 0.05 ms.
param E = -65 mV
param tau = 20 ms
param sigma = 4 mV
param V_th = -60 mV

V' = (E - V)/tau + sigma*sqrt(2/tau)*xi   : mV
state V = E + sigma*randn()
spike when V >= V_th
reset V = E
refractory 2 ms holds V
