# The neuron of the benchmark COBAHH: the currents of Traub and Miles, with a conductance as a second input.
# Conductances are in nS and uS.
# Source: R. Brette et al., J. Comput. Neurosci. 23:349 (2007), benchmark 3, after R. D. Traub and R. Miles,
# Neuronal Networks of the Hippocampus, Cambridge University Press 1991.
# Inputs: a current I in pA, and a conductance g in nS whose reversal potential is 0 mV.
# Behaviour: it makes 14 spikes per second without an input, 44 with 200 pA, and 68 with 400 pA.
param C = 200 pF
param gL = 10 nS
param gNa = 20 uS
param gK = 6 uS
param EL = -60 mV
param ENa = 50 mV
param EK = -90 mV
param V_T = -63 mV
input I : pA
input g : nS

v = (V - V_T)/1 mV
am = 0.32*4/exprel((13 - v)/4)    : 1/ms
bm = 0.28*5/exprel((v - 40)/5)    : 1/ms
ah = 0.128*exp((17 - v)/18)       : 1/ms
bh = 4/(1 + exp((40 - v)/5))      : 1/ms
an = 0.032*5/exprel((15 - v)/5)   : 1/ms
bn = 0.5*exp((10 - v)/40)         : 1/ms

V' = (I - g*V - gL*(V - EL) - gNa*m^3*h*(V - ENa) - gK*n^4*(V - EK))/C   : mV
m' = am*(1 - m) - bm*m
h' = ah*(1 - h) - bh*h
n' = an*(1 - n) - bn*n
state V = -65 mV
state m = am/(am + bm)
state h = ah/(ah + bh)
state n = an/(an + bn)
spike when V > -20 mV
refractory 3 ms
