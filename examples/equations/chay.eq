# A pancreatic beta cell: bursts, and chaos between bursting and beating. Conductances are divided by the
# capacitance, and the unit of time of the paper is a second.
# Source: T. R. Chay, Physica D 16:233 (1985).
# Input: I in mV/s, a current divided by the capacitance. The paper has none.
# Behaviour: it makes bursts of 3 spikes with pauses of 3.8 s. With g_KC = 10 1/s it spikes every 868 ms, with
# 10.7 1/s in pairs, and with 11 1/s it is chaotic.
param g_I = 1800 [1/s]
param g_KV = 1700 [1/s]
param g_KC = 14 [1/s]
param g_L = 7 [1/s]
param V_I = 100 mV
param V_K = -75 mV
param V_L = -40 mV
param V_C = 100 mV
param lambda_n = 230 [1/s]
param rho = 0.27 [1/mV/s]
param k_C = 0.18333333333333333 mV
input I : mV/s

v = V/1 mV
am = 0.1*(25 + v)/(1 - exp(-0.1*v - 2.5))
bm = 4*exp(-(v + 50)/18)
ah = 0.07*exp(-0.05*v - 2.5)
bh = 1/(1 + exp(-0.1*v - 2))
an = 0.01*(20 + v)/(1 - exp(-0.1*v - 2))
bn = 0.125*exp(-(v + 30)/80)
open = (am/(am + bm))^3*ah/(ah + bh)

V' = g_I*open*(V_I - V) + g_KV*n^4*(V_K - V) + g_KC*C/(1 + C)*(V_K - V) + g_L*(V_L - V) + I   : mV
n' = lambda_n*(an*(1 - n) - bn*n)
C' = rho*(open*(V_C - V) - k_C*C)
state V = -50 mV
state n = an/(an + bn)
state C = 0.3
spike when V crosses -30 mV
