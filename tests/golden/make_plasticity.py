"""Runs texts of plasticity with Brian2 (2.9), and compares them with the files of plasticity/.

    python tests/golden/make_plasticity.py [--write FOLDER] [NAME ...]

The texts are those of examples/equations/synapses, and plasticity/mixed.eq. `equation_text` reads them. Each variable
of a text has a value for each synapse in Brian2, also if it is a trace of a source or of a target. All runs are in
f64, with synapses between all of 3 sources and 2 targets. A file NAME.npz has these arrays:

    dt, steps, every    the length of a step in ms, the number of steps, and the steps between two stored values
    source_step, source_i   the spikes of the sources
    target_step, target_i   the spikes of the targets
    drive               the input of the targets, [2], if the text reads the potential: the targets are then the neurons
                        of plasticity/target.eq by Euler's method, and target_step their spikes
    pre, post, w0       the synapses and their initial weights, [6]
    p_NAME              a parameter that is not the default of the text
    i_NAME              an initial value that is not the one of the text
    change_step, c_NAME the amount that is added to a variable before this step (absent without such a change)
    delay_steps         the delays, [3, 6], for each METHOD: 0, 12, and different ones
    METHOD.VARIABLE     values after steps 1, every + 1, 2 every + 1, ..., [samples, 6]

METHOD is exp_auto, euler or rk4. Brian2's method is exponential_euler in the place of exp_auto, if each equation is
linear in its own variable.
"""

import pathlib
import sys

import numpy as np
from brian2 import Network, SpikeGeneratorGroup, SpikeMonitor, StateMonitor, Synapses
from brian2 import defaultclock, ms, prefs, start_scope

from equation_text import Model, shown
from make_equations import assigned, exp_auto, group, linear, name

prefs.codegen.target = "numpy"
here = pathlib.Path(__file__).resolve().parent / "plasticity"
examples = here.parent.parent.parent / "examples" / "equations" / "synapses"
CONSTANTS = {"t", "dt", "pi"}
SOURCES, TARGETS, DT = 3, 2, 0.1


def text(which):
    file = examples / f"{which}.eq"
    return Model((file if file.exists() else here / f"{which}.eq").read_text())


def renamed(model):
    """The model with a 0 behind all its names: Brian2 gives names that end in `_pre`, `_post` or `_` a meaning."""

    def of(n):
        return n if n in CONSTANTS else f"{n}0"

    def e(x):
        if x is None or x[0] == "num":
            return x
        if x[0] == "name":
            return ("name", of(x[1]))
        if x[0] == "call":
            return ("call", x[1], [e(a) for a in x[2]])
        return (x[0], *[e(a) for a in x[1:]])

    for state in model.states.values():
        state.initial, state.slope = e(state.initial), e(state.slope)
    for kind in ["params", "inputs", "states"]:
        setattr(model, kind, {of(n): value for n, value in getattr(model, kind).items()})
    model.lets = {of(n): e(value) for n, value in model.lets.items()}
    assignments = lambda all: [(of(to), sign, e(value)) for to, sign, value in all]
    model.each_step = assignments(model.each_step)
    model.on = {side: assignments(all) for side, all in model.on.items()}
    model.weight, model.bounds = of(model.weight), [e(bound) for bound in model.bounds]
    return model


def synapses(model, method, sources, targets, params, delivered=""):
    """The synapses. `delivered` is code that comes before `on pre`."""
    lines = []
    for state, spec in model.states.items():
        slope = f"dq_{state}/dt = ({shown(spec.slope, name)})/ms" if spec.slope else f"q_{state}"
        lines.append(f"{slope} : 1{' (clock-driven)' if spec.slope else ''}")
    lines += [f"q_{n} = {shown(value, name)} : 1" for n, value in model.lets.items()]
    lines += [f"q_{n} : 1" for n in model.inputs]
    low, high = [shown(bound, name) for bound in model.bounds]
    clipped = f"q_{model.weight} = clip(q_{model.weight}, {low}, {high})"
    if method == "exp_auto":
        method = "exponential_euler" if linear(model) else lambda *_: exp_auto(model)
    values = {f"q_{n}": value for n, (value, _) in model.params.items()} | {f"q_{n}0": x for n, x in params.items()}
    all = Synapses(
        sources,
        targets,
        "\n".join(lines),
        on_pre="\n".join([delivered, assigned(model.on["pre"]), clipped]),
        on_post="\n".join([assigned(model.on["post"]), clipped]),
        namespace=values,
        method=method,
    )
    for n in model.inputs:
        # The potential after the last step, before the neurons make theirs.
        all.run_regularly(f"q_{n} = q_{n[:-1]}_post", when="start")
    all.run_regularly("\n".join([assigned(model.each_step), clipped]), when="groups", order=1)
    return all


