# The muscle fibre of a barnacle, with a calcium and a potassium current. The parameters make an excitable
# cell of class 2.
# Source: C. Morris and H. Lecar, Biophys. J. 35:193 (1981); parameters of J. Rinzel and B. Ermentrout, in:
# C. Koch and I. Segev (eds.), Methods in Neuronal Modeling, MIT Press 1998, table 7.1 (Hopf).
# Input: a current I in uA/cm2.
# Behaviour: 60 uA/cm2 makes no spike, 90 uA/cm2 a spike every 103 ms, and 150 uA/cm2 a spike every 66 ms.
# With 220 uA/cm2 it rests at 8.5 mV.
param C = 20 uF/cm2
param gCa = 4.4 mS/cm2
param gK = 8 mS/cm2
param gL = 2 mS/cm2
param ECa = 120 mV
param EK = -84 mV
param EL = -60 mV
param V1 = -1.2 mV
param V2 = 18 mV
param V3 = 2 mV
param V4 = 30 mV
param phi = 0.04 [1/ms]
input I : uA/cm2

minf = 0.5*(1 + tanh((V - V1)/V2))
winf = 0.5*(1 + tanh((V - V3)/V4))
V' = (I - gCa*minf*(V - ECa) - gK*w*(V - EK) - gL*(V - EL))/C   : mV
w' = phi*cosh((V - V3)/(2*V4))*(winf - w)
state V = -60 mV
state w = winf
spike when V crosses 0 mV
