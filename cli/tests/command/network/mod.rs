//! Networks in model files.

mod against_brian2;
mod against_nest;
mod inputs;
mod microcircuit;
mod mistakes;
mod results;
mod scale;
mod without_spikes;

/// Two groups, with every kind of connectivity, receptor, input and initial value.
pub(crate) const ALL: &str = "
steps = 300
seed = 5
[[group]]
name = 'E'
kind = 'TraubMiles'
size = 40
current = 150.0
noise = 30.0
[group.initial]
V = { uniform = [-65.0, -55.0] }
ge = { normal = [40.0, 15.0] }
[group.parameters]
V_T = -62.5
[[group.receptor]]
name = 'ge'
tau = 5.0
reversal = 0.0
[[group.receptor]]
name = 'gi'
tau = 10.0
reversal = -80.0
[[group.receptor]]
name = 'nmda'
kind = 'graded'
magnesium = 1.0
reversal = 1.0
[[group.receptor]]
name = 'gap'
kind = 'gap'
[[group.poisson]]
receptor = 'ge'
rate = 300.0
weight = 5.0
[[group]]
name = 'I'
kind = 'LIF'
size = 10
input = true
parameters = { V_rest = -60.0, V_reset = -65.0, V_th = -50.0, tau_ref = 2.0 }
initial = { V = -60.0 }
receptor = [{ name = 'x', kind = 'alpha', tau = 3.0 }, { name = 'd', kind = 'dual_exponential', tau_rise = 0.5, tau = 3.0 }, { name = 'kick', variable = 'V' }, { name = 'g', tau = 3.0, reversal = 0.0 }]
[[projection]]
name = 'EE'
from = 'E[0..30]'
to = 'E.ge'
connect = { kind = 'fixed_prob', p = 0.2 }
autapses = false
weight = { uniform = [2.0, 8.0] }
delay = { uniform = [0.5, 3.0] }
[[projection]]
name = 'EI'
from = 'E'
to = 'I[2..10].kick'
connect = { kind = 'fixed_num_post', num = 3 }
weight = 4.0
delay = 1.5
[[projection]]
name = 'EIx'
from = 'E'
to = 'I.x'
connect = { kind = 'fixed_num_pre', num = 7 }
weight = 2.0
kinetics = 'stp'
parameters = { U = 0.5, tau_f = 30.0 }
initial = { u = 0.25, x = { uniform = [0.5, 1.0] } }
[[projection]]
name = 'EN'
from = 'E'
to = 'E.nmda'
connect = { kind = 'fixed_num_pre', num = 4 }
weight = 0.5
kinetics = 'nmda'
[[projection]]
name = 'EIg'
from = 'E[0..10]'
to = 'I.g'
connect = { kind = 'one_to_one' }
weight = 0.05
[[projection]]
name = 'EG'
from = 'E'
to = 'E.gap'
connect = { kind = 'fixed_num_pre', num = 5 }
weight = 0.25
[[projection]]
name = 'IE'
from = 'I'
to = 'E.gi'
connect = { kind = 'all_to_all' }
weight = 3.0
stdp = { max = 9.0, tau_post = 30.0 }
";
