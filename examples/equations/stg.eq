# A pacemaker of the stomatogastric ganglion, with eight currents and calcium.
# Source: A. A. Prinz, C. P. Billimoria and E. Marder, J. Neurophysiol. 90:3998 (2003), after Z. Liu,
# J. Golowasch, E. Marder and L. F. Abbott, J. Neurosci. 18:2309 (1998). The reversal potential of calcium is
# Nernst's at 10 degrees Celsius.
# Input: a current I in uA/cm2.
# Behaviour: it makes a burst of 6 spikes every 0.72 s, with pauses of 0.6 s. 1 uA/cm2 stops it.
param C = 1 uF/cm2
param area = 0.000628 cm^2
param gNa = 100 mS/cm2
param gCaT = 0 mS/cm2
param gCaS = 10 mS/cm2
param gA = 40 mS/cm2
param gKCa = 25 mS/cm2
param gKd = 75 mS/cm2
param gH = 0.02 mS/cm2
param gL = 0.03 mS/cm2
param ENa = 50 mV
param EK = -80 mV
param EH = -20 mV
param EL = -50 mV
param RT_2F = 12.2 mV
param Ca_out = 3 mM
param Ca_0 = 0.05 uM
param Ca_half = 3 uM
param tau_Ca = 200 ms
param f = 14.96 uM/nA
input I : uA/cm2

v = V/1 mV
ECa = RT_2F*log(Ca_out/Ca)
INa = gNa*mNa^3*hNa*(V - ENa)
ICaT = gCaT*mCaT^3*hCaT*(V - ECa)
ICaS = gCaS*mCaS^3*hCaS*(V - ECa)
IA = gA*mA^3*hA*(V - EK)
IKCa = gKCa*mKCa^4*(V - EK)
IKd = gKd*mKd^4*(V - EK)
IH = gH*mH*(V - EH)
IL = gL*(V - EL)

mNa_inf = 1/(1 + exp((v + 25.5)/-5.29))
hNa_inf = 1/(1 + exp((v + 48.9)/5.18))
mCaT_inf = 1/(1 + exp((v + 27.1)/-7.2))
hCaT_inf = 1/(1 + exp((v + 32.1)/5.5))
mCaS_inf = 1/(1 + exp((v + 33)/-8.1))
hCaS_inf = 1/(1 + exp((v + 60)/6.2))
mA_inf = 1/(1 + exp((v + 27.2)/-8.7))
hA_inf = 1/(1 + exp((v + 56.9)/4.9))
mKCa_inf = Ca/(Ca + Ca_half)/(1 + exp((v + 28.3)/-12.6))
mKd_inf = 1/(1 + exp((v + 12.3)/-11.8))
mH_inf = 1/(1 + exp((v + 75)/5.5))
tau_mNa = 2.64 - 2.52/(1 + exp((v + 120)/-25))                                     : ms
tau_hNa = 1.34/(1 + exp((v + 62.9)/-10))*(1.5 + 1/(1 + exp((v + 34.9)/3.6)))       : ms
tau_mCaT = 43.4 - 42.6/(1 + exp((v + 68.1)/-20.5))                                 : ms
tau_hCaT = 210 - 179.6/(1 + exp((v + 55)/-16.9))                                   : ms
tau_mCaS = 2.8 + 14/(exp((v + 27)/10) + exp((v + 70)/-13))                         : ms
tau_hCaS = 120 + 300/(exp((v + 55)/9) + exp((v + 65)/-16))                         : ms
tau_mA = 23.2 - 20.8/(1 + exp((v + 32.9)/-15.2))                                   : ms
tau_hA = 77.2 - 58.4/(1 + exp((v + 38.9)/-26.5))                                   : ms
tau_mKCa = 180.6 - 150.2/(1 + exp((v + 46)/-22.7))                                 : ms
tau_mKd = 14.4 - 12.8/(1 + exp((v + 28.3)/-19.2))                                  : ms
tau_mH = 2/(exp((v + 169.7)/-11.6) + exp((v - 26.7)/14.3))                         : ms

V' = (I - INa - ICaT - ICaS - IA - IKCa - IKd - IH - IL)/C   : mV
Ca' = (-f*area*(ICaT + ICaS) - Ca + Ca_0)/tau_Ca             : uM
mNa' = (mNa_inf - mNa)/tau_mNa
hNa' = (hNa_inf - hNa)/tau_hNa
mCaT' = (mCaT_inf - mCaT)/tau_mCaT
hCaT' = (hCaT_inf - hCaT)/tau_hCaT
mCaS' = (mCaS_inf - mCaS)/tau_mCaS
hCaS' = (hCaS_inf - hCaS)/tau_hCaS
mA' = (mA_inf - mA)/tau_mA
hA' = (hA_inf - hA)/tau_hA
mKCa' = (mKCa_inf - mKCa)/tau_mKCa
mKd' = (mKd_inf - mKd)/tau_mKd
mH' = (mH_inf - mH)/tau_mH
state V = -50 mV
state Ca = Ca_0
state hNa = 1
state hCaT = 1
state hCaS = 1
state hA = 1
spike when V crosses -15 mV
