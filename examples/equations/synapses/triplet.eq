# Triplets of spikes: Pfister & Gerstner, Journal of Neuroscience 26 (2006) 9673-9682. r1 and r2 are
# traces of the source, o1 and o2 traces of the target. A change that depends on r2 or o2 takes its
# value before the spike. The values are those of the full model of visual cortex, for all pairs and
# triplets. The smaller model has A2_plus = A3_minus = 0, A3_plus = 6.5e-3 and A2_minus = 7.1e-3.
# Behaviour: of 60 pairs at 0.1, 10, 20, 40 and 50 Hz, sources 10 ms before their target change w by
# 0.00, 0.13, 0.25, 0.53 and 0.74, and sources 10 ms after it by -0.31, -0.33, -0.35, 0.16 and 0.73.
# In slices (Sjostrom, Turrigiano & Nelson, Neuron 32 (2001) 1149-1164) the relative changes are
# -0.04, 0.14, 0.29, 0.53, 0.56, and -0.29, -0.41, -0.34, 0.56, 0.75.
param tau_plus = 16.8 ms
param tau_minus = 33.7 ms
param tau_x = 101 ms
param tau_y = 125 ms
param A2_plus = 5e-10
param A3_plus = 6.2e-3
param A2_minus = 7e-3
param A3_minus = 2.3e-4
param w_max = 2

r1' = -r1/tau_plus
r2' = -r2/tau_x
o1' = -o1/tau_minus
o2' = -o2/tau_y
weight w from 0 to w_max
on pre: w -= o1*(A2_minus + A3_minus*r2); r1 += 1; r2 += 1
on post: w += r1*(A2_plus + A3_plus*o2); o1 += 1; o2 += 1
