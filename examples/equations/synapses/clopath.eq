# Plasticity by the potential of the target: Clopath, Busing, Vasilaki & Gerstner, Nature
# Neuroscience 13 (2010) 344-352, without their homeostasis. x is the trace of the source. u_minus
# and u_plus are filtered potentials of the target. A spike of the source weakens the synapse while
# u_minus is above theta_minus. The synapse grows in each step in which V is above theta_plus and
# u_plus above theta_minus. The values are those of visual cortex.
# V needs the shape of a spike, such as 33 mV for 2 ms. A spike must not act on itself. NEST's model
# therefore reads u_minus and u_plus with a delay of 5 ms. Here two filters of 2 ms delay V.
# Behaviour: 75 pairs in groups of five, at 1, 10, 20, 40 and 50 Hz, change w by 0.03, 0.02, 0.10,
# 0.39 and 0.55 if the source spikes 10 ms before its target, and by -0.16, -0.16, -0.17, 0.13 and
# 0.44 if it spikes 10 ms after it. The neuron is that of the paper. Slices have similar values: see
# `triplet.eq`.
param theta_minus = -70.6 mV
param theta_plus = -45.3 mV
param A_LTD = 14e-5 [1/mV]
param A_LTP = 8e-5 [1/mV^2]
param tau_x = 15 ms
param tau_minus = 10 ms
param tau_plus = 7 ms
param tau_lag = 2 ms
param V_rest = -70.6 mV
param w_max = 3
input V : mV

x' = -x/tau_x                              : 1/ms
lag_1' = (V - lag_1)/tau_lag               : mV
lag_2' = (lag_1 - lag_2)/tau_lag           : mV
u_minus' = (lag_2 - u_minus)/tau_minus     : mV
u_plus' = (lag_2 - u_plus)/tau_plus        : mV
state lag_1 = V_rest
state lag_2 = V_rest
state u_minus = V_rest
state u_plus = V_rest
weight w from 0 to w_max
w' = A_LTP*x*max(V - theta_plus, 0)*max(u_plus - theta_minus, 0)
on pre: w -= A_LTD*max(u_minus - theta_minus, 0); x += 1/tau_x
