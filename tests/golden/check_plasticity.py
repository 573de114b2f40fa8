"""Shows with Brian2 (2.9) how weights change under the texts of plasticity in examples/equations/synapses, beside the
behaviour that their sources describe.

    python tests/golden/check_plasticity.py [NAME ...]
"""

import sys

import numpy as np
from brian2 import NeuronGroup, TimedArray, defaultclock, ms, mV, nF, nS, pA, seed

from make_plasticity import DT, run


def spikes(all, dt):
    """Steps and units of the times of each unit, in ms."""
    pairs = sorted((int(round(t / dt)), unit) for unit, times in enumerate(all) for t in times)
    return [np.array(x, int) for x in zip(*pairs)]


def pairs(which, sources, targets, time, w0, dt=DT, more={}, neurons=None):
    """The changes of the weights of synapses from source k to target k, whose spikes have these times in ms."""
    units = np.arange(len(sources))
    given = dict(dt=dt, steps=round(time / dt), pre=units, post=units, w0=np.full(len(units), float(w0))) | more
    given["source_step"], given["source_i"] = spikes(sources, dt)
    if targets:
        given["target_step"], given["target_i"] = spikes(targets, dt)
    found = run(which, "exp_auto", np.zeros(len(units)), given, targets=neurons)[0]
    return found["w"] - w0


def stdp():
    distances = [-60, -20, -10, -1, 1, 10, 20, 60]
    change = pairs("stdp", [[100]] * 8, [[100 + d] for d in distances], 200, 0.5)[-1]
    expected = [0.01 * np.exp(-d / 20) if d > 0 else -0.0105 * np.exp(d / 20) for d in distances]
    print("stdp: distance in ms and change:", dict(zip(distances, np.round(change, 5).tolist())))
    assert np.allclose(change, expected, rtol=0, atol=1e-12)


def triplet():
    """60 pairs at each frequency, as in the experiment of Sjostrom, Turrigiano & Nelson (2001). The relative changes
    of the experiment are those of table 1 of Pfister & Gerstner."""
    experiment = {0.1: [-0.04, -0.29], 10: [0.14, -0.41], 20: [0.29, -0.34], 40: [0.53, 0.56], 50: [0.56, 0.75]}
    for rate, measured in experiment.items():
        count = 60 if rate > 1 else 6
        times = 100 + np.arange(count) * 1000 / rate
        sources, targets = [times, times], [times + 10, times - 10]
        change = pairs("triplet", sources, targets, times[-1] + 100, 1.0, dt=1.0)[-1] * 60 / count
        print(f"triplet: {rate} Hz, source 10 ms before and after the target: {change.round(3)}, {measured} measured")


def vogels_2011():
    """Targets with a current, noise, and 100 inhibitory sources at 10 Hz."""
    seed(1)
    random = np.random.default_rng(1)
    dt, steps, sources, targets = 0.5, 120_000, 100, 4
    pre, post = [np.ravel(x) for x in np.meshgrid(np.arange(sources), np.arange(targets), indexing="ij")]
    fired = np.nonzero(random.random((steps, sources)) < 0.01 * dt)
    for rho_0 in [3.0, 6.0]:
        given = dict(dt=dt, steps=steps, pre=pre, post=post, w0=np.zeros(len(pre)), p_eta=0.02, p_rho_0=rho_0)
        given |= dict(source_step=fired[0], source_i=fired[1])

        def neurons():
            equations = """dv/dt = (10*nS*(-60*mV - v) + g*(-80*mV - v) + 210*pA)/(0.2*nF) + 6*mV*xi/sqrt(20*ms) : volt
                           dg/dt = -g/(10*ms) : siemens"""
            made = NeuronGroup(targets, equations, threshold="v > -50*mV", reset="v = -60*mV", method="euler")
            made.v = -60 * mV
            return made

        values, step, _ = run("vogels_2011", "exp_auto", np.zeros(len(pre)), given, neurons, 20_000, "g += q_w0*nS")
        rates = np.histogram(step, np.arange(0, steps + 1, 20_000))[0] / (20_000 * dt / 1000) / targets
        mean = values["w"].mean(1).round(3)
        print(f"vogels_2011: rho_0 = {rho_0} Hz, rates of each 10 s: {rates} Hz, mean w: {mean} nS")


