# Short-term plasticity: Tsodyks, Pawelzik & Markram, Neural Computation 10 (1998) 821-835.
# x is the fraction of the resources that is available, and u the fraction of it that a spike uses.
# A spike raises u by facilitation, transmits u*x, and leaves x - u*x. Synapses depress if tau_d is
# longer than tau_f, and facilitate if tau_f is longer. The type `Stp` has the same equations.
param U = 0.15
param tau_f = 1500 ms
param tau_d = 200 ms

u' = -u/tau_f
x' = (1 - x)/tau_d
state x = 1
on spike: u += U*(1 - u); transmit u*x; x -= u*x