def run(which, method, delays, given, targets=None, every=1, delivered=""):
    """The values of all variables after steps 1, every + 1, ..., and the spikes of the targets. `given` has the arrays
    of a file that say what to run. `targets` makes neurons in the place of those that `given` describes."""
    start_scope()
    dt, steps = float(given["dt"]), int(given["steps"])
    defaultclock.dt = dt * ms
    model = renamed(text(which))
    sources = SpikeGeneratorGroup(int(given["pre"].max()) + 1, given["source_i"], given["source_step"] * dt * ms)
    if targets:
        neurons = targets()
    elif "drive" in given:
        drive = np.array(given["drive"], float)
        neurons = group(text("target"), "euler", dt, len(drive), [drive, 0 * drive])
    else:
        count = int(given["post"].max()) + 1
        neurons = SpikeGeneratorGroup(count, given["target_i"], given["target_step"] * dt * ms)
    part = lambda letter: {n[2:]: float(value) for n, value in given.items() if n.startswith(f"{letter}_")}
    all = synapses(model, method, sources, neurons, part("p"), delivered)
    all.connect(i=given["pre"], j=given["post"])
    all.pre.delay = np.array(delays) * dt * ms
    for state, spec in model.states.items():
        if state != model.weight:
            setattr(all, f"q_{state}", shown(spec.initial, name))
    for n, value in part("i").items():
        setattr(all, f"q_{n}0", value)
    setattr(all, f"q_{model.weight}", given["w0"])
    values = StateMonitor(all, [f"q_{n}" for n in model.states], record=True, when="end", dt=every * dt * ms)
    spikes = SpikeMonitor(neurons)
    net = Network(sources, neurons, all, values, spikes)
    first = int(given.get("change_step", steps))
    net.run(first * dt * ms)
    for n, amount in part("c").items():
        setattr(all, f"q_{n}0", np.array(getattr(all, f"q_{n}0")) + amount)
    net.run((steps - first) * dt * ms)
    found = {n[:-1]: np.array(getattr(values, f"q_{n}")).T for n in model.states}
    return found, np.round(spikes.t / (dt * ms)).astype(int), np.array(spikes.i)


def trains(random, units, steps, p):
    """Random spikes, as steps and units."""
    return [np.array(x, int) for x in np.nonzero(random.random((steps, units)) < p)]


# Name: the number of steps, the bounds of the initial weights, and other arrays of the file.
cases = dict(
    clopath=(3000, (0, 0.75), dict(drive=[50.0, 75.0], p_A_LTD=4e-3, p_A_LTP=1.2e-3, p_w_max=0.75)),
    diehl_cook=(3000, (0, 0.25), dict(p_nu_pre=0.06, p_nu_post=0.08, p_w_max=0.25)),
    mixed=(3000, (-0.125, 0.5), dict(drive=[50.0, 75.0], p_low=-125.0, p_high=0.5, p_eta=0.4, p_gain=0.04)),
    reward_stdp=(3000, (0, 2**-10), dict(p_w_max=2**-10, i_d=0.004, change_step=1500, c_d=-0.006)),
    stdp=(3000, (0, 0.5), dict(p_A_pre=0.07, p_A_post=-0.06, p_tau_post=25.0, p_w_max=0.5)),
    triplet=(3000, (0, 0.1875), dict(p_w_max=0.1875)),
    vogels_2011=(3000, (0, 20), dict(p_eta=1.0, p_rho_0=90.0, p_w_max=20.0)),
)
METHODS = ["exp_auto", "euler", "rk4"]
MOST = 600  # numbers in a file


