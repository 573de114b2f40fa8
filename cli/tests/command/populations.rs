//! Variables of populations: `--out-vars E.V` of a population `E` that a model file names.

use crate::support::Place;
use ndarray::{Axis, s};

/// A group of ten neurons, of which `E` and `I` are parts, and a group by itself.
const MODEL: &str = "steps = 300\n[populations]\nE = 'P[0..7]'\nI = 'P[7..10]'\n\
                     [[group]]\nname = 'P'\nkind = 'LIF'\nsize = 10\ncurrent = 22.0\nnoise = 2.0\n\
                     [group.initial]\nV = { uniform = [0.0, 15.0] }\n[[group.receptor]]\nname = 'ge'\ntau = 5.0\n\
                     [[group]]\nname = 'Q'\nkind = 'LIF'\nsize = 2\n\
                     [[projection]]\nname = 'C'\nfrom = 'E'\nto = 'P.ge'\nconnect = { kind = 'all_to_all' }\nweight = 0.5\n";

fn place() -> Place {
    let place = Place::new();
    place.write("m.toml", MODEL);
    place
}

/// The arrays have the names that were asked for, and the values of the group's neurons.
#[test]
fn a_population_is_recorded_under_its_own_name() {
    let place = place();
    place.ok("run m.toml --out-vars E.V,I.V[0,2],E.ge[1..3],P.V,Q.V,I.spike:events,P.spike:events --out a.npz --quiet");
    let a = place.read("a.npz");
    let v = &a["P.V"];
    assert_eq!((a["E.V"].shape(), a["I.V"].shape(), a["E.ge"].shape()), (&[300, 7][..], &[300, 2][..], &[300, 2][..]));
    assert_eq!(a["E.V"], v.slice_axis(Axis(1), (0..7).into()).to_owned());
    assert_eq!(a["I.V"], v.select(Axis(1), &[7, 9]));
    place.ok("run m.toml --out-vars P.ge --out b.npz --quiet");
    assert_eq!(a["E.ge"], place.read("b.npz")["P.ge"].slice(s![.., 1..3]).to_owned().into_dyn());
    assert!(a["E.ge"].iter().any(|x| *x > 0.0));
    // The units of events count in the group, as those of `spike_i` do.
    let all: Vec<f64> = a["P.spike_unit"].iter().copied().filter(|unit| *unit >= 7.0).collect();
    assert!(!all.is_empty() && a["I.spike_unit"].iter().copied().eq(all));
    // The same from the model file, streamed, in a batch and scaled.
    place.write("f.toml", format!("out_vars = ['E.V', 'I.V[0,2]']\n{MODEL}"));
    place.ok("run f.toml --out f.npz --stream --quiet");
    assert_eq!((&place.read("f.npz")["E.V"], &place.read("f.npz")["I.V"]), (&a["E.V"], &a["I.V"]));
    place.ok("run f.toml --batch 3 --out f.npz --quiet");
    assert_eq!(place.read("f.npz")["E.V"].shape(), [300, 3, 7]);
    let scaled = MODEL.replace("'all_to_all'", "'fixed_num_post', num = 3");
    place.write("s.toml", scaled);
    place.ok("run s.toml --scale 2 --out-vars E.V,I.V[5] --out f.npz --quiet");
    assert_eq!(place.read("f.npz")["E.V"].shape(), [300, 14]);
}

#[test]
fn columns_count_from_the_first_neuron_of_the_population() {
    let place = place();
    place.ok("run m.toml --steps 3 --out-vars I.V,I.ge[1,2] --out a.csv --quiet");
    let text = std::fs::read_to_string(place.path("a.csv")).unwrap();
    assert!(text.starts_with("ts,I.V[0],I.V[1],I.V[2],I.ge[1],I.ge[2]\n"), "{text}");
    place.ok("run m.toml --steps 3 --out-vars P.V --out p.npz --quiet");
    let v = place.read("p.npz")["P.V"].clone();
    let line = text.lines().nth(2).unwrap().split(',').map(|x| x.parse::<f64>().unwrap()).collect::<Vec<_>>();
    assert_eq!(line[1..4].iter().map(|x| *x as f32).collect::<Vec<_>>(), [7, 8, 9].map(|n| v[[1, n]] as f32));
}

