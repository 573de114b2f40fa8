"""Times brainpy.LoopOverTime (float32, compiled before the clock starts) on the device that JAX finds.

usage: time_brainpy.py OUT.json        the median of 5 runs for each case, in seconds
needs: pip install brainpy==2.8.2      (Python 3.11)
"""
import json
import sys
import time

import brainpy as bp
import brainpy.math as bm
import jax


def median(f, n=5):
    f()
    times = []
    for _ in range(n):
        start = time.perf_counter()
        jax.block_until_ready(f())
        times.append(time.perf_counter() - start)
    return sorted(times)[n // 2]


rows = {}
T = 1000
for n in (1, 1000, 10_000, 100_000):
    hh = bp.dyn.HH(n)
    plain = bp.LoopOverTime(hh)
    # The duration is half a step less than T steps, because brainpy's arange makes one step too many
    # for some whole lengths.
    run = bm.jit(lambda: plain(T * 0.1 - 0.05))
    # brainpy always returns the spikes, as booleans, so that this is also its time without recordings.
    rows[f"hh/n={n} T={T} none"] = rows[f"hh/n={n} T={T} spikes"] = median(run)
    if n <= 10_000:
        recording = bp.LoopOverTime(hh, out_vars=hh.V)
        run = bm.jit(lambda: recording(T * 0.1 - 0.05))
        rows[f"hh/n={n} T={T} V"] = median(run)
for cell in ("RNNCell", "LSTMCell", "GRUCell"):
    for steps, batch, num_in, hidden in ((30, 128, 100, 20), (256, 64, 256, 256), (256, 1, 512, 512)):
        with bm.environment(mode=bm.BatchingMode(batch)):
            model = getattr(bp.dyn, cell)(num_in, hidden)
        bp.reset_state(model, batch)
        x = bm.random.rand(steps, batch, num_in)
        over_time = bp.LoopOverTime(model)
        run = bm.jit(lambda x: over_time(x))
        rows[f"cells/{cell} T={steps} B={batch} in={num_in} h={hidden}"] = median(lambda: run(x))
with bm.environment(mode=bm.BatchingMode(128)):
    seed = bp.Sequential(l1=bp.dyn.RNNCell(100, 20), l2=bm.relu, l3=bp.dyn.RNNCell(20, 2))
bp.reset_state(seed, 128)
x = bm.random.rand(30, 128, 100)
over_time = bp.LoopOverTime(seed)
run = bm.jit(lambda x: over_time(x))
rows["cells/Sequential T=30 B=128 RNNCell(100,20) relu RNNCell(20,2)"] = median(lambda: run(x))


class Cells(bp.dyn.CondNeuGroup):
    """The cell of COBAHH, with brainpy's channels of Traub and Miles, in mV, ms, nS and pF."""

    def __init__(self, size):
        super().__init__(size, C=200.0, A=1e-3, V_th=-20.0, V_initializer=bp.init.Normal(-60.0, 5.0))
        self.INa = bp.dyn.INa_TM1991(size, g_max=20_000.0, E=50.0, V_sh=-63.0)
        self.IK = bp.dyn.IK_TM1991(size, g_max=6_000.0, E=-90.0, V_sh=-63.0)
        self.IL = bp.dyn.IL(size, g_max=10.0, E=-60.0)


class Cobahh(bp.DynSysGroup):
    """n cells, four fifths of them excitatory, with k synapses each on average. The weights are for k = 80."""

    def __init__(self, n, k):
        super().__init__()
        most = n * 4 // 5
        self.e, self.i = Cells(most), Cells(n - most)
        kinds = ((self.e, 6.0, 5.0, 0.0), (self.i, 67.0, 10.0, -80.0))
        self.projections = bm.NodeList([self.project(post, k / n, 80 / k, *kind) for kind in kinds for post in (self.e, self.i)])

    @staticmethod
    def project(post, p, scale, pre, weight, tau, reversal):
        connect = bp.conn.FixedProb(p, pre=pre.num, post=post.num)
        synapses = bp.dnn.EventCSRLinear(connect, weight * scale)
        receptor = bp.dyn.Expon.desc(post.num, tau=tau)
        return bp.dyn.ProjAlignPostMg2(pre=pre, delay=None, comm=synapses, syn=receptor, out=bp.dyn.COBA.desc(E=reversal), post=post)

    def update(self, *args):
        for projection in self.projections:
            projection()
        return self.e(), self.i()


bm.set_dt(0.1)
# The large cases would take an hour on a CPU.
large = ((4000, 1000, 1000), (256_000, 1000, 200)) if jax.default_backend() == "gpu" else ()
for n, k, steps in ((4000, 80, 1000), *large):
    try:
        over_time = bp.LoopOverTime(Cobahh(n, k))
        run = bm.jit(lambda: over_time(steps * 0.1 - 0.05))
        rows[f"cobahh/n={n} k={k} T={steps}"] = median(run, 3)
    except Exception as error:  # such as a lack of memory: the times of other cases are kept
        print(f"cobahh n={n} k={k}: {error}")
for name, seconds in rows.items():
    print(f"{name:48s} {seconds * 1e3:10.3f} ms")
json.dump(rows, open(sys.argv[1], "w"), indent=1)
