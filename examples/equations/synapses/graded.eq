# Graded transmission: the GABA_A synapse of Wang & Buzsaki, Journal of Neuroscience 16 (1996)
# 6402-6413. The open fraction s follows the potential of the source in each step. The receptor is a
# graded one, such as a conductance with the reversal potential -75 mV.
param alpha = 12 : 1/ms
param beta = 0.1 : 1/ms
param theta = 0 mV
input V : mV

F = 1/(1 + exp(-(V - theta)/2 mV))
s' = alpha*F*(1 - s) - beta*s
transmit s
