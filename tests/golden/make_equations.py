"""Runs the models of examples/equations with Brian2 (2.9), and compares them with the files of equations/.

    python tests/golden/make_equations.py [--write FOLDER] [--shift] [NAME ...]

--write makes new files. --shift shows how far a relative change of 1e-12 of the initial values goes.

`equation_text` reads the texts. Brian2 then has numbers without units, in the units of the text, and 1 ms of the text
is 1 ms of Brian2. All runs are in f64 with 3 units and constant inputs. A file NAME.npz has these arrays:

    dt, steps, every    the length of a step in ms, the number of steps, and the steps between two stored values
    in                  the inputs, [inputs, 3], in the order of the text (absent in a model without inputs)
    METHOD.STATE        the values of a state after steps every, 2 every, ..., [steps/every, 3]
    METHOD.spike        1 where a unit spiked, [steps, 3] (absent in a model without spikes)

METHOD is one of these:

    euler, rk4          Brian2's methods of these names
    exponential_euler   Brian2's method, only where each equation is linear in its own variable
    exp_auto            x + f(x) dt exprel(f'(x) dt) in each equation, as code that this program gives to Brian2. f' is
                        derived from the text. It equals exponential_euler in linear equations.
    map                 no equations: the text has only assignments in each step

A model with random numbers has statistics instead, of Euler's method (of exponential Euler in `escape_noise`):

    dt, warm, time      the length of a step, the time before the statistics, and their time, in ms
    units               the number of units of each case
    in                  the inputs, [inputs, cases] (absent in a model without inputs)
    rate, rate_error    spikes per ms and unit, and their standard error, [cases]
    mean, sd            of the first state over units and time after `warm`, [cases]
    theory              the rate by a formula, [cases] (absent in coherence_resonance). For the noisy integrate-and-fire
                        neurons it is Siegert's. Steps of dt miss crossings, as if the threshold were higher by 0.5826
                        times the standard deviation of the noise of a step. The formula has this threshold. For
                        `escape_noise` it is exact for steps of dt.
"""

import math
import pathlib
import sys

import numpy as np
from brian2 import NeuronGroup, SpikeMonitor, StateMonitor, Network, defaultclock, ms, prefs, seed, start_scope

from equation_text import ZERO, Model, derivative, number, shown, walk

prefs.codegen.target = "numpy"
here = pathlib.Path(__file__).resolve().parent
texts = here.parent.parent / "examples" / "equations"


def name(n):
    """The name of a value in Brian2."""
    if n.startswith("xi"):
        return f"({n}*ms**0.5)"
    return {"t": "(t/ms)", "dt": "(dt/ms)", "pi": "pi"}.get(n, f"q_{n}")


def exp_auto(model):
    """The code of a step of exponential Euler with the derivative of each equation by its own variable."""
    code = [f"_let_{n} = {shown(e, local(model))}" for n, e in model.lets.items()]
    for state, spec in model.states.items():
        if not spec.slope:
            continue
        of_lets = {}

        def of(n):
            if n in model.lets:
                return ("name", f"{state}_{n}") if of_lets.get(n, ZERO) != ZERO else ZERO
            return ("num", 1.0) if n == state else ZERO

        def inner(n, state=state, of_lets=of_lets):
            return f"_by_{n}" if any(n == f"{state}_{k}" for k in of_lets) else local(model)(n)

        for n, e in model.lets.items():
            d = derivative(e, of)
            if d != ZERO:
                code.append(f"_by_{state}_{n} = {shown(d, inner)}")
                of_lets[n] = d
        code.append(f"_f_{state} = {shown(spec.slope, local(model))}")
        slope = derivative(spec.slope, of)
        step = f"_f_{state}*(dt/ms)"
        if slope != ZERO:
            code.append(f"_s_{state} = {shown(slope, inner)}")
            step += f"*exprel(_s_{state}*(dt/ms))"
        held = "int(not_refractory)*" if spec.held else ""
        code.append(f"_new_{state} = q_{state} + {held}{step}")
    code += [f"q_{state} = _new_{state}" for state, spec in model.states.items() if spec.slope]
    return "\n".join(code)


def local(model):
    return lambda n: f"_let_{n}" if n in model.lets else name(n)


