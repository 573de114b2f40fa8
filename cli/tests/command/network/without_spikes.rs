//! A group whose text of equations has no spikes.

use crate::support::Place;

const RATES: &str = "
duration = 5.0
out_vars = ['rates.x', 'cells.s']
[[group]]
name = 'rates'
size = 3
current = 1.0
equations = '''
input I
x' = (I - x)/10
'''
[[group]]
name = 'cells'
kind = 'LIF'
size = 2
receptor = [{ name = 's', kind = 'graded' }]
[[projection]]
name = 'p'
from = 'rates'
to = 'cells.s'
connect = { kind = 'all_to_all' }
kinetics = { equations = '''
state y = 0.5
transmit y
''' }
";

#[test]
fn a_network_has_a_group_that_never_spikes() {
    let place = Place::new();
    place.write("net.toml", RATES);
    place.ok("run net.toml --out out.npz --plot out.png --quiet");
    let out = place.read("out.npz");
    assert!(out["rates.x"].iter().skip(3).all(|x| *x > 0.0));
    assert!(out["cells.s"].iter().all(|s| *s == 1.5));
    assert_eq!(out["rates.spike_i"].len(), 0);
    place.ok("run net.toml --spikes spikes.csv --quiet");
}
