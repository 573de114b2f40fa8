# The theta neuron: the normal form of a saddle-node bifurcation on a circle. A unit of its time is 1 ms.
# Source: G. B. Ermentrout and N. Kopell, SIAM J. Appl. Math. 46:233 (1986).
# Input: I, a number.
# Behaviour: a spike every pi/sqrt(I) ms if I is above 0. I = 0.25 makes a spike every 6.28 ms.
input I

theta' = 1 - cos(theta) + (1 + cos(theta))*I
state theta = -pi
spike when theta >= pi
reset theta -= 2*pi
