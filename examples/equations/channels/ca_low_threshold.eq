# The calcium current of low threshold of the reticular nucleus of the thalamus, and the calcium that it
# lets in. The reversal potential follows from Nernst's equation for the calcium below the membrane.
# Source: A. Destexhe, D. Contreras, T. J. Sejnowski and M. Steriade, J. Neurophysiol. 72:803 (1994),
# at 36 degrees.
param g_max = 1.75 mS/cm2
param Ca_out = 2 mM
param Ca_rest = 0.00024 mM
param tau_Ca = 5 ms
param depth = 1 um
param F = 96485.3 C/mol
param R = 8.31446 J/mol/K
param T = 309.15 K
input V : mV

v = V/1 mV
m_inf = 1/(1 + exp(-(v + 52)/7.4))
tau_m = 0.44 + 0.15/(exp((v + 27)/10) + exp(-(v + 102)/15))   : ms
h_inf = 1/(1 + exp((v + 80)/5))
tau_h = 22.7 + 0.27/(exp((v + 48)/4) + exp(-(v + 407)/50))    : ms
E = R*T/(2*F)*log(Ca_out/Ca)                                  : mV
inward = g_max*m^2*h*(E - V)                                  : uA/cm2

m' = (m_inf - m)/tau_m
h' = (h_inf - h)/tau_h
Ca' = max(inward/(2*F*depth), 0) + (Ca_rest - Ca)/tau_Ca      : mM
state m = m_inf
state h = h_inf
state Ca = Ca_rest
current inward
