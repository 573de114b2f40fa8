# Short-term plasticity with three states of the resources: Tsodyks, Uziel & Markram, Journal of
# Neuroscience 20 (2000) RC50. The fraction x is recovered, y active, and z inactive. A spike makes u*x
# active. Active resources become inactive within tau_I, and recover within tau_rec. The synapse
# transmits y in each step, so that its receptor is a graded one. The values are those of excitatory
# synapses onto inhibitory neurons, which facilitate.
param U = 0.04
param tau_facil = 1000 ms
param tau_rec = 100 ms
param tau_I = 3 ms

u' = -u/tau_facil
y' = -y/tau_I
z' = y/tau_I - z/tau_rec
x = 1 - y - z
on spike: u += U*(1 - u); y += u*x
transmit y
