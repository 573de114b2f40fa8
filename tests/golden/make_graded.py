"""Runs the networks of examples/models/ping.toml (Brian2 2.9) and kuramoto.toml (numpy), and compares them with net/ping.npz and
net/kuramoto.npz. --write FOLDER writes new files.

The equations stand here once more, from their sources, in SI units. Euler's step of Kuramoto's model has the sum over all pairs."""
import pathlib
import sys
import numpy as np

here = pathlib.Path(__file__).resolve().parent
folder = pathlib.Path(sys.argv[2]) if "--write" in sys.argv else None


def finish(name, found):
    if folder:
        np.savez_compressed(folder / f"{name}.npz", **found)
    file = np.load((folder or here / "net") / f"{name}.npz")
    for key, value in found.items():
        value = np.asarray(value)
        same = value.shape == file[key].shape
        print(name, key, value.shape, "apart by", np.abs(value - file[key].astype(float)).max() if same else "another shape")


def kuramoto():
    n, dt, steps, k = 64, 0.5, 6000, 0.02
    rng = np.random.default_rng(5)
    # Quantiles of a normal distribution of 10 +- 1 turns per second, in random order, in radians per ms.
    x = np.linspace(-8, 8, 160_001)
    density = np.exp(-x * x / 2)
    quantiles = np.interp((np.arange(n) + 0.5) / n, np.cumsum(density) / density.sum(), x)
    omega = rng.permutation(2e-3 * np.pi * (10 + quantiles))
    v = v0 = 2 * np.pi * rng.random(n)
    phases, order = [], []
    for step in range(steps):
        # The first step has no transmission: it is the first that transmits.
        coupled = k if step > 0 else 0
        order.append(abs(np.exp(1j * v).mean()))
        v = v + dt * (omega + coupled / n * np.sin(v[None, :] - v[:, None]).sum(1))
        v = np.where(v >= 2 * np.pi, v - 2 * np.pi, v)
        if step % 100 == 99:
            phases.append(v)
    finish("kuramoto", dict(omega=omega, v0=v0, dt=dt, steps=steps, k=k, v=np.array(phases), order=np.array(order)[99::100]))


E_CELLS = """
dv/dt = (drive + g*(-75*mV - v) + gNa*m**3*h*(50*mV - v) + gK*n**4*(-100*mV - v) + gL*(-67*mV - v))/C : volt
dh/dt = ah*(1 - h) - bh*h : 1
dn/dt = an*(1 - n) - bn*n : 1
m = am/(am + bm) : 1
am = 0.32*4*mV/exprel(-(v + 54*mV)/(4*mV))/ms/mV : Hz
bm = 0.28*5*mV/exprel((v + 27*mV)/(5*mV))/ms/mV : Hz
ah = 0.128*exp(-(v + 50*mV)/(18*mV))/ms : Hz
bh = 4/(1 + exp(-(v + 27*mV)/(5*mV)))/ms : Hz
an = 0.032*5*mV/exprel(-(v + 52*mV)/(5*mV))/ms/mV : Hz
bn = 0.5*exp(-(v + 57*mV)/(40*mV))/ms : Hz
drive : amp/meter**2
g : siemens/meter**2
"""
I_CELLS = """
dv/dt = (ge*(0*mV - v) + gi*(-75*mV - v) + gNa*m**3*h*(55*mV - v) + gK*n**4*(-90*mV - v) + gL*(-65*mV - v))/C : volt
dh/dt = 5*(ah*(1 - h) - bh*h) : 1
dn/dt = 5*(an*(1 - n) - bn*n) : 1
m = am/(am + bm) : 1
am = 0.1*10*mV/exprel(-(v + 35*mV)/(10*mV))/ms/mV : Hz
bm = 4*exp(-(v + 60*mV)/(18*mV))/ms : Hz
ah = 0.07*exp(-(v + 58*mV)/(20*mV))/ms : Hz
bh = 1/(1 + exp(-(v + 28*mV)/(10*mV)))/ms : Hz
an = 0.01*10*mV/exprel(-(v + 34*mV)/(10*mV))/ms/mV : Hz
bn = 0.125*exp(-(v + 44*mV)/(80*mV))/ms : Hz
ge : siemens/meter**2
gi : siemens/meter**2
"""
SYNAPSES = """
dq/dt = (1 + tanh(v/(10*mV)))/2*(1 - q)/(0.1*ms) - q/tau_q : 1
ds/dt = q*(1 - s)/(0.5*ms) - s/tau_d : 1
v : volt (linked)
"""


