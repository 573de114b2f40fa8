# The cation current of HCN channels in pyramidal neurons, which hyperpolarization activates.
# Source: M. H. P. Kole, S. Hallermann and G. J. Stuart, J. Neurosci. 26:1677 (2006), as in E. Hay et al.,
# PLoS Comput. Biol. 7:e1002107 (2011).
# The quotient of alpha has no singularity: the library finds the limit at V = -154.9 mV.
param g_max = 0.2 mS/cm2
param E = -45 mV
input V : mV

v = V/1 mV
alpha = 0.00643*(v + 154.9)/(exp((v + 154.9)/11.9) - 1)   : 1/ms
beta = 0.193*exp(v/33.1)                                  : 1/ms

m' = alpha*(1 - m) - beta*m
state m = alpha/(alpha + beta)
current g_max*m*(E - V)
