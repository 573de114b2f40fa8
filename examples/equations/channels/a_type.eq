# A potassium current of the A-type, which inactivates and delays the first spike.
# Source: J. A. Connor, D. Walter and R. McKown, Biophys. J. 18:81 (1977), as in P. Dayan and L. F. Abbott,
# Theoretical Neuroscience, MIT Press 2001, section 6.2. `connor_stevens.eq` is the whole neuron.
param g_max = 47.7 mS/cm2
param E = -75 mV
input V : mV

v = V/1 mV
a_inf = (0.0761*exp(0.0314*(v + 94.22))/(1 + exp(0.0346*(v + 1.17))))^(1/3)
tau_a = 0.3632 + 1.158/(1 + exp(0.0497*(v + 55.96)))   : ms
b_inf = (1/(1 + exp(0.0688*(v + 53.3))))^4
tau_b = 1.24 + 2.678/(1 + exp(0.0624*(v + 50)))        : ms

a' = (a_inf - a)/tau_a
b' = (b_inf - b)/tau_b
state a = a_inf
state b = b_inf
current g_max*a^3*b*(E - V)
