"""Makes gap.npz: six of brainpy's HH neurons, some of them joined by its GapJunction, with Euler's method, in float64.

    python tests/golden/make_gap.py FILE        (needs brainpy==2.8.2)

`pre`, `post` and `weight` are the junctions, each of which acts both ways. Two neurons have an input,
`current`. The other neurons spike because of their neighbours.
"""

import sys

import brainpy as bp
import brainpy.math as bm
import numpy as np

bm.enable_x64()
bm.set_dt(0.02)
bm.set_platform("cpu")

steps, size = 1500, 6
pre, post = np.array([0, 1, 1, 2, 3, 4, 0]), np.array([1, 2, 4, 3, 5, 5, 5])
weight = np.array([0.31, 0.27, 0.05, 0.4, 0.22, 0.125, 0.01])
current = np.array([12.0, 0.0, 0.0, 0.0, 7.5, 0.0])
v0 = np.linspace(-72.0, -58.0, size)
cells = bp.neurons.HH(size, method="euler", V_initializer=bp.init.OneInit(1.0))
cells.V.value, cells.m.value, cells.h.value, cells.n.value = (bm.asarray(x) for x in (v0, 0.05 * np.ones(size), 0.6 * np.ones(size), 0.32 * np.ones(size)))
junctions = bp.synapses.GapJunction(cells, cells, bp.conn.IJConn(pre, post), comp_method="sparse", g_max=1.0)
order = [int(np.flatnonzero((pre == i) & (post == j))[0]) for i, j in zip(np.asarray(junctions.pre_ids), np.asarray(junctions.post_ids))]
junctions.weights = bm.asarray(weight[order])
potentials, spikes = [], []
for k in range(steps):
    bp.share.save(i=k, t=k * 0.02, dt=0.02)
    cells.input.value = bm.asarray(current)
    junctions.update()
    cells.update()
    potentials.append(np.asarray(cells.V))
    spikes.append(np.asarray(cells.spike))
spikes = np.stack(spikes)
print("spikes of each:", spikes.sum(0))
np.savez_compressed(sys.argv[1], pre=pre, post=post, weight=weight, current=current, v0=v0, V=np.stack(potentials), spike=spikes.astype(np.uint8))
