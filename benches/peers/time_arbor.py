"""Times Arbor 0.12.2 (float64) on Hodgkin-Huxley cells of one compartment.

The names are those of benches/loop_over_time.rs. The mechanism is `hh` of the default catalogue. The
cells have no input and no connections, and nothing is recorded. A step is 0.1 ms. A group has 1,000
cells, which was the fastest of 100, 500, 1,000, 2,500 and 5,000 cells on two threads.
"""
import arbor
from arbor import units

import timing

STEPS = 1000


class Cells(arbor.recipe):
    """Cells of one compartment each."""

    def __init__(self, size):
        arbor.recipe.__init__(self)
        tree = arbor.segment_tree()
        tree.append(arbor.mnpos, arbor.mpoint(-3, 0, 0, 3), arbor.mpoint(3, 0, 0, 3), tag=1)
        decor = arbor.decor().paint("(all)", arbor.density("hh"))
        self.size = size
        self.cell = arbor.cable_cell(tree, decor, discretization=arbor.cv_policy_single())
        self.properties = arbor.neuron_cable_properties()

    def num_cells(self):
        return self.size

    def cell_kind(self, _):
        return arbor.cell_kind.cable

    def cell_description(self, _):
        return self.cell

    def global_properties(self, _):
        return self.properties


def cells(size, cores):
    recipe, context = Cells(size), arbor.context(threads=cores)
    hints = {arbor.cell_kind.cable: arbor.partition_hint(cpu_group_size=1000)}
    simulation = arbor.simulation(recipe, context, arbor.partition_load_balance(recipe, context, hints))

    def run():
        simulation.reset()
        simulation.run(STEPS * 0.1 * units.ms, 0.1 * units.ms)

    return run


def main():
    args = timing.parser(__doc__).parse_args()
    print(f"Arbor is built for {arbor.config()['arch']}, vectorised: {arbor.config()['vectorize']}")
    cases = [((f"hh f64/n={n} T={STEPS} none",), lambda n=n: cells(n, args.cores)) for n in (10_000, 100_000)]
    timing.write(timing.measure(cases, args), args)


main()