def group(model, method, dt, size, given):
    """The neurons, and an object that keeps the values at the start of a step."""
    lines = []
    for state, spec in model.states.items():
        if spec.slope:
            held = " (unless refractory)" if spec.held else ""
            lines.append(f"dq_{state}/dt = ({shown(spec.slope, name)})/ms : 1{held}")
        else:
            lines.append(f"q_{state} : 1")
    lines += [f"q_{n} = {shown(e, name)} : 1" for n, e in model.lets.items()]
    lines += [f"q_{n} : 1 (constant)" for n in model.inputs]
    options = dict(namespace={f"q_{n}": value for n, (value, _) in model.params.items()})
    if model.crosses:
        lines.append("before : 1")
        threshold = shown(model.spike, name)
        options["threshold"] = f"before < {threshold} and q_{model.crosses} >= {threshold}"
    elif model.spike:
        options["threshold"] = shown(model.spike, name)
    if model.refractory:
        # The step of a spike is followed by whole steps without spikes.
        hold = round(number(model.refractory, {n: value for n, (value, _) in model.params.items()} | {"dt": dt}) / dt)
        options["refractory"] = f"timestep(t - lastspike, dt) <= {hold}"
    if model.reset:
        options["reset"] = assigned(model.reset)
    if method != "map":
        options["method"] = (lambda *_: exp_auto(model)) if method == "exp_auto" else method
    defaultclock.dt = dt * ms
    neurons = NeuronGroup(size, "\n".join(lines), **options)
    for n, values in zip(model.inputs, given):
        setattr(neurons, f"q_{n}", values)
    left = dict(model.states)
    while left:
        needs = {n: [] for n in left}
        for n in left:
            names_of(model, left[n].initial, needs[n])
        ready = [n for n in left if not any(k in left for k in needs[n])]
        for n in ready:
            setattr(neurons, f"q_{n}", shown(left.pop(n).initial, name))
    # The time has one value for a whole step, as inputs have: the stages of rk4 do not change it.
    if model.crosses:
        neurons.run_regularly(f"before = q_{model.crosses}", when="start")
    if model.each_step:
        neurons.run_regularly(assigned(model.each_step), when="groups", order=1)
    return neurons


def names_of(model, e, found):
    """The names that an expression needs, also through named values."""
    here = []
    walk(e, lambda x: here.append(x[1]) if x[0] == "name" else None)
    for n in here:
        found.append(n)
        if n in model.lets:
            names_of(model, model.lets[n], found)


def assigned(assignments):
    return "\n".join(f"q_{to} {'' if sign == '=' else sign}= {shown(e, name)}" for to, sign, e in assignments)


def run(model, method, dt, steps, given, every, shift=0.0):
    """The values of all states after each `every` steps, and the spikes."""
    start_scope()
    neurons = group(model, method, dt, given.shape[1], given)
    if shift:
        for state in model.states:
            values = np.array(getattr(neurons, f"q_{state}"))
            setattr(neurons, f"q_{state}", values * (1 + shift) + shift)
    values = StateMonitor(neurons, [f"q_{n}" for n in model.states], record=True, when="end")
    parts = [neurons, values]
    if model.spike:
        spikes = SpikeMonitor(neurons)
        parts.append(spikes)
    Network(*parts).run(steps * dt * ms)
    found = {n: np.array(getattr(values, f"q_{n}")).T[every - 1 :: every] for n in model.states}
    if model.spike:
        found["spike"] = np.zeros((steps, given.shape[1]), np.uint8)
        found["spike"][np.round(spikes.t / (dt * ms)).astype(int), spikes.i] = 1
    return found


def linear(model):
    """Whether each equation is linear in its own variable: its derivative does not contain the variable."""
    for state, spec in model.states.items():
        if not spec.slope:
            continue
        of_lets = {}

        def of(n, state=state):
            return of_lets.get(n, ("num", 1.0) if n == state else ZERO)

        for n, e in model.lets.items():
            of_lets[n] = derivative(e, of)
        needed = []
        names_of(model, derivative(spec.slope, of), needed)
        if state in needed:
            return False
    return True