def diehl_cook():
    targets = [[110], [110, 130], [90, 110], [10, 110], [90]]
    change = pairs("diehl_cook", [[100]] * 5, targets, 200, 0.5)[-1]
    print("diehl_cook: source at 100 ms, targets at", dict(zip(map(str, targets), np.round(change, 6).tolist())))


# The neuron of Clopath et al.: an adaptive exponential integrate-and-fire neuron with a threshold V_T of its own and an
# afterdepolarization z. A spike holds the potential at 33 mV for 2 ms.
ADEX = """dq_V/dt = int(left <= 0)*(30*(-70.6 - q_V) + rise - a + z + I(t, i))/281/ms : 1
          rise = 60*exp(clip((q_V - V_T)/2, -100, 20)) : 1
          da/dt = (4*(q_V + 70.6) - a)/(144*ms) : 1
          dz/dt = -z/(40*ms) : 1
          dV_T/dt = (-50.4 - V_T)/(50*ms) : 1
          left : 1
          fired : 1
          ends : 1"""
SPIKE = """ends = int(left == 1)
           fired = int(left < 1)*int(q_V > 20)
           left = 20*fired + (left - 1)*int(left > 0)
           q_V = 33*int(left > 0) - 60*ends + q_V*int(left <= 0)*(1 - ends)
           z += 400*ends
           V_T += ends*(30.4 - V_T)
           a += 80.5*ends"""


def clopath():
    """Five pairs at each frequency, 15 times."""
    rates = [1, 10, 20, 40, 50]
    posts = [60 + np.arange(5) * 1000 / rate for rate in rates] * 2
    pres = [times - 10 for times in posts[:5]] + [times + 10 for times in posts[5:]]
    steps = round(4200 / DT)
    current = np.zeros((steps, 10))
    for unit, times in enumerate(posts):
        for t in times:
            current[round(t / DT) - 20 : round(t / DT), unit] = 14000
    pulses = TimedArray(current, dt=DT * ms)

    def neurons():
        code = dict(threshold="fired > 0", method="euler", namespace=dict(I=pulses))
        made = NeuronGroup(10, ADEX, **code)
        made.q_V, made.V_T = -70.6, -50.4
        made.run_regularly(SPIKE, when="groups", order=1)
        return made

    change = 15 * pairs("clopath", pres, None, 4200, 1.0, neurons=neurons)[-1]
    print("clopath: pairs per s:", rates)
    print("clopath: source 10 ms before the target:", change[:5].round(3))
    print("clopath: source 10 ms after the target:", change[5:].round(3))


def reward_stdp():
    """A pair in either order at 1000 ms, with and without a reward at 1500 ms."""
    for reward in [0.0, 0.005]:
        more = dict(change_step=15_000, c_d=reward)
        change = pairs("reward_stdp", [[1000], [1010]], [[1010], [1000]], 4000, 0.005, more=more)[-1]
        print(f"reward_stdp: d = {reward} at 1500 ms, source 10 ms before and after the target: {change}")
    left = 1e-4 * np.exp(-10 / 20) * np.exp(-490 / 1000) * 0.005 / (1 / 200 + 1 / 1000)
    print("reward_stdp: the integral of c*d for the first pair is", left)


ALL = dict(stdp=stdp, triplet=triplet, vogels_2011=vogels_2011, diehl_cook=diehl_cook)
ALL |= dict(clopath=clopath, reward_stdp=reward_stdp)

if __name__ == "__main__":
    for which in sys.argv[1:] or ALL:
        ALL[which]()
