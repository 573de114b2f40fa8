# A column of the cortex: pyramidal cells with excitatory and inhibitory interneurons.
# Source: B. H. Jansen and V. G. Rit, Biol. Cybern. 73:357 (1995), equation 6.
# Input: the rate p of the pulses from other columns, in 1/s: 120 to 320 in the paper. The output is y1 - y2,
# the EEG.
# Behaviour: with a constant p of 220 1/s the EEG is an alpha rhythm with a period of 91 ms, between 6.1 and
# 9.0 mV. With 120 1/s it has sharp waves of 10 mV every 0.42 s.
param A = 3.25 mV
param B = 22 mV
param a = 100 [1/s]
param b = 50 [1/s]
param v0 = 6 mV
param e0 = 2.5 [1/s]
param r = 0.56 [1/mV]
param C = 135
input p : 1/s

S0 = 2*e0/(1 + exp(r*(v0 - (y1 - y2))))
S1 = 2*e0/(1 + exp(r*(v0 - C*y0)))
S2 = 2*e0/(1 + exp(r*(v0 - 0.25*C*y0)))
state EEG = y1 - y2 : mV
y0' = y3                                              : mV
y1' = y4                                              : mV
y2' = y5                                              : mV
y3' = A*a*S0 - 2*a*y3 - a^2*y0                        : mV/s
y4' = A*a*(p + 0.8*C*S1) - 2*a*y4 - a^2*y1            : mV/s
y5' = B*b*0.25*C*S2 - 2*b*y5 - b^2*y2                 : mV/s
each step EEG = y1 - y2
