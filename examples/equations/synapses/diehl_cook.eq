# The plasticity of a network that learns digits: Diehl & Cook, Frontiers in Computational
# Neuroscience 9 (2015) 99, as in the authors' program. `../diehl_cook.eq` is its neuron. A spike
# sets its traces to 1, so that the last spike alone counts. A spike of the target strengthens a
# synapse if the source spiked before, and if the target spiked before too.
# Behaviour: a pair 10 ms apart changes nothing if the target had no spike before. A second spike of
# the target, 20 ms after the first, adds 0.0014. A source 10 ms after its target takes 0.00006
# away.
param tau_pre = 20 ms
param tau_post1 = 20 ms
param tau_post2 = 40 ms
param nu_pre = 0.0001
param nu_post = 0.01
param w_max = 1

pre' = -pre/tau_pre
post1' = -post1/tau_post1
post2' = -post2/tau_post2
weight w from 0 to w_max
on pre: pre = 1; w -= nu_pre*post1
on post: w += nu_post*pre*post2; post1 = 1; post2 = 1
