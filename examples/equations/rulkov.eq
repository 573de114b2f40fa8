# A neuron that is a map: a step computes x and y from their values before. It has no derivatives, and a
# step of any length is one step of the map.
# Source: N. F. Rulkov, Phys. Rev. E 65:041922 (2002).
# Input: sigma, a number that corresponds to a current.
# Behaviour: with sigma = -0.1 it makes bursts of 23 spikes with pauses of 207 steps. With -1.5 it is silent.
param alpha = 6
param mu = 0.001
input sigma

# The new y follows from the old x.
state x = -1
state y = -3.9
state old = 0
each step old = x; x = where(x <= 0, alpha/(1 - x) + y, where(x < alpha + y, alpha + y, -1)); y -= mu*(old + 1 - sigma)
spike when x crosses 0
