# Plasticity by reward: Izhikevich, Cerebral Cortex 17 (2007) 2443-2452, as in Brian2's example
# `Izhikevich_2007`. Pairs of spikes change the eligibility c. The concentration d of dopamine turns
# c into a change of the weight. No spike changes d, so that each target has one value for all its
# synapses. A reward is a change of d between two runs.
# Behaviour: a source 10 ms before its target adds 0.00003 to w, if d rises by 0.005 half a second
# later. In the opposite order it takes as much away. Without a reward w stays as it is.
# A_pre, A_post, c and w_max have the unit of the weight.
param tau_pre = 20 ms
param tau_post = 20 ms
param A_pre = 1e-4
param A_post = -1.05e-4
param tau_c = 1000 ms
param tau_d = 200 ms
param tau_s = 1 ms
param w_max = 0.01

pre' = -pre/tau_pre
post' = -post/tau_post
c' = -c/tau_c
d' = -d/tau_d
weight w from 0 to w_max
w' = c*d/tau_s
on pre: pre += A_pre; c = clip(c + post, -w_max, w_max)
on post: post += A_post; c = clip(c + pre, -w_max, w_max)
