# Excitatory and inhibitory populations with the parameters of a limit cycle. E and I are the proportions of
# active cells.
# Source: H. R. Wilson and J. D. Cowan, Biophys. J. 12:1 (1972), equations 11 and 12, figure 11.
# Inputs: P to the excitatory and Q to the inhibitory population, without a unit. The output is E.
# Behaviour: with P = 1.25, E oscillates between 0.10 and 0.27 with a period of 40 ms. With P = 1 it rests at
# 0.028.
param tau_e = 8 ms
param tau_i = 8 ms
param c1 = 16
param c2 = 12
param c3 = 15
param c4 = 3
param a_e = 1.3
param theta_e = 4
param a_i = 2
param theta_i = 3.7
param r_e = 1
param r_i = 1
input P
input Q

low_e = 1/(1 + exp(a_e*theta_e))
low_i = 1/(1 + exp(a_i*theta_i))
S_e = 1/(1 + exp(-a_e*(c1*E - c2*I + P - theta_e))) - low_e
S_i = 1/(1 + exp(-a_i*(c3*E - c4*I + Q - theta_i))) - low_i
E' = (-E + (1 - low_e - r_e*E)*S_e)/tau_e
I' = (-I + (1 - low_i - r_i*I)*S_i)/tau_i
state E = 0.1
state I = 0.05