def ping(n_e, n_i, p, duration, seed, small):
    """A network with its own connections: arrays [target, source] of 0 and 1. The amounts of a small one are the library's."""
    import brian2 as b
    from brian2 import mV, ms

    b.prefs.codegen.target = "numpy"
    b.start_scope()
    b.defaultclock.dt = 0.01 * ms
    rng = np.random.default_rng(seed)
    links = {key: rng.random(shape) < p for key, shape in dict(ei=(n_i, n_e), ie=(n_e, n_i), ii=(n_i, n_i)).items()}
    v0, drives = -80 + 20 * rng.random(n_e), 1.4 + 0.07 * rng.standard_normal(n_e)
    area = b.cm**2
    density = b.msiemens / area
    common = dict(C=1 * b.ufarad / area, gL=0.1 * density)
    group = lambda n, text, own: b.NeuronGroup(n, text, threshold="v >= -20*mV", refractory="v >= -20*mV", method="rk2", namespace={**common, **own})
    e = group(n_e, E_CELLS, dict(gNa=100 * density, gK=80 * density))
    i = group(n_i, I_CELLS, dict(gNa=35 * density, gK=9 * density))
    e.v, i.v, e.drive = v0 * mV, -75 * mV, drives * b.uA / area
    for cells in [e, i]:
        cells.h, cells.n = "ah/(ah + bh)", "an/(an + bn)"
    # The synapses of a source follow its potential after its own step.
    opened = lambda cells, tau_d, tau_q: b.NeuronGroup(
        len(cells), SYNAPSES, method="exponential_euler", order=1, namespace=dict(tau_d=tau_d * ms, tau_q=tau_q * ms))
    s_e, s_i = opened(e, 3, 0.1723), opened(i, 9, 0.1163)
    s_e.v, s_i.v = b.linked_var(e, "v"), b.linked_var(i, "v")

    amounts = lambda s: np.round(s * 2**30) / 2**30 if small else s

    @b.network_operation(when="start")
    def conductances():
        i.ge = 0.25 / (n_e * p) * (links["ei"] @ amounts(s_e.s[:])) * density
        i.gi = 0.25 / (n_i * p) * (links["ii"] @ amounts(s_i.s[:])) * density
        e.g = 0.25 / (n_i * p) * (links["ie"] @ amounts(s_i.s[:])) * density

    spikes = [b.SpikeMonitor(cells) for cells in (e, i)]
    values = [b.StateMonitor(cells, "v", record=range(min(n, 2)), when="end", dt=0.1 * ms) for cells, n in [(e, n_e), (i, n_i)]]
    b.Network(e, i, s_e, s_i, conductances, *spikes, *values).run(duration * ms)
    for name, n, monitor in zip("EI", (n_e, n_i), spikes):
        print(f"{n_e}+{n_i} {name}: {monitor.num_spikes / n / duration * 1e3:.2f} Hz")
    found = {key: np.packbits(of) for key, of in links.items()}
    for name, monitor in zip("ei", spikes):
        found[f"{name}_spike_i"] = np.asarray(monitor.i, "i4")
        found[f"{name}_spike_step"] = np.round(monitor.t / b.defaultclock.dt).astype("i4")
    if small:
        found.update({f"{name}_v": np.asarray(of.v / mV).T for name, of in zip("ei", values)})
    return dict(n=np.array([n_e, n_i]), steps=round(duration / 0.01), p=p, v0=v0, drive=drives, **found)


kuramoto()
finish("ping_small", ping(2, 1, 1.0, 60, 3, True))
finish("ping", ping(200, 50, 0.5, 100, 1, False))
