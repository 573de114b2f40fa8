# A text for tests with every kind of line and variable. a and k have one value for each source, b
# and f for each target, c and w for each synapse.
param tau = 15 ms
param tau_w = 300 ms
param w_0 = 0.3 nS
param low = -500 pS
param high = 1 nS
param E = -55 mV
param eta = 0.2
param gain = 0.01 nS/ms
input V : mV

near = sigmoid((V - E)/5 mV)
a' = -a/tau
b' = (near - b)/tau
f' = (1 - f - f^3)/tau*2
state f = eta/4
c' = (a*b - c)/tau
state k = 0
weight w from low to high : nS
w' = (w_0 - w)/tau_w + gain*(c - 0.05*f)
each step: k *= 0.995; b = max(b, 0); w *= 1 - 0.0001*near
on pre: a += 1 - a/2; k += 1; c += 0.05*k; w -= eta*(b + near)*(w - low)
on post: w += eta*a*(high - w); b -= 0.3*(1 - near)
