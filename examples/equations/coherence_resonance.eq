# A neuron of FitzHugh and Nagumo that only noise excites. Its spikes are most regular at a noise of medium
# strength.
# Source: A. S. Pikovsky and J. Kurths, Phys. Rev. Lett. 78:775 (1997).
# Input: none. A unit of its time is 1 ms. Because of eps, steps of 0.001 ms are needed.
# Behaviour: 0.25 spikes per ms. The intervals have a coefficient of variation of 0.19, with D = 0.03 of 0.29,
# and with D = 0.25 of 0.27.
param eps = 0.01
param a = 1.05
param D = 0.07

x' = (x - x^3/3 - y)/eps
y' = x + a + D*xi
state x = -a
state y = a^3/3 - a
spike when x crosses 1
