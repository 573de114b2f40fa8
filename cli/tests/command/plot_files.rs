//! `overtime plot`: files of other programs.

use crate::support::Place;
use ndarray::{ArrayD, arr1};
use std::time::{Duration, Instant};

fn array(values: &[f64]) -> ArrayD<f64> {
    arr1(values).into_dyn()
}

fn ts(steps: usize, between: f64) -> (&'static str, ArrayD<f64>) {
    ("ts", ArrayD::from_shape_fn(vec![steps], |k| k[0] as f64 * between))
}

fn output(shape: &[usize]) -> (&'static str, ArrayD<f64>) {
    ("output", ArrayD::zeros(shape))
}

/// The picture has steps of one length, and cannot show other times.
#[test]
fn times_that_are_not_evenly_spaced_are_an_error() {
    let place = Place::new();
    place.npz("gap.npz", &[("ts", array(&[0.0, 0.1, 0.2, 1.3, 1.4])), output(&[5, 2])]);
    place.npz("slow.npz", &[("ts", array(&[0.0, 0.1, 0.3, 0.7, 1.5])), output(&[5, 2])]);
    // Times in f32, which are not exact.
    let rounded = ArrayD::from_shape_fn(vec![50], |k| f64::from(1000.0_f32 + 0.1_f32 * k[0] as f32));
    place.npz("f32.npz", &[("ts", rounded), output(&[50, 2])]);
    for model in ["", "--model lif --input 1"] {
        let said = place.fails(5, &format!("plot gap.npz {model}"));
        assert!(said.contains("number 1 is 0.1 ms after number 0, and number 3 is 1.1 ms after number 2"), "{said}");
        assert!(place.fails(5, &format!("plot slow.npz {model}")).contains("not evenly spaced"));
        place.ok(&format!("plot f32.npz {model} --quiet"));
    }
}

#[test]
fn names_of_arrays_may_have_brackets_and_colons() {
    let place = Place::new();
    let odd = ["V[0]", "a:b", "c,d", "x["].map(|name| (name, ArrayD::zeros(vec![9, 2])));
    place.npz("a.npz", &[&[ts(9, 0.1), output(&[9, 2])], &odd[..]].concat());
    place.ok("plot a.npz -o a.svg --quiet");
    let svg = std::fs::read_to_string(place.path("a.svg")).unwrap();
    assert!(odd.iter().all(|(name, _)| svg.contains(&format!("\n{name}\n"))));
    place.ok("plot a.npz -o b.svg --plot-panels V[0],a:b --quiet");
    let said = place.fails(2, "plot a.npz -o c.svg --plot-panels V[1]");
    assert!(said.contains("no panel named `V[1]`") && said.contains("there is: output, V[0], a:b, c,d, x["), "{said}");
}

#[test]
fn lists_of_spikes_are_checked() {
    let place = Place::new();
    let two = |a: f64, b: f64| array(&[a, b]);
    let (step, i) = (("spike_step", two(1.0, 2.0)), ("spike_i", two(0.0, 3.0)));
    let file = |name: &str, lists: &[(&str, ArrayD<f64>)]| {
        place.npz(name, &[&[ts(50, 0.1), output(&[50, 4])], lists].concat());
    };
    file("half.npz", &[step.clone(), ("spike_i", two(1.0, 3.5))]);
    file("part.npz", &[("spike_step", two(1.0, 2.5)), i.clone()]);
    file("steps.npz", std::slice::from_ref(&step));
    file("units.npz", &[("spike_unit", two(1.0, 2.0))]);
    for (name, says) in [
        ("half.npz", "whole numbers"),
        ("part.npz", "whole numbers"),
        ("steps.npz", "it has `spike_step`, and no `spike_i`"),
        ("units.npz", "it has `spike_unit`, and no `spike_step`"),
    ] {
        for model in ["", "--model lif"] {
            let said = place.fails(5, &format!("plot {name} {model}"));
            assert!(said.contains(says), "{name} {model}: {said}");
        }
    }
    // Spikes that cannot be of this run are named.
    file("good.npz", &[step.clone(), i.clone()]);
    file("unit.npz", &[step.clone(), ("spike_i", two(1.0, 4.0))]);
    file("step.npz", &[("spike_step", two(49.0, 50.0)), i.clone()]);
    file("row.npz", &[step, i, ("spike_row", two(0.0, 1.0))]);
    for (name, strangers) in [("good.npz", 0), ("unit.npz", 1), ("step.npz", 1), ("row.npz", 1)] {
        let output = place.run(&format!("plot {name} --model lif --input 1"));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let warns =
            said.contains(&format!("{name} lists {strangers} spikes of neurons, rows or steps that the run does"));
        assert!(output.status.success() && warns == (strangers > 0), "{name}: {said}");
    }
    place.npz("rows.npz", &[ts(50, 0.1), output(&[50, 3, 4]), ("V", ArrayD::zeros(vec![50, 7, 4]))]);
    let said = place.fails(5, "plot rows.npz --model lif --input 1");
    assert!(said.contains("`V` has 7 batch rows, and `output` has 3"), "{said}");
}

/// A constant input of 10⁹ steps is drawn by bins, not by steps.
#[test]
fn recorded_steps_may_be_far_apart() {
    let place = Place::new();
    place.npz("far.npz", &[ts(11, 1e7), output(&[11, 4])]);
    let begun = Instant::now();
    place.ok("plot far.npz --model lif --input 3 --plot-panels input -o far.svg --quiet");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert!(std::fs::read_to_string(place.path("far.svg")).unwrap().contains("<polyline"));
}

/// The raster of bits is the raster of events.
#[test]
fn bits_have_a_raster() {
    let place = Place::new();
    let run = "run hh --size 11 --input 10 --duration 50 --batch 2 --quiet";
    place.ok(&format!("{run} --out-vars spike:events --out a.npz"));
    let picture = |arrays: &[(&str, ArrayD<f64>)], name: &str| {
        place.npz(&format!("{name}.npz"), arrays);
        place.ok(&format!("plot {name}.npz --plot-title same -o {name}.svg --quiet"));
        std::fs::read_to_string(place.path(&format!("{name}.svg"))).unwrap()
    };
    let clock = |from: &std::collections::BTreeMap<String, ArrayD<f64>>| {
        ["ts", "t", "i"].map(|name| (name, from[name].clone()))
    };
    let (events, expected) = (place.read("a.npz"), ["spike_step", "spike_row", "spike_unit"]);
    let expected = picture(&[&clock(&events)[..], &expected.map(|name| (name, events[name].clone()))].concat(), "e");
    for axis in ["T", "B"] {
        place.ok(&format!("{run} --out-vars spike:bits --first-axis {axis} --out b.npz"));
        let bits = place.read("b.npz");
        let own = ["spike_bits", "spike_units"].map(|name| (name, bits[name].clone()));
        assert!(picture(&[&clock(&bits)[..], &own].concat(), "b") == expected, "{axis}");
    }
    // Bits of some steps are no raster, and other bytes than those of the units are an error.
    place.ok(&format!("{run} --out-vars spike:bits --record-every 3 --out c.npz"));
    let said = place.fails(2, "plot c.npz -o c.svg --plot-panels spike");
    assert!(said.contains("no panel named `spike`"), "{said}");
    let mut bits = place.read("b.npz");
    bits.insert("spike_units".to_owned(), ndarray::arr0(30.0).into_dyn());
    place.npz("d.npz", &bits.iter().map(|(name, array)| (name.as_str(), array.clone())).collect::<Vec<_>>());
    assert!(place.fails(5, "plot d.npz -o d.svg").contains("does not have the bits of 30 units"));
}
