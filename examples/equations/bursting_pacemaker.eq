# A bursting pacemaker of the pre-Boetzinger complex, model 1, with a persistent sodium current.
# Source: R. J. Butera, J. Rinzel and J. C. Smith, J. Neurophysiol. 82:382 (1999).
# Inputs: the conductance g_tonic of a tonic drive in nS, whose reversal potential is 0 mV, and a current I
# in pA.
# Behaviour: it makes a burst of about 30 spikes every 7 s. With EL = -57.5 mV it makes a burst of 7 spikes
# every 1.6 s, with EL = -55 mV a spike every 141 ms, and with EL = -62 mV none.
param C = 21 pF
param gNaP = 2.8 nS
param gNa = 28 nS
param gK = 11.2 nS
param gL = 2.8 nS
param ENa = 50 mV
param EK = -85 mV
param EL = -60 mV
param tau_h = 10000 ms
param tau_n = 10 ms
input g_tonic : nS
input I : pA

mpinf = 1/(1 + exp((V + 40 mV)/-6 mV))
minf = 1/(1 + exp((V + 34 mV)/-5 mV))
hinf = 1/(1 + exp((V + 48 mV)/6 mV))
ninf = 1/(1 + exp((V + 29 mV)/-4 mV))
INaP = gNaP*mpinf*h*(V - ENa)
INa = gNa*minf^3*(1 - n)*(V - ENa)
IK = gK*n^4*(V - EK)

V' = (I - INaP - INa - IK - gL*(V - EL) - g_tonic*V)/C   : mV
h' = (hinf - h)*cosh((V + 48 mV)/12 mV)/tau_h
n' = (ninf - n)*cosh((V + 29 mV)/8 mV)/tau_n
state V = -60 mV
state h = 0.4
state n = ninf
spike when V crosses -20 mV