def arrays(which):
    """The arrays of a file."""
    steps, bounds, more = cases[which]
    random = np.random.default_rng(2015)
    pre, post = [np.array(x) for x in zip(*[(i, j) for i in range(SOURCES) for j in range(TARGETS)])]
    # Multiples of a power of two, because a network rounds its initial weights to 30 bits.
    w0 = bounds[0] + random.integers(0, 4096, len(pre)) / 4096 * (bounds[1] - bounds[0])
    w0[[0, 3]] = bounds
    kept = {"dt": DT, "steps": steps, "pre": pre, "post": post, "w0": w0} | more
    kept["source_step"], kept["source_i"] = trains(random, SOURCES, steps, 0.008)
    kept["target_step"], kept["target_i"] = trains(random, TARGETS, steps, 0.008)
    variables = len(text(which).states)
    every = -(-steps // (MOST // (len(pre) * variables * len(METHODS))))
    kept["delay_steps"] = np.array([[0] * 6, [12] * 6, [0, 5, 12, 5, 31, 12]])
    found, low, high = {}, np.inf, -np.inf
    weight = text(which).weight
    for method, delays in zip(METHODS, kept["delay_steps"]):
        values, spike_step, spike_i = run(which, method, delays, kept, every=every)
        if "drive" in more:
            kept["target_step"], kept["target_i"] = spike_step, spike_i
        found |= {f"{method}.{n}": value for n, value in values.items()}
        w = values[weight]
        at = [f"{np.mean(w == bound):.2f}" for bound in bounds]
        print(f"{which}.{method}: {len(w)} samples, {weight} {w.min():.5g} to {w.max():.5g}, at bounds {at},", end=" ")
        print({n: f"{x.min():.4g} to {x.max():.4g}" for n, x in values.items() if n != weight}, len(spike_i), "spikes")
        if not all(np.isfinite(value).all() for value in values.values()):
            raise SystemExit(f"{which}.{method} is not finite")
    return kept | {"every": every} | found


def by_hand():
    """Checks the order of a step by hand. The source spikes in step 2 and the target in step 5; the spike of step 2
    arrives there too. The arrival comes first: w falls by the trace of the target, which has none yet, and the spike of
    the target then adds the trace of the arrival. The potential of `clopath` is that of the step before."""
    given = dict(dt=DT, steps=8, pre=np.array([0]), post=np.array([0]), w0=[0.5], source_step=np.array([2, 4]))
    given |= dict(source_i=np.array([0, 0]), target_step=np.array([5]), target_i=np.array([0]))
    w = run("stdp", "exp_auto", [3], given)[0]["w"][:, 0]
    assert np.allclose(w[:5], 0.5) and np.allclose(w[5:7], 0.51), w
    assert np.isclose(w[7], 0.51 - 0.0105 * np.exp(-0.2 / 20)), w
    u = run("clopath", "euler", [0], given | dict(steps=2, drive=[50.0]))[0]["lag_1"][:, 0]
    first = -70.6 + 0.1 / 2 * (-70 + 70.6)
    assert np.allclose(u, [first, first + 0.1 / 2 * (-70 + 0.1 / 10 * 50 - first)], rtol=0, atol=1e-12), u


def main():
    arguments, folder = sys.argv[1:], None
    if "--write" in arguments:
        at = arguments.index("--write")
        folder = pathlib.Path(arguments[at + 1])
        del arguments[at : at + 2]
    by_hand()
    for which in arguments or cases:
        made = arrays(which)
        made = {n: np.asarray(v, "i4") if np.asarray(v).dtype.kind == "i" else np.asarray(v) for n, v in made.items()}
        if folder:
            np.savez_compressed(folder / f"{which}.npz", **made)
            print(which, (folder / f"{which}.npz").stat().st_size, "bytes")
            continue
        file = np.load(here / f"{which}.npz")
        same = sorted(file.files) == sorted(made) and all(np.array_equal(file[k], made[k]) for k in made)
        print(which, "the same:", same)


if __name__ == "__main__":
    main()