/// A checkpoint keeps the names, and a picture shows them: of the run, and of its file.
#[test]
fn checkpoints_and_pictures_have_populations() {
    let place = place();
    let run = "run m.toml --out-vars E.V[0..2],I.V[0..2],P.ge --plot a.svg --quiet";
    place.ok(&format!("{run} --out whole.npz"));
    let picture = std::fs::read_to_string(place.path("a.svg")).unwrap();
    // Neurons count from the first of the population or group that the panel names.
    for text in ["E.V (mV)", "I.V (mV)", "P.ge", "neuron 0\n", "neuron 1\n", "neuron 1 (E)"] {
        assert!(picture.contains(text), "{text}");
    }
    assert!(!picture.contains("neuron 7"));
    place.ok("plot whole.npz --model m.toml --out-vars E.V[0..2],I.V[0..2],P.ge -o b.svg --quiet");
    assert!(std::fs::read_to_string(place.path("b.svg")).unwrap() == picture);
    place.ok(&format!("{run} --out again.npz --checkpoint c.safetensors --checkpoint-every 11"));
    std::fs::remove_file(place.path("again.npz")).unwrap();
    std::fs::remove_file(place.path("m.toml")).unwrap();
    place.ok("resume c.safetensors --quiet");
    assert_eq!(place.read("whole.npz"), place.read("again.npz"));
    assert!(std::fs::read_to_string(place.path("a.svg")).unwrap() == picture);
    // Whole populations, of which the file says the units, and panels by name.
    place.write("m.toml", MODEL);
    place.ok("run m.toml --out-vars E.V,I.V --out all.npz --plot a.svg --plot-panels I.V,E.V[3] --quiet");
    let picture = std::fs::read_to_string(place.path("a.svg")).unwrap();
    assert!(picture.contains("neuron 2\n") && picture.contains("E.V (mV)"));
    place.ok("plot all.npz --model m.toml -o b.svg --plot-panels I.V,E.V[3] --quiet");
    assert!(std::fs::read_to_string(place.path("b.svg")).unwrap() == picture);
    place.ok("plot all.npz -o plain.svg --plot-panels I.V --quiet");
}

#[test]
fn wrong_names_and_units_have_advice() {
    let place = place();
    for (vars, says) in [
        ("X.V", "`X.V`: no group or population named `X`; there is: P, Q, E, I"),
        ("PP.V", "no group or population named `PP`"),
        ("E.v", "no variable named `E.v`"),
        ("E.W", "no variable named `E.W`; there is: E.V, E.spike, E.refractory, E.ge"),
        ("E.spikes", "(did you mean `E.spike`?)"),
        ("E.V[0..8]", "`E.V` has 7 units, and no unit 7"),
        ("I.V[3]", "`I.V` has 3 units, and no unit 3"),
        ("E.V[9..4294967295]", "picks too many units"),
        ("E.V,E.V[0]", "named twice"),
        ("E.flight", "only a whole group has `flight`; write P.flight"),
        ("E.V:histogram", "a histogram has all units of a group; write P.V:histogram"),
        ("P.W", "no variable named `P.W`"),
        ("C.w", "no variable named `C.w`"),
        ("E", "no variable named `E`"),
    ] {
        let said = place.fails(2, &format!("run m.toml --steps 2 --out-vars {vars}"));
        assert!(said.contains(says) && said.lines().count() == 1, "{vars}: {said}");
    }
    let said = place.fails(2, "run m.toml --steps 2 --plot a.png --plot-panels X.V");
    assert!(said.contains("plot.panels") && said.contains("no group or population named `X`"), "{said}");
    place.write("f.toml", format!("out_vars = ['X.V']\n{MODEL}"));
    let said = place.fails(2, "run f.toml");
    assert!(said.contains("f.toml") && said.contains("no group or population named `X`"), "{said}");
    // Without populations only groups are known.
    place.write("n.toml", "[[group]]\nname = 'P'\nkind = 'LIF'\n");
    assert!(place.fails(2, "run n.toml --steps 2 --out-vars X.V").contains("no group named `X`; there is: P"));
}
