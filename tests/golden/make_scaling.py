"""Prints the currents and numbers that `model/tests/it/in_degrees.rs` expects.

    python tests/golden/make_scaling.py        (needs numpy)

The network is the microcircuit of Potjans and Diesmann (Cerebral Cortex 24, 2014, 785-806), scaled
as in van Albada, Helias and Diesmann (PLoS Comput. Biol. 11, 2015, e1004490) to a tenth of its
neurons and a tenth of its in-degrees. A neuron receives K synapses of weight J from neurons with the
mean rate r. In the scaled network it receives K/10 synapses of weight J·sqrt(10), and the constant
current (1 - sqrt(1/10))·K·J·r·tau_syn. Synapses of the full network are whole numbers, as in a model
file.
"""

import numpy as np

NEURONS, IN_DEGREES = 0.1, 0.1
sizes = np.array([20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948])
rates = np.array([0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829])  # Hz
external = np.array([1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100])
# Rows are targets, columns are sources.
probabilities = np.array(
    [
        [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0],
        [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0],
        [0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0.0],
        [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0],
        [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0],
        [0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0.0],
        [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
        [0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443],
    ]
)
drive_rate, tau_syn = 8.0, 0.5  # Hz, ms
excitatory = 87.80849352920843  # pA, for a peak of 0.15 mV

weights = np.where(np.arange(8) % 2 == 0, excitatory, -4 * excitatory) * np.ones((8, 1))
weights[0, 2] *= 2
pairs = sizes[:, None] * sizes[None, :]
synapses = np.rint(np.log1p(-probabilities) / np.log1p(-1 / pairs))

charge = tau_syn / 1000  # pA·s for a weight of 1 pA
lost = 1 - np.sqrt(IN_DEGREES)
recurrent = lost * charge * (synapses / sizes[:, None] * weights) @ rates
drives = lost * charge * external * drive_rate * excitatory
direct = charge * external * drive_rate * excitatory
print("Poisson drives:", (recurrent + drives).tolist())
print("constant input:", (recurrent + direct).tolist())
# Halves are rounded up, as in model files.
print("sizes:", np.floor(sizes * NEURONS + 0.5).astype(int).tolist())
print("synapses:", np.rint(synapses * NEURONS * IN_DEGREES).astype(int).sum(axis=1).tolist())
print("largest weight:", np.max(weights) / np.sqrt(IN_DEGREES))
