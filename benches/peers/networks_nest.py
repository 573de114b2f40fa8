"""Runs one of the networks of examples/models in NEST 3.10, and prints its time.

usage: networks_nest.py pd14|pd14_tenth|cuba|coba|cobahh|brunel MS THREADS
The line is JSON: the seconds of building, those of the run, and the mean rate in spikes/s. PD14 is the package
microcircuit 1.0; the first 100 ms are not timed.

NEST has other neurons than Brette et al. (2007) for two networks: iaf_cond_exp with a solver of adaptive steps
(coba), and hh_cond_exp_traub (cobahh). A delay is at least one step."""
import copy
import json
import os
import sys
import tempfile
import time

import nest

name, ms, threads = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
nest.verbosity = nest.VerbosityLevel.ERROR


def printed(build, run, spikes, neurons):
    print(json.dumps(dict(build=build, run=run, rate=spikes / neurons / ms * 1e3)))


if name.startswith("pd14"):
    from microcircuit import network
    from microcircuit.network_params import default_net_dict
    from microcircuit.sim_params import default_sim_dict
    from microcircuit.stimulus_params import default_stim_dict

    net_dict, sim_dict = copy.deepcopy(default_net_dict), copy.deepcopy(default_sim_dict)
    if name == "pd14_tenth":
        net_dict.update(N_scaling=0.1, K_scaling=0.1, bg_input_type="poisson")
    with tempfile.TemporaryDirectory() as folder:
        sim_dict.update(local_num_threads=threads, print_time=False, data_path=folder + "/", rec_dev=["spike_recorder"])
        shown, null = os.dup(1), os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        began = time.perf_counter()
        net = network.Network(sim_dict, net_dict, default_stim_dict)
        net.create()
        net.spike_recorders.set(record_to="memory")
        net.connect()
        build = time.perf_counter() - began
        net.simulate(100.0)
        before = sum(net.spike_recorders.n_events)
        began = time.perf_counter()
        net.simulate(ms)
        run = time.perf_counter() - began
        os.dup2(shown, 1)
        printed(build, run, sum(net.spike_recorders.n_events) - before, sum(map(len, net.pops)))
    sys.exit()

nest.local_num_threads = threads
nest.resolution = 0.1
began = time.perf_counter()
random = nest.random
if name == "brunel":
    neurons = nest.Create("iaf_psc_delta", 12500, params=dict(
        C_m=1.0, tau_m=20.0, t_ref=2.0, E_L=0.0, V_reset=10.0, V_th=20.0, V_m=random.uniform(0.0, 20.0)))
    drive = nest.Create("poisson_generator", params=dict(rate=20000.0))
    nest.Connect(drive, neurons, syn_spec=dict(weight=0.1, delay=0.1))
    for sources, k, weight in ((neurons[:10000], 1000, 0.1), (neurons[10000:], 250, -0.5)):
        nest.Connect(sources, neurons, dict(rule="fixed_indegree", indegree=k), dict(weight=weight, delay=1.5))
else:
    if name == "cuba":  # mV as pA into 20 MΩ
        model, we, wi = "iaf_psc_exp", 1.62 * 50, -9.0 * 50
        params = dict(C_m=1000.0, tau_m=20.0, t_ref=5.0, E_L=-49.0, V_reset=-60.0, V_th=-50.0, tau_syn_ex=5.0,
                      tau_syn_in=10.0, V_m=random.uniform(-60.0, -50.0))
    elif name == "coba":
        model, we, wi = "iaf_cond_exp", 6.0, -67.0
        params = dict(C_m=200.0, g_L=10.0, t_ref=5.0, E_L=-60.0, V_reset=-60.0, V_th=-50.0, E_ex=0.0, E_in=-80.0,
                      tau_syn_ex=5.0, tau_syn_in=10.0, I_e=200.0, V_m=random.normal(-55.0, 2.0))
    elif name == "cobahh":
        model, we, wi = "hh_cond_exp_traub", 6.0, -67.0
        # Its conductances start from 0, so that spikes of the first 50 ms start the activity.
        params = dict(E_L=-60.0, V_T=-63.0, V_m=random.normal(-65.0, 5.0))
    else:
        sys.exit(f"no network {name}")
    neurons = nest.Create(model, 4000, params=params)
    for sources, weight in ((neurons[:3200], we), (neurons[3200:], wi)):
        nest.Connect(sources, neurons, dict(rule="pairwise_bernoulli", p=0.02), dict(weight=weight, delay=0.1))
    if name == "cobahh":
        start = nest.Create("poisson_generator", params=dict(rate=1000.0, stop=50.0))
        nest.Connect(start, neurons, syn_spec=dict(weight=we, delay=0.1))
recorder = nest.Create("spike_recorder")
nest.Connect(neurons, recorder)
nest.Prepare()
build = time.perf_counter() - began
began = time.perf_counter()
nest.Run(ms)
run = time.perf_counter() - began
nest.Cleanup()
printed(build, run, recorder.n_events, len(neurons))