# Name: the length of a step in ms, the number of steps, and the three values of each input.
cases = dict(
    adaptive_threshold=(0.05, 2000, [[12, 20, 40]]),
    adex=(0.05, 4000, [[600, 800, 1000]]),
    bursting_pacemaker=(0.05, 8000, [[0.2, 0.3, 0.5], [10, 0, -2]]),
    ca_burster=(0.1, 8000, [[45, 50, 60]]),
    chay=(0.2, 15000, [[0, 50, 200]]),
    conductance_lif=(0.1, 1000, [[4, 10, 6], [0, 5, 20], [0, 0, 250]]),
    connor_stevens=(0.02, 5000, [[10, 15, 20]]),
    diehl_cook=(0.1, 2000, [[0.5, 1, 2], [0, 0.125, 0.5]]),
    exp_if=(0.02, 4000, [[0.5, 1, 2]]),
    fhn=(0.1, 1500, [[0.3, 0.5, 1]]),
    hh=(0.02, 4000, [[5, 10, 20]]),
    hindmarsh_rose=(0.05, 3000, [[0.4, 2, 4]]),
    integrate_fire_burst=(0.1, 2000, [[-0.5, 0.5, 1.2]]),
    izhikevich=(0.1, 1500, [[4, 10, 15]]),
    izhikevich_2007=(0.1, 2500, [[70, 100, 200]]),
    jansen_rit=(0.2, 5000, [[100, 120, 220]]),
    lif=(0.05, 2000, [[20.5, 25, 40]]),
    mihalas_niebur=(0.1, 2000, [[1.5, 2, 3]]),
    montbrio_pazo_roxin=(0.005, 4000, [[-3, 0, 3]]),
    morris_lecar=(0.1, 3000, [[60, 90, 150]]),
    pinsky_rinzel=(0.02, 4000, [[0.75, 1, 2.5], [0, 0.5, -0.5]]),
    qua_if=(0.05, 2000, [[3, 10, 20]]),
    rulkov=(1.0, 1000, [[-1.5, -0.1, 0.14]]),
    stg=(0.05, 3000, [[0, 1, 2]]),
    theta=(0.01, 2000, [[-0.1, 0.25, 1]]),
    traub_miles=(0.05, 2000, [[0, 200, 400], [0, 1, 2]]),
    van_der_pol=(0.01, 4000, [[0, 1, 5]]),
    wang_buzsaki=(0.02, 3000, [[0.5, 1, 5]]),
    wilson_cowan=(0.05, 4000, [[1, 1.25, 2], [0, 0, 0.25]]),
)
MOST = 2700  # numbers in a file


