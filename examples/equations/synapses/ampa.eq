# A receptor that a pulse of transmitter opens: Destexhe, Mainen & Sejnowski, Neural Computation 6
# (1994) 14-18. g is the open fraction. T is the concentration of transmitter, which lasts for T_dur
# after a spike. `left` is the rest of this time. The type `Ampa` has the same equation. Its pulse
# starts in the step in which the spike arrives. The pulse of this text starts one step later.
param alpha = 0.98 : 1/ms/mM
param beta = 0.18 : 1/ms
param T_max = 0.5 mM
param T_dur = 0.5 ms

is_open = left > dt/2
left' = where(is_open, -1, 0)                     : ms
T = where(is_open, T_max, 0)                      : mM
g' = alpha*T*(1 - g) - beta*g
on spike: left = T_dur
transmit g
