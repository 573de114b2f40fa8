"""Runs the reference cases with brainpy, and compares them with the files or writes new files.

    python tests/golden/make.py                  compares out and mon.* of every case with the files here
    python tests/golden/make.py --write FOLDER   writes FOLDER/NAME.npz

Needs brainpy 2.8.2. Inputs, weights and initial states come from the files here (`in`, `w.*`, `s0.*`).
"""

import argparse
import json
import pathlib
import re

import numpy as np
import brainpy as bp
import brainpy.math as bm

HERE = pathlib.Path(__file__).parent
ACTIVATIONS = {"relu": bm.relu, "tanh": bm.tanh, "sigmoid": bm.sigmoid}


def hh(case, data):
    """Returns `out` and the monitors of a run of Hodgkin and Huxley's neuron."""
    bm.set_dt(case["dt"])
    batch = case["batch"]
    mode = bm.BatchingMode(batch) if batch else bm.nonbatching_mode
    model = bp.dyn.HH(case["size"], method=case["method"], mode=mode, **case["params"])
    model.reset_state(batch) if batch else model.reset_state()
    for var in "Vmhn":
        getattr(model, var).value = bm.asarray(data[f"s0.{var}"])
    names = ["V", "m", "h", "n", "spike"]
    loop = bp.LoopOverTime(model, out_vars={n: getattr(model, n) for n in names}, dt=case["dt"])
    calls = case["calls"]
    if case["input"] == "duration":
        # brainpy counts steps with arange, which makes one step too many for some lengths. A duration of half a step less avoids this.
        parts = [loop((case["steps"] - 0.5) * case["dt"])]
    else:
        parts = [loop(bm.asarray(x)) for x in np.split(data["in"], calls)]
    outs = {"out": np.concatenate([np.asarray(out, dtype=float) for out, _ in parts])}
    for name in names:
        outs[f"mon.{name}"] = np.concatenate([np.asarray(mon[name], dtype=float) for _, mon in parts])
    return outs


def layer(text):
    """Makes a layer from its description in cases.json."""
    kind, arguments = re.match(r"(\w+)(?:\((.*?)\)(?:,|$)|$)", text).groups()
    if text.startswith("Conv2d"):
        return bp.dnn.Conv2d(3, 8, (3, 3), stride=(1, 1), padding="SAME")
    if arguments is None:
        return bp.dnn.Activation(ACTIVATIONS[kind])
    parts = arguments.split(",")
    sizes = [int(p) for p in parts[:2]]
    options = {"activation": parts[2]} if len(parts) > 2 else {}
    module = bp.dnn if kind == "Dense" else bp.dyn
    return getattr(module, kind)(*sizes, **options)


def layers(case, data):
    """Returns `out` and the monitors of a run of layers."""
    bm.set_dt(0.1)
    with bm.environment(mode=bm.BatchingMode(case["B"])):
        named = dict(entry.split("=", 1) for entry in case["layers"])
        nodes = {name: layer(text) for name, text in named.items()}
        net = bp.Sequential(**nodes)
    for key in data.files:
        if key.startswith("w."):
            _, name, weight = key.split(".")
            setattr(nodes[name], weight, bm.asarray(data[key]))
    net.reset_state(case["B"])
    monitored = case["monitor"]
    loop = bp.LoopOverTime(
        net,
        out_vars={n: nodes[n].state for n in monitored} if monitored else None,
        no_state=case["no_state"],
        data_first_axis=case["data_first_axis"],
    )
    result = loop(bm.asarray(data["in"]))
    out, mon = result if monitored else (result, {})
    return {"out": np.asarray(out)} | {f"mon.{n}": np.asarray(mon[n]) for n in mon}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=pathlib.Path, metavar="FOLDER")
    write = parser.parse_args().write
    bm.enable_x64()
    bm.set_platform("cpu")
    failed = 0
    for case in json.loads((HERE / "cases.json").read_text())["cases"]:
        name = case["name"]
        data = np.load(HERE / f"{name}.npz")
        found = (hh if case["model"] == "HH" else layers)(case, data)
        worst = {key: float(np.max(np.abs(value - data[key]))) if value.shape == data[key].shape else value.shape for key, value in found.items()}
        complete = set(found) == {k for k in data.files if k == "out" or k.startswith("mon.")}
        good = complete and all(isinstance(w, float) and w <= 1e-9 for w in worst.values())
        failed += not good
        print("ok  " if good else "DIFF", name, {k: (f"{w:.1e}" if isinstance(w, float) else w) for k, w in worst.items()})
        if write:
            write.mkdir(parents=True, exist_ok=True)
            np.savez(write / f"{name}.npz", **{k: data[k] for k in data.files if k not in found}, **found)
    raise SystemExit(f"{failed} cases differ" if failed else 0)


if __name__ == "__main__":
    main()
