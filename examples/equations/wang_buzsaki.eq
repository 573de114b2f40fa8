# A fast-spiking interneuron of the hippocampus.
# Source: X.-J. Wang and G. Buzsaki, J. Neurosci. 16:6402 (1996).
# Input: a current I in uA/cm2.
# Behaviour: 0.2 uA/cm2 makes 8.6 spikes per second, 1 uA/cm2 60, and 5 uA/cm2 190. (Method rk4, steps of
# 0.02 ms.)
param C = 1 uF/cm2
param gNa = 35 mS/cm2
param gK = 9 mS/cm2
param gL = 0.1 mS/cm2
param ENa = 55 mV
param EK = -90 mV
param EL = -65 mV
param phi = 5
input I : uA/cm2

v = V/1 mV
am = -0.1*(v + 35)/(exp(-0.1*(v + 35)) - 1)    : 1/ms
bm = 4*exp(-(v + 60)/18)                       : 1/ms
ah = 0.07*exp(-(v + 58)/20)                    : 1/ms
bh = 1/(exp(-0.1*(v + 28)) + 1)                : 1/ms
an = -0.01*(v + 34)/(exp(-0.1*(v + 34)) - 1)   : 1/ms
bn = 0.125*exp(-(v + 44)/80)                   : 1/ms
minf = am/(am + bm)

V' = (I - gNa*minf^3*h*(V - ENa) - gK*n^4*(V - EK) - gL*(V - EL))/C   : mV
h' = phi*(ah*(1 - h) - bh*h)
n' = phi*(an*(1 - n) - bn*n)
state V = -64 mV
state h = ah/(ah + bh)
state n = an/(an + bn)
spike when V crosses 0 mV
