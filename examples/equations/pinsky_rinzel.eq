# A pyramidal cell of CA3 with a soma and a dendrite. Potentials are differences from the resting potential,
# as in the paper.
# Source: P. F. Pinsky and J. Rinzel, J. Comput. Neurosci. 1:39 (1994).
# Inputs: currents Is into the soma and Id into the dendrite, in uA/cm2.
# Behaviour: with Is = 0.75 uA/cm2 it makes a burst of 4 spikes every 0.5 s, and with 2.5 uA/cm2 a spike every
# 23 ms.
param C = 3 uF/cm2
param gc = 2.1 mS/cm2
param p = 0.5
param gL = 0.1 mS/cm2
param gNa = 30 mS/cm2
param gKDR = 15 mS/cm2
param gCa = 10 mS/cm2
param gKAHP = 0.8 mS/cm2
param gKC = 15 mS/cm2
param VNa = 120 mV
param VCa = 140 mV
param VK = -15 mV
input Is : uA/cm2
input Id : uA/cm2

vs = Vs/1 mV
vd = Vd/1 mV
am = 0.32*(13.1 - vs)/(exp((13.1 - vs)/4) - 1)    : 1/ms
bm = 0.28*(vs - 40.1)/(exp((vs - 40.1)/5) - 1)    : 1/ms
an = 0.016*(35.1 - vs)/(exp((35.1 - vs)/5) - 1)   : 1/ms
bn = 0.25*exp(0.5 - 0.025*vs)                     : 1/ms
ah = 0.128*exp((17 - vs)/18)                      : 1/ms
bh = 4/(1 + exp((40 - vs)/5))                     : 1/ms
as = 1.6/(1 + exp(-0.072*(vd - 65)))              : 1/ms
bs = 0.02*(vd - 51.1)/(exp((vd - 51.1)/5) - 1)    : 1/ms
low = exp((vd - 10)/11 - (vd - 6.5)/27)/18.975
high = 2*exp((6.5 - vd)/27)
ac = where(vd <= 50, low, high)                   : 1/ms
bc = where(vd <= 50, high - low, 0)               : 1/ms
aq = min(0.00002*Ca, 0.01)                        : 1/ms
bq = 0.001                                        : 1/ms
minf = am/(am + bm)
chi = min(Ca/250, 1)
ICa = gCa*s^2*(Vd - VCa)                          : uA/cm2

Vs' = (-gL*Vs - gNa*minf^2*h*(Vs - VNa) - gKDR*n*(Vs - VK) + gc*(Vd - Vs)/p + Is/p)/C   : mV
Vd' = (-gL*Vd - ICa - (gKAHP*q + gKC*c*chi)*(Vd - VK) + gc*(Vs - Vd)/(1 - p) + Id/(1 - p))/C   : mV
h' = ah*(1 - h) - bh*h
n' = an*(1 - n) - bn*n
s' = as*(1 - s) - bs*s
c' = ac*(1 - c) - bc*c
q' = aq*(1 - q) - bq*q
Ca' = (-0.13*ICa/1 [uA/cm2] - 0.075*Ca)/1 ms
state Vs = -4.6 mV
state Vd = -4.5 mV
state h = 0.999
state n = 0.001
state s = 0.009
state c = 0.007
state q = 0.01
state Ca = 0.2
spike when Vs crosses 30 mV
