# The neuron of Hodgkin and Huxley, with a resting potential of -65 mV. The rates are written as in the
# paper: 0.1*(V + 40 mV)/(1 - exp(...)) has a limit at V = -40 mV.
# Source: A. L. Hodgkin and A. F. Huxley, J. Physiol. 117:500 (1952).
# Input: a current I in uA/cm2.
# Behaviour: 5 uA/cm2 makes one spike. 6.3 uA/cm2 makes 52 spikes per second, and 10 uA/cm2 68.
param C = 1 uF/cm2
param gNa = 120 mS/cm2
param gK = 36 mS/cm2
param gL = 0.3 mS/cm2
param ENa = 50 mV
param EK = -77 mV
param EL = -54.387 mV
input I : uA/cm2

am = 0.1*(V + 40 mV)/1 mV/(1 - exp(-(V + 40 mV)/10 mV))    : 1/ms
bm = 4*exp(-(V + 65 mV)/18 mV)                             : 1/ms
ah = 0.07*exp(-(V + 65 mV)/20 mV)                          : 1/ms
bh = 1/(1 + exp(-(V + 35 mV)/10 mV))                       : 1/ms
an = 0.01*(V + 55 mV)/1 mV/(1 - exp(-(V + 55 mV)/10 mV))   : 1/ms
bn = 0.125*exp(-(V + 65 mV)/80 mV)                         : 1/ms

V' = (I - gNa*m^3*h*(V - ENa) - gK*n^4*(V - EK) - gL*(V - EL))/C   : mV
m' = am*(1 - m) - bm*m
h' = ah*(1 - h) - bh*h
n' = an*(1 - n) - bn*n
state V = -65 mV
state m = am/(am + bm)
state h = ah/(ah + bh)
state n = an/(an + bn)
spike when V crosses 20 mV
