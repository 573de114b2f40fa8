# Van der Pol's oscillator with a periodic drive. A unit of its time is 1 ms.
# Source: B. van der Pol, Phil. Mag. 2:978 (1926); B. van der Pol and J. van der Mark, Nature 120:363 (1927).
# Input: the amplitude A of the drive, a number.
# Behaviour: relaxation oscillations between -2.1 and 2.1 with a period of 12.8 ms. A drive with A = 1
# changes the period to 12 ms, three times its own.
param mu = 5
param period = 4
input A

x' = y
y' = mu*(1 - x^2)*y - x + A*sin(2*pi*t/period)
state x = 0.5
spike when x crosses 0
