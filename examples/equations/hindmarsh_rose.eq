# The neuron of Hindmarsh and Rose, without units. A unit of its time is 1 ms.
# Source: J. L. Hindmarsh and R. M. Rose, Proc. R. Soc. Lond. B 221:87 (1984), with the values of Brian2's
# example Hindmarsh_Rose_1984.
# Input: I, a number.
# Behaviour: with I = 0.4 it makes 8 spikes and rests. With I = 2 it makes bursts of 8 spikes with pauses of
# 0.3 s. With I = 4 it spikes all the time, and the intervals grow from 3 ms to 21 ms. (Method rk4, steps of
# 0.05 ms.)
param a = 1
param b = 3
param c = 1
param d = 5
param r = 0.001
param s = 4
param x_1 = -1.6
input I

x' = y - a*x^3 + b*x^2 + I - z
y' = c - d*x^2 - y
z' = r*(s*(x - x_1) - z)
state x = x_1
state y = c - d*x^2
state z = r*(s*(x - x_1))
spike when x crosses 1
