# A square-wave burster: the neuron of Morris and Lecar with a potassium current that calcium turns on.
# Source: J. Rinzel and B. Ermentrout, in: C. Koch and I. Segev (eds.), Methods in Neuronal Modeling, MIT
# Press 1998.
# Input: a current I in uA/cm2.
# Behaviour: with 45 uA/cm2 it makes a burst of 4 spikes every 0.93 s, with 47 uA/cm2 a spike every 50 ms,
# and with 42 uA/cm2 none. (Method rk4, steps of 0.05 ms.)
param C = 20 uF/cm2
param gCa = 4 mS/cm2
param gK = 8 mS/cm2
param gL = 2 mS/cm2
param gKCa = 0.25 mS/cm2
param ECa = 120 mV
param EK = -84 mV
param EL = -60 mV
param phi = 0.23
param eps = 0.005
param mu = 0.02
input I : uA/cm2

minf = 0.5*(1 + tanh((V + 1.2 mV)/18 mV))
winf = 0.5*(1 + tanh((V - 12 mV)/17.4 mV))
rate = phi*cosh((V - 12 mV)/34.8 mV)   : 1/ms
ICa = gCa*minf*(V - ECa)               : uA/cm2
z = Ca/(Ca + 1)

V' = (I - ICa - (gK*w + gKCa*z)*(V - EK) - gL*(V - EL))/C   : mV
w' = rate*(winf - w)
Ca' = eps*(-mu*ICa/1 [uA/cm2] - Ca)/1 ms
state V = -30 mV
state w = winf
state Ca = 3
spike when V crosses 0 mV
