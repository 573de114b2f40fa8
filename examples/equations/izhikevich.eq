# Izhikevich's neuron of 2003 with the parameters of regular spiking. It has numbers without units, as the
# paper does.
# Source: E. M. Izhikevich, IEEE Trans. Neural Netw. 14:1569 (2003).
# Input: I, a number.
# Behaviour: with I = 10, the second spike follows after 23 ms, and each later one after 45 ms.
param a = 0.02
param b = 0.2
param c = -65
param d = 8
input I

v' = 0.04*v^2 + 5*v + 140 - u + I
u' = a*(b*v - u)
state v = c
state u = b*c
spike when v >= 30
reset v = c; u += d
