# Spike-timing-dependent plasticity of all pairs of spikes: Song, Miller & Abbott, Nature
# Neuroscience 3 (2000) 919-926, as in Brian2's example `STDP`. `pre` is the trace of the source and
# `post` that of the target. The type `Stdp` has the same equations.
# Behaviour: a source that spikes 10 ms before its target adds 0.0061 to w. One that spikes 10 ms
# after its target takes 0.0064 away.
# A_pre, A_post and w_max have the unit of the weight.
param tau_pre = 20 ms
param tau_post = 20 ms
param A_pre = 0.01
param A_post = -0.0105
param w_max = 1

pre' = -pre/tau_pre
post' = -post/tau_post
weight w from 0 to w_max
on pre: pre += A_pre; w += post
on post: post += A_post; w += pre
