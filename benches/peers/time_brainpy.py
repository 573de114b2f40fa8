"""Times brainpy.LoopOverTime (float32, compiled before the clock starts) on the device that JAX finds.

needs: pip install brainpy==2.8.2      (Python 3.11)
The names are those of criterion's benches. brainpy always returns the spikes, as booleans, so that the
cases `none` and `spikes` have one time. The current of LIF and Izhikevich neurons, and their initial
potentials, are those of benches/loop_over_time.rs.
"""
import brainpy as bp
import brainpy.math as bm
import jax

import timing

T = 1000
SHAPES = (30, 128, 100, 20), (256, 64, 256, 256), (256, 1, 512, 512)


def over_time(system, out_vars=None, steps=T):
    # The duration is half a step less than T steps, because brainpy's arange makes one step too many
    # for some whole lengths.
    plain = bp.LoopOverTime(system, out_vars=out_vars)
    run = bm.jit(lambda: plain(steps * 0.1 - 0.05))
    return lambda: jax.block_until_ready(run())


def over_series(system, steps, batch, num_in):
    bp.reset_state(system, batch)
    x = bm.random.rand(steps, batch, num_in)
    plain = bp.LoopOverTime(system)
    run = bm.jit(lambda x: plain(x))
    return lambda: jax.block_until_ready(run(x))


class Driven(bp.DynamicalSystem):
    """Neurons with the same current in each step."""

    def __init__(self, neurons, current):
        super().__init__()
        self.neurons, self.current = neurons, current

    def update(self, *args):
        return self.neurons(self.current)


def hh(n, record=False):
    neurons = bp.dyn.HH(n)
    return over_time(neurons, neurons.V if record else None)


def lif(n):
    parameters = dict(V_rest=0.0, V_reset=-5.0, V_th=20.0, R=1.0, tau=10.0)
    return Driven(bp.dyn.Lif(n, V_initializer=bp.init.Uniform(0.0, 20.0), **parameters), 20.5)


def izhikevich(n):
    return Driven(bp.dyn.Izhikevich(n, method="euler", V_initializer=bp.init.Uniform(-70.0, -50.0)), 10.0)


def cell(name, steps, batch, num_in, hidden):
    with bm.environment(mode=bm.BatchingMode(batch)):
        model = getattr(bp.dyn, name)(num_in, hidden)
    return over_series(model, steps, batch, num_in)


def sequential():
    with bm.environment(mode=bm.BatchingMode(128)):
        model = bp.Sequential(l1=bp.dyn.RNNCell(100, 20), l2=bm.relu, l3=bp.dyn.RNNCell(20, 2))
    return over_series(model, 30, 128, 100)


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


def neurons():
    for n in (1, 1000, 10_000, 100_000):
        yield (f"hh/n={n} T={T} none", f"hh/n={n} T={T} spikes"), lambda n=n: hh(n)
        if n <= 10_000:
            yield (f"hh/n={n} T={T} V",), lambda n=n: hh(n, record=True)
    yield (f"lif/n=10000 T={T} none", f"lif/n=10000 T={T} spikes"), lambda: over_time(lif(10_000))
    yield (f"izhikevich/n=10000 T={T} none", f"izhikevich/n=10000 T={T} spikes"), lambda: over_time(izhikevich(10_000))


def cells():
    for name in ("RNNCell", "LSTMCell", "GRUCell"):
        for shape in SHAPES:
            full = "cells/{} T={} B={} in={} h={}".format(name, *shape)
            yield (full,), lambda name=name, shape=shape: cell(name, *shape)
    yield ("cells/Sequential T=30 B=128 RNNCell(100,20) relu RNNCell(20,2)",), sequential


def networks():
    # The large cases would take an hour on a CPU.
    large = ((4000, 1000, 1000), (256_000, 1000, 200)) if jax.default_backend() == "gpu" else ()
    for n, k, steps in ((4000, 80, 1000), *large):
        yield (f"cobahh/n={n} k={k} T={steps}",), lambda n=n, k=k, steps=steps: over_time(Cobahh(n, k), steps=steps)


def main():
    args = timing.parser(__doc__).parse_args()
    bm.set_dt(0.1)
    timing.write(timing.measure([*neurons(), *cells(), *networks()], args), args)


main()
