# The rate and the mean potential of infinitely many quadratic integrate-and-fire neurons that excite each
# other. The equations are exact for excitabilities with a Lorentzian distribution.
# Source: E. Montbrio, D. Pazo and A. Roxin, Phys. Rev. X 5:021028 (2015), equation 12 and figure 2.
# Input: a current I, a number. The output is the rate r in spikes per membrane time constant, which is 1 ms.
# Behaviour: r rests at 0.081 with I = 0. With I = 3 it converges to 1.37 in an oscillation with a period of
# 1.1 ms.
param Delta = 1
param eta = -5
param J = 15
input I

r' = Delta/pi + 2*r*v
v' = v^2 + eta + J*r + I - (pi*r)^2
state r = 0.1
state v = -2
