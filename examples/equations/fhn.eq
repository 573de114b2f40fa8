# The neuron of FitzHugh and Nagumo, without units. A unit of its time is 1 ms.
# Source: R. FitzHugh, Biophys. J. 1:445 (1961); J. Nagumo, S. Arimoto and S. Yoshizawa, Proc. IRE 50:2061
# (1962).
# Input: I, a number.
# Behaviour: with I = 0.3 it spikes once, and with I = 0.5 every 39.5 ms.
param a = 0.7
param b = 0.8
param tau = 12.5
input I

V' = V - V^3/3 - w + I
w' = (V + a - b*w)/tau
state V = -1.2
state w = -0.625
spike when V crosses 1
