"""Simulates the cortical microcircuit (Potjans & Diesmann 2014) in NEST 3.10, as the package microcircuit 1.0
states it, and writes the statistics of its activity for each seed.

usage: make_microcircuit.py N_SCALING K_SCALING dc|poisson FIRST_SEED SEEDS MS THREADS OUTPUT.npz

Install: pip install nest-simulator==3.10.0 microcircuit==1.0

N_SCALING scales numbers of neurons, and K_SCALING in-degrees; the package compensates with weights and currents. The
first 500 ms are left out. Seeds that OUTPUT has already stay in it, before the new ones. At full density a seed of 2 s
takes 10 minutes on two cores, 15 GB, and at least three threads. Arrays, of each seed and population (L23E L23I L4E L4I L5E L5I L6E L6I):

rate, cv, correlation                [seeds, 8]        the mean
rates, cvs, correlations             [seeds, 8, 101]   the percentiles 0 to 100 of neurons, or of pairs of neurons

The rate of a neuron is in spikes/s. The CV is that of the intervals of a neuron with at least three spikes (the
standard deviation without Bessel's correction, divided by the mean). Correlations are Pearson's, of the numbers of
spikes in bins of 2 ms, of all pairs of the first 200 neurons of a population, without the neurons that are silent.
"""
import copy
import os
import sys
import tempfile

import numpy as np

SKIP, BIN, SAMPLE = 500.0, 2.0, 200
NAMES = ("rate", "cv", "correlation")


def statistics(neuron, ms, size, duration, start=SKIP):
    """Rates, CVs and correlations of one population between `start` and `start + duration`, from the number and the
    time of each spike. A spike has the time of the end of its step."""
    neuron = neuron.astype(int)
    inside = (ms > start + 0.05) & (ms < start + duration + 0.05)
    neuron, ms = neuron[inside], ms[inside] - start
    order = np.lexsort((ms, neuron))
    neuron, ms = neuron[order], ms[order]
    counts = np.bincount(neuron, minlength=size)
    rates = counts / (duration * 1e-3)
    cvs = []
    for times in np.split(ms, np.cumsum(counts)[:-1]):
        if len(times) >= 3:
            intervals = np.diff(times)
            cvs.append(intervals.std() / intervals.mean())
    sample = min(SAMPLE, size)
    bins = round(duration / BIN)
    binned = np.zeros((sample, bins))
    own = neuron < sample
    steps = np.round(ms[own] * 10).astype(int) - 1          # steps of 0.1 ms, from 0 on
    np.add.at(binned, (neuron[own], steps // round(BIN * 10)), 1)
    binned = binned[binned.any(axis=1)]
    pairs = np.corrcoef(binned)[np.triu_indices(len(binned), 1)] if len(binned) > 1 else np.zeros(1)
    return rates, np.array(cvs), pairs


def run(n_scaling, k_scaling, kind, seed, duration, threads):
    import nest
    from microcircuit import network
    from microcircuit.network_params import default_net_dict
    from microcircuit.sim_params import default_sim_dict
    from microcircuit.stimulus_params import default_stim_dict

    net_dict, sim_dict = copy.deepcopy(default_net_dict), copy.deepcopy(default_sim_dict)
    net_dict.update(N_scaling=n_scaling, K_scaling=k_scaling, bg_input_type=kind)
    with tempfile.TemporaryDirectory() as folder:
        sim_dict.update(local_num_threads=threads, print_time=False, rng_seed=seed, data_path=folder + "/",
                        rec_dev=["spike_recorder"])
        net = network.Network(sim_dict, net_dict, default_stim_dict)
        net.create()
        net.spike_recorders.set(record_to="memory")
        net.connect()
        net.simulate(SKIP + duration)
        all = []
        for recorder, population in zip(net.spike_recorders, net.pops):
            events = recorder.events
            neuron = events["senders"] - population[0].global_id
            all.append(statistics(neuron, events["times"], len(population), duration))
    return all


def summaries(populations):
    """The means and the percentiles of each statistic, `[8]` and `[8, 101]`."""
    found = {}
    for k, name in enumerate(NAMES):
        values = [p[k] if len(p[k]) else np.array([np.nan]) for p in populations]
        found[name] = [v.mean() for v in values]
        found[name + "s"] = [np.percentile(v, np.arange(101)) for v in values]
    return found


if __name__ == "__main__":
    n_scaling, k_scaling, kind = float(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
    first, seeds, duration, threads, out = int(sys.argv[4]), int(sys.argv[5]), float(sys.argv[6]), int(sys.argv[7]), sys.argv[8]
    made = {}
    if os.path.exists(out):
        with np.load(out) as before:
            made = {name: list(before[name]) for name in before}
    for seed in range(first, first + seeds):
        for name, values in summaries(run(n_scaling, k_scaling, kind, seed, duration, threads)).items():
            made.setdefault(name, []).append(values)
        print(seed, *(np.round(made[name][-1], 4) for name in NAMES), flush=True)
        np.savez_compressed(out, **{name: np.array(v, dtype=np.float32) for name, v in made.items()})