def deterministic(text, shift):
    """The arrays of a file."""
    model = Model((texts / f"{text}.eq").read_text())
    dt, steps, given = cases[text]
    given = np.array(given, float)
    methods = ["euler", "rk4", "exponential_euler" if linear(model) else "exp_auto"]
    if not any(spec.slope for spec in model.states.values()):
        methods = ["map"]
    samples = MOST // (3 * len(methods) * len(model.states))
    every = max(1, -(-steps // samples))
    arrays = {"dt": dt, "steps": steps, "every": every, "in": given}
    for method in methods:
        found = run(model, method, dt, steps, given, every)
        for n, values in found.items():
            arrays[f"{method}.{n}"] = values
        first, note = next(iter(model.states)), ""
        if method == "exponential_euler":
            own = run(model, "exp_auto", dt, steps, given, every)
            note = f", exp_auto apart by {max(np.abs(own[n] - found[n]).max() for n in model.states):.1e}"
        if shift:
            moved = run(model, method, dt, steps, given, every, shift)
            apart = max(np.abs(moved[n] - found[n]).max() / (np.ptp(found[n]) or 1) for n in model.states)
            note += f", a shift of {shift} becomes {apart:.1e}"
        if "spike" in found:
            note = f", spikes {found['spike'].sum(0)}{note}"
        print(f"{text}.{method}: {first} {found[first].min():.3f} to {found[first].max():.3f}{note}", flush=True)
        if not all(np.isfinite(values).all() for values in found.values()):
            raise SystemExit(f"{text}.{method} is not finite")
    return arrays


def by_hand():
    """Checks the refractory period by hand. With 30 nA, V of `lif` is -70 + 30 (1 - exp(-n/200)) mV after n steps of
    0.05 ms. It reaches -50 mV after 220 steps: in step 219, counted from 0. In the next 60 steps it stays at -70 mV."""
    model = Model((texts / "lif.eq").read_text())
    for method in ["exponential_euler", "exp_auto"]:
        found = run(model, method, 0.05, 600, np.array([[30.0]]), 1)
        assert np.array_equal(np.nonzero(found["spike"][:, 0])[0], [219, 499]), method
        assert (found["V"][219:280, 0] == -70.0).all(), method
        assert abs(found["V"][280, 0] + 70 - 30 * (1 - math.exp(-1 / 200))) < 1e-12, method


def siegert(mu, sigma, tau, tau_ref, threshold, reset, dt):
    """The rate of a leaky integrate-and-fire neuron in white noise: tau V' = mu - V + sigma sqrt(tau) xi."""
    threshold += 0.5826 * sigma * math.sqrt(dt / tau)
    x = np.linspace((reset - mu) / sigma, (threshold - mu) / sigma, 20001)
    f = np.array([math.exp(v * v) * math.erfc(-v) for v in x])
    simpson = (f[0] + f[-1] + 4 * f[1:-1:2].sum() + 2 * f[2:-1:2].sum()) * (x[1] - x[0]) / 3
    return 1 / (tau_ref + tau * math.sqrt(math.pi) * simpson)


def escape(p, drive, dt):
    """The rate of `escape_noise`: the mean interval is the sum of the probabilities that no spike has come yet."""
    v, left, steps = 0.0, 1.0, round(p["tau_ref"] / dt)
    while left > 1e-15:
        steps += left
        v = drive + (v - drive) * math.exp(-dt / p["tau"])
        left *= math.exp(-p["rate_0"] * math.exp((v - p["theta"]) / p["delta"]) * dt)
    return 1 / (steps * dt)


# Name: the length of a step, the time before the statistics, their time, the units of a case, and the inputs.
noisy = dict(
    coherence_resonance=(0.001, 5.0, 40.0, 1000, []),
    escape_noise=(0.1, 100.0, 2000.0, 1000, [[10, 15, 20]]),
    noisy_lif=(0.05, 200.0, 2000.0, 2000, []),
    stochastic_lif=(0.05, 200.0, 2000.0, 1000, [[10, 15, 20, 25]]),
)


def statistics(text):
    """The arrays of a file of a model with random numbers."""
    model = Model((texts / f"{text}.eq").read_text())
    dt, warm, time, units, given = noisy[text]
    count = len(given[0]) if given else 1
    start_scope()
    seed(7)
    method = "euler" if model.noises else "exponential_euler"
    neurons = group(model, method, dt, units * count, [np.repeat(np.array(values, float), units) for values in given])
    first = next(iter(model.states))
    spikes = SpikeMonitor(neurons, record=False)
    values = StateMonitor(neurons, f"q_{first}", record=True, when="end", dt=time / 400 * ms)
    net = Network(neurons, spikes, values)
    values.active = False
    net.run(warm * ms)
    before = np.array(spikes.count)
    values.active = True
    net.run(time * ms)
    rates = ((np.array(spikes.count) - before) / time).reshape(count, units)
    seen = np.array(getattr(values, f"q_{first}")).reshape(count, -1)
    arrays = {"dt": dt, "warm": warm, "time": time, "units": units}
    if given:
        arrays["in"] = np.array(given, float)
    arrays |= {"rate": rates.mean(1), "rate_error": rates.std(1) / math.sqrt(units)}
    arrays |= {"mean": seen.mean(1), "sd": seen.std(1)}
    p = {n: value for n, (value, _) in model.params.items()}
    formula = dict(
        escape_noise=lambda drive: escape(p, drive, dt),
        noisy_lif=lambda _: siegert(p["E"], p["sigma"] * math.sqrt(2), p["tau"], 2.0, p["V_th"], p["E"], dt),
        stochastic_lif=lambda mu: siegert(mu, p["sigma"], p["tau"], p["tau_ref"], p["V_th"], p["V_reset"], dt),
    )
    if text in formula:
        arrays["theory"] = np.array([formula[text](value) for value in (given[0] if given else [0.0])])
    print(text, {n: np.round(v, 6) for n, v in arrays.items()}, flush=True)
    return arrays


def main():
    arguments = sys.argv[1:]
    folder = None
    if "--write" in arguments:
        at = arguments.index("--write")
        folder = pathlib.Path(arguments[at + 1])
        del arguments[at : at + 2]
    shift = 1e-12 if "--shift" in arguments else 0.0
    arguments = [a for a in arguments if a != "--shift"]
    by_hand()
    for text in arguments or sorted([*cases, *noisy]):
        arrays = deterministic(text, shift) if text in cases else statistics(text)
        if folder:
            np.savez_compressed(folder / f"{text}.npz", **arrays)
            print(text, (folder / f"{text}.npz").stat().st_size, "bytes")
            continue
        file = np.load(here / "equations" / f"{text}.npz")
        same = sorted(file.files) == sorted(arrays) and all(np.array_equal(file[k], arrays[k]) for k in arrays)
        print(text, "the same:", same)


if __name__ == "__main__":
    main()
