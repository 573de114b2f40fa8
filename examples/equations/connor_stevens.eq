# A neuron with an A-current, which delays the first spike and permits low rates.
# Source: J. A. Connor, D. Walter and R. McKown, Biophys. J. 18:81 (1977), as in P. Dayan and L. F. Abbott,
# Theoretical Neuroscience, MIT Press 2001, section 6.2.
# Input: a current I in uA/cm2.
# Behaviour: 8 uA/cm2 makes no spike. 10 uA/cm2 makes a spike after 38 ms, and then one every 29.4 ms.
# 20 uA/cm2 makes 132 spikes per second.
param C = 1 uF/cm2
param gL = 0.3 mS/cm2
param gNa = 120 mS/cm2
param gK = 20 mS/cm2
param gA = 47.7 mS/cm2
param EL = -17 mV
param ENa = 55 mV
param EK = -72 mV
param EA = -75 mV
input I : uA/cm2

v = V/1 mV
am = 0.38*(v + 29.7)/(1 - exp(-0.1*(v + 29.7)))                                   : 1/ms
bm = 15.2*exp(-0.0556*(v + 54.7))                                                 : 1/ms
ah = 0.266*exp(-0.05*(v + 48))                                                    : 1/ms
bh = 3.8/(1 + exp(-0.1*(v + 18)))                                                 : 1/ms
an = 0.02*(v + 45.7)/(1 - exp(-0.1*(v + 45.7)))                                   : 1/ms
bn = 0.25*exp(-0.0125*(v + 55.7))                                                 : 1/ms
ainf = (0.0761*exp(0.0314*(v + 94.22))/(1 + exp(0.0346*(v + 1.17))))^(1/3)
tau_a = 0.3632 + 1.158/(1 + exp(0.0497*(v + 55.96)))                              : ms
binf = (1/(1 + exp(0.0688*(v + 53.3))))^4
tau_b = 1.24 + 2.678/(1 + exp(0.0624*(v + 50)))                                   : ms

V' = (I - gL*(V - EL) - gNa*m^3*h*(V - ENa) - gK*n^4*(V - EK) - gA*a^3*b*(V - EA))/C   : mV
m' = am*(1 - m) - bm*m
h' = ah*(1 - h) - bh*h
n' = an*(1 - n) - bn*n
a' = (ainf - a)/tau_a
b' = (binf - b)/tau_b
state V = -68 mV
state m = am/(am + bm)
state h = ah/(ah + bh)
state n = an/(an + bn)
state a = ainf
state b = binf
spike when V crosses 0 mV
