"""Makes channels/texts.npz: runs of Brian2 (2.9) of neurons with the channels of examples/equations/channels, in f64.

    python tests/golden/make_channel_texts.py FILE

The neuron has the channels INa_TM1991, IK_TM1991 and IL with their default parameters, and one channel of the
examples, whose equations are written here by hand. Brian2 has numbers without units: mV, ms, uA/cm^2 and mM. Three
neurons start at `v0` and have the constant currents `NAME.in`. The method is RK4 with steps of 0.01 ms, for 100 ms. The file
has the variables after every 100th step as NAME.VARIABLE, [100, 3].
"""

import sys

import numpy as np
from brian2 import Network, NeuronGroup, StateMonitor, defaultclock, ms, prefs, start_scope

prefs.codegen.target = "numpy"
v0, currents = np.array([-70.0, -64.0, -80.0]), np.array([2.0, 6.0, 10.0])

NEURON = """
dV/dt = (120*p**3*q*(50 - V) + 10*n**4*(-90 - V) + 0.1*(-70 - V) + I + x)/ms : 1
w = V + 63 : 1
u = V + 60 : 1
ap = 1.28/exprel(-(w - 13)/4) : 1
bp = 1.4/exprel((w - 40)/5) : 1
aq = 0.128*exp(-(w - 17)/18) : 1
bq = 4/(1 + exp(-(w - 40)/5)) : 1
an = 0.16/exprel(-(u - 15)/5) : 1
bn = 0.5*exp(-(u - 10)/40) : 1
dp/dt = (ap*(1 - p) - bp*p)/ms : 1
dq/dt = (aq*(1 - q) - bq*q)/ms : 1
dn/dt = (an*(1 - n) - bn*n)/ms : 1
x : 1 (constant)
"""
STEADY = dict(p="ap/(ap + bp)", q="aq/(aq + bq)", n="an/(an + bn)")
CHANNELS = dict(
    a_type=(
        """
        I = 47.7*a**3*b*(-75 - V) : 1
        a_inf = (0.0761*exp(0.0314*(V + 94.22))/(1 + exp(0.0346*(V + 1.17))))**(1.0/3) : 1
        b_inf = (1 + exp(0.0688*(V + 53.3)))**-4 : 1
        da/dt = (a_inf - a)/((0.3632 + 1.158/(1 + exp(0.0497*(V + 55.96))))*ms) : 1
        db/dt = (b_inf - b)/((1.24 + 2.678/(1 + exp(0.0624*(V + 50))))*ms) : 1
        """,
        dict(a="a_inf", b="b_inf"),
    ),
    hcn=(
        """
        I = 0.2*m*(-45 - V) : 1
        am = 0.00643*11.9/exprel((V + 154.9)/11.9) : 1
        bm = 0.193*exp(V/33.1) : 1
        dm/dt = (am - (am + bm)*m)/ms : 1
        """,
        dict(m="am/(am + bm)"),
    ),
    ca_low_threshold=(
        """
        I = 1.75*m**2*h*(1000*8.31446*309.15/(2*96485.3)*log(2/Ca) - V) : 1
        m_inf = 1/(1 + exp(-(V + 52)/7.4)) : 1
        h_inf = 1/(1 + exp((V + 80)/5)) : 1
        dm/dt = (m_inf - m)/((0.44 + 0.15/(exp((V + 27)/10) + exp(-(V + 102)/15)))*ms) : 1
        dh/dt = (h_inf - h)/((22.7 + 0.27/(exp((V + 48)/4) + exp(-(V + 407)/50)))*ms) : 1
        # 1 uA/cm^2 is 0.01 A/m^2; over 2 F and a shell of 1e-6 m it is 0.01/(2 F)*1e6 mM/s.
        dCa/dt = (clip(I, 0, 1e9)*0.01/(2*96485.3*1e-6)/1000 + (0.00024 - Ca)/5)/ms : 1
        """,
        dict(m="m_inf", h="h_inf", Ca="0.00024"),
    ),
)

arrays = {"v0": v0}
for name, (equations, steady) in CHANNELS.items():
    start_scope()
    defaultclock.dt = 0.01 * ms
    group = NeuronGroup(3, NEURON + equations, method="rk4")
    # The A-current of this source is large.
    arrays[f"{name}.in"] = currents * (10 if name == "a_type" else 1)
    group.V, group.x = v0, arrays[f"{name}.in"]
    for variable, value in {**STEADY, **steady}.items():
        setattr(group, variable, value)
    variables = ["V", *steady]
    # The end of the step, after every 100th one.
    monitor = StateMonitor(group, variables, record=True, when="end")
    Network(group, monitor).run(100 * ms)
    for variable in variables:
        arrays[f"{name}.{variable}"] = np.asarray(getattr(monitor, variable)).T[99::100]
np.savez_compressed(sys.argv[1], **arrays)
