# The targets of runs in which plasticity reads the potential. Synapses do not change it, because no
# equation reads g.
param E = -70 mV
param tau = 10 ms
param V_th = -30 mV
input drive : mV
input g : nS

V' = (E - V + drive)/tau : mV
state V = E
spike when V >= V_th
reset V = E
