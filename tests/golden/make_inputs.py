"""Makes inputs.npz: the arrays of brainpy.inputs that are not random, in float64.

    python tests/golden/make_inputs.py FILE        (needs brainpy==2.8.2)

brainpy rounds the quotients of all these times by dt correctly. The halves of `square_input` begin
between steps.
"""

import sys

import brainpy as bp
import brainpy.math as bm
import numpy as np

bm.enable_x64()
bm.set_dt(0.1)
make = bp.inputs
each = [bm.asarray([1.0, -2.0, 0.25]), 3.0, bm.asarray([0.0, 0.5, 7.0])]
arrays = dict(
    constant=make.constant_input([(0.0, 10.0), (1.5, 5.05), (-3.0, 0.0), (2.0, 1.0)])[0],
    constant_each=make.constant_input(list(zip(each, [2.0, 1.0, 4.5])))[0],
    section=make.section_input([0.0, 1.0, 0.5], [10.0, 20.0, 2.5], dt=0.25),
    spike=make.spike_input([10.0, 20.0, 20.5, 39.0], [1.0, 2.0, 0.5, 9.0], [0.5, 1.0, -1.0, 2.0], 40.0, dt=0.25),
    spike_one=make.spike_input([1.0, 3.0], 1.0, 0.5, 5.0, dt=0.25),
    ramp=make.ramp_input(-1.0, 9.0, 50.0),
    ramp_between=make.ramp_input(4.0, 1.0, 50.0, 12.5, 37.5, dt=0.25),
    sinusoidal=make.sinusoidal_input(2.0, 31.0, 100.0),
    sinusoidal_between=make.sinusoidal_input(0.5, 7.0, 100.0, t_start=25.0, t_end=75.0, bias=True, dt=0.25),
    square=make.square_input(2.0, 31.0, 100.0),
    square_between=make.square_input(0.5, 7.3, 100.0, t_start=25.0, t_end=75.0, bias=True, dt=0.25),
)
np.savez_compressed(sys.argv[1], **{name: np.asarray(x, np.float64) for name, x in arrays.items()})
