# A linear neuron with two currents of its spikes and a moving threshold. The parameters make tonic bursts.
# Currents and conductances are divided by the capacitance.
# Source: S. Mihalas and E. Niebur, Neural Comput. 21:704 (2009), table 1, tonic bursting.
# Input: I in V/s, a current divided by the capacitance. The paper has 2 V/s.
# Behaviour: with 2 V/s, bursts with pauses of 116 ms. Intervals in a burst are 2.4 ms to 9 ms.
param G = 50 [1/s]
param E_L = -70 mV
param V_r = -70 mV
param theta_r = -60 mV
param theta_inf = -50 mV
param a = 5 [1/s]
param b = 10 [1/s]
param k1 = 200 [1/s]
param k2 = 20 [1/s]
param R1 = 0
param R2 = 1
param A1 = 10 V/s
param A2 = -0.6 V/s
input I : V/s

V' = I + I1 + I2 - G*(V - E_L)                     : mV
theta' = a*(V - E_L) - b*(theta - theta_inf)       : mV
I1' = -k1*I1                                       : V/s
I2' = -k2*I2                                       : V/s
state V = E_L
state theta = theta_inf
spike when V > theta
reset I1 = R1*I1 + A1; I2 = R2*I2 + A2; V = V_r; theta = max(theta_r, theta)
