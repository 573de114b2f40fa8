//! Pictures of some units: each curve has the values and the name of its unit, in a run and in
//! `overtime plot`.

use crate::support::Place;
use ndarray::{ArrayD, arr1};
use std::collections::BTreeMap;

/// A group of ten neurons, of which `E` and `I` are parts.
const MODEL: &str = "steps = 200\n[populations]\nE = 'P[0..7]'\nI = 'P[7..10]'\n[[group]]\nname = 'P'\nkind = 'LIF'\nsize = 10\n\
                     current = 30.0\nnoise = 2.0\n[group.initial]\nV = { uniform = [0.0, 15.0] }\n[[group.receptor]]\n\
                     name = 'ge'\ntau = 5.0\n[[projection]]\nname = 'S'\nfrom = 'E'\nto = 'P.ge'\n\
                     connect = { kind = 'all_to_all' }\nweight = 0.1\nstdp = { max = 0.2 }\n";

fn place() -> Place {
    let place = Place::new();
    place.write("m.toml", MODEL);
    place
}

fn svg(place: &Place, name: &str) -> String {
    std::fs::read_to_string(place.path(name)).unwrap()
}

/// The longest line of this colour: its points, in pixels from above.
fn curve(svg: &str, colour: &str) -> Vec<(i32, i32)> {
    let point = |pair: &str| pair.split_once(',').map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()));
    let lines = svg.split("<polyline").filter(|line| line.contains(&format!("stroke=\"{colour}\"")));
    let points = lines.filter_map(|line| line.split("points=\"").nth(1)?.split('"').next());
    let all = points.map(|points| points.split_whitespace().filter_map(point).collect::<Vec<_>>());
    all.max_by_key(Vec::len).unwrap_or_default()
}

/// Names in legends, in the order of their drawing, with the colour of the line beside each.
fn legends(svg: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for part in svg.split("<text").skip(1) {
        let text = part.split_once('>').unwrap().1.split("</text>").next().unwrap().trim().to_owned();
        let stroke = part.split("stroke=\"").nth(1).and_then(|rest| rest.split('"').next());
        if let Some(stroke) = stroke.filter(|_| ["neuron ", "column ", "synapse "].iter().any(|w| text.starts_with(w)))
        {
            all.push((text, stroke.to_owned()));
        }
    }
    all
}

/// The picture of a file is that of the run: units in any order, twice, of populations and of
/// batches of which rows, units and steps are equally many.
#[test]
fn a_picture_of_a_file_has_the_curves_of_the_run() {
    let place = place();
    let lif = "lif --size 4 --input 30";
    for (system, flags, vars) in [
        ("hh", "--input 5", "V[1,0],m,input"),
        ("hh", "--input 5", "V[9..12,1,0],m[11,2],h[3]"),
        (lif, "--batch 4 --first-axis B --steps 4", "V[2,0]"),
        (lif, "--batch 2 --first-axis B", "V[2,0,2],refractory[1,0]"),
        (lif, "--batch 3", "V[3,1,2]"),
        (lif, "--dt 0.05 --t0 -20", "V[1,0,1]"),
        ("m.toml", "", "P.V[3,1]"),
        ("m.toml", "", "P.V[3,1,3,0..3],P.ge[9]"),
        ("m.toml", "", "I.V[2,0],E.V[5..7,1]"),
        ("m.toml", "", "S.w[12,3],S.w:histogram,P.V,S.pre"),
    ] {
        let size = if system == "hh" { "--size 12" } else { "" };
        let steps = if flags.contains("--steps") { "" } else { "--steps 200" };
        // The whole array gives a histogram, and some units do not.
        let drawn = vars.replace("S.w[12,3],S.w:h", "S.w,S.w:h");
        place.ok(&format!("run {system} {size} {flags} {steps} --out-vars {drawn} --out a.npz --plot a.svg --quiet"));
        let model = system.split(' ').next().unwrap();
        let input = if system == lif { "--input 30" } else { "" };
        let axis = if flags.contains("--first-axis") { "--first-axis B" } else { "" };
        let flags = if flags.starts_with("--input") { flags } else { "" };
        place.ok(&format!("plot a.npz --model {model} {flags} {input} {axis} --out-vars {drawn} -o b.svg --quiet"));
        assert!(svg(&place, "a.svg") == svg(&place, "b.svg"), "{system} {flags} {drawn}");
    }
    // Layers, as curves and as a heat map.
    let layers = crate::support::root().join("examples/models/lstm_layers.toml").display().to_string();
    let vars = "lstm.l0.h[3,1],lstm.l1.c[7,0,7,1..6]";
    place.ok(&format!("run {layers} --out-vars {vars} --out a.npz --plot a.svg --quiet"));
    place.ok(&format!("plot a.npz --model {layers} --out-vars {vars} -o b.svg --quiet"));
    assert!(svg(&place, "a.svg") == svg(&place, "b.svg"));
    // The pixels too.
    place.ok("run m.toml --out-vars P.V[3,1] --out a.npz --plot a.png --quiet");
    place.ok("plot a.npz --model m.toml --out-vars P.V[3,1] -o b.png --quiet");
    assert_eq!(std::fs::read(place.path("a.png")).unwrap(), std::fs::read(place.path("b.png")).unwrap());
}

/// The values themselves: neuron 3 rises and neuron 1 falls.
#[test]
fn columns_belong_to_the_units_that_were_recorded() {
    let place = Place::new();
    let ts: Vec<f64> = (0..50).map(|k| f64::from(k) * 0.1).collect();
    let values = |k: usize, column: usize| if column == 0 { k as f64 } else { 49.0 - k as f64 };
    let v = ArrayD::from_shape_fn(vec![50, 2], |at| values(at[0], at[1]));
    place.npz("a.npz", &[("ts", arr1(&ts).into_dyn()), ("output", ArrayD::zeros(vec![50, 4])), ("V", v)]);
    let rises = |svg: &str, name: &str| {
        let legends: BTreeMap<String, String> = legends(svg).into_iter().collect();
        let points = curve(svg, &legends[name]);
        points.first().unwrap().1 > points.last().unwrap().1
    };
    for (vars, neurons) in [("V[3,1]", ["neuron 3", "neuron 1"]), ("V[0,2]", ["neuron 0", "neuron 2"])] {
        place.ok(&format!("plot a.npz --model lif --out-vars {vars} --plot-panels V -o a.svg --quiet"));
        let svg = svg(&place, "a.svg");
        assert!(rises(&svg, neurons[0]) && !rises(&svg, neurons[1]), "{vars}");
    }
    // Without a model the units are not known.
    place.ok("plot a.npz --plot-panels V -o a.svg --quiet");
    let plain = svg(&place, "a.svg");
    assert!(rises(&plain, "column 0") && !rises(&plain, "column 1"));
    for (panel, says) in [
        ("V[2]", "`V` has 2 columns in the file, and no column 2"),
        ("V:histogram", "give --model"),
        ("V:events", "give --model"),
        ("V[", "plot.panels: `V[` has no closing bracket"),
    ] {
        let said = place.fails(2, &format!("plot a.npz -o b.svg --plot-panels {panel}"));
        assert!(said.contains(says) && !place.path("b.svg").exists(), "{panel}: {said}");
    }
}

/// Panels name units by the group or by the population, whichever of the two was recorded. Missing
/// units are left out, and the command says which.
#[test]
fn what_was_not_recorded_is_left_out_and_named() {
    let place = place();
    place.ok("run m.toml --out-vars I.V[1,0],E.ge --out a.npz --plot run.svg --plot-panels rate,P.V[8] --quiet");
    let plot = |panels: &str| {
        let output =
            place.run(&format!("plot a.npz --model m.toml --out-vars I.V[1,0],E.ge -o a.svg --plot-panels {panels}"));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), said)
    };
    assert_eq!(plot("rate,P.V[8]"), (Some(0), "wrote a.svg\n".to_owned()));
    assert!(svg(&place, "a.svg") == svg(&place, "run.svg"));
    for (panels, left_out) in [
        ("P.V[2,8]", "`P.V[2]`"),
        ("I.V[2,1]", "`I.V[2]`"),
        ("P.V,I.V", "`P.V[0,1,2,3,4]`"),
        ("rate,P.refractory", "`P.refractory`"),
        ("P.ge[0..9]", ""),
        ("P.ge[6,7,8]", "`P.ge[7,8]`"),
        ("I.V,S.pre:histogram,S.w[3]", "`S.pre:histogram`, `S.w`"),
        ("I.V,P.refractory:histogram", "`P.refractory:histogram`"),
    ] {
        let (code, said) = plot(panels);
        let warns = said.contains(&format!("warning: the picture has no {left_out}: a.npz does not have the values\n"));
        assert!(code == Some(0) && (warns || left_out.is_empty()), "{panels}: {said}");
        assert!(said.lines().count() == if left_out.is_empty() { 1 } else { 2 }, "{panels}: {said}");
    }
    let (_, quiet) = plot("P.V[2,8] --quiet");
    assert_eq!(quiet, "");
    for (panels, says) in [
        ("I.V[2]", "no panel is left: the file has no values of `I.V[2]`; it has `I.V[1,0]`, `E.ge`"),
        ("I.V[3]", "`I.V` has 3 units, and no unit 3"),
        ("P.V[10]", "`P.V` has 10 units, and no unit 10"),
        ("E.W", "no panel named `E.W`"),
        ("X.V", "no group or population named `X`; there is: P, E, I"),
    ] {
        let (code, said) = plot(panels);
        assert!(code == Some(2) && said.contains(says), "{panels}: {said}");
    }
    // A model asks for variables that were not recorded, and the file has the input of another run.
    place.ok("run lif --size 2 --input 30 --steps 50 --out-vars V --out b.npz --quiet");
    let output = place.run("plot b.npz --model lif --out-vars V,refractory --plot-panels V,refractory,input -o b.svg");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("the picture has no `refractory`, `input` (give --input):"), "{said}");
}

/// Panels may show one variable several times, and a unit has the same colour in all of them.
#[test]
fn several_panels_of_a_variable_agree_on_colours() {
    let place = place();
    let look = "--plot-panels rate,P.V[1,0],P.V[0,1],P.ge[9,1],P.V[7],I.V[0,2],S.w[4,2],S.w[2]";
    place.ok(&format!("run m.toml --out-vars P.V,P.ge,S.w --out a.npz --plot a.svg {look} --quiet"));
    place.ok(&format!("plot a.npz --model m.toml -o b.svg {look} --quiet"));
    let picture = svg(&place, "a.svg");
    assert!(picture == svg(&place, "b.svg"));
    let legends = legends(&picture);
    let names: Vec<&str> = legends.iter().map(|(name, _)| name.as_str()).collect();
    // From right to left. Neurons of a population count from its first.
    let expected = [
        ["neuron 0 (E)", "neuron 1 (E)"],
        ["neuron 1 (E)", "neuron 0 (E)"],
        ["neuron 1 (E)", "neuron 9 (I)"],
        ["neuron 7 (I)", "neuron 2"],
        ["neuron 0", "synapse 2"],
        ["synapse 4", "synapse 2"],
    ];
    assert_eq!(names, expected.concat());
    let mut colours: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, colour) in &legends {
        // I.V[0] and I.V[2] are P.V[7] and P.V[9].
        let name = match name.as_str() {
            "neuron 0" => "neuron 7 (I)",
            "neuron 2" => "neuron 9 (I)",
            other => other,
        };
        assert_eq!(colours.entry(name).or_insert(colour), colour, "{name}");
    }
    let different: std::collections::BTreeSet<&str> = colours.values().copied().collect();
    assert_eq!((colours.len(), different.len()), (6, 6), "{colours:?}");
    // A group alone: more units than colours.
    place.ok("run lif --size 12 --input 30 --steps 50 --plot c.svg --plot-panels V[1,0],V[5,6,7,8,9],refractory[9,0,1] --quiet");
    let legends = self::legends(&svg(&place, "c.svg"));
    let colours: BTreeMap<_, _> = legends.iter().cloned().collect();
    assert!(legends.iter().all(|(name, colour)| colours[name] == *colour), "{legends:?}");
    let different: std::collections::BTreeSet<_> = colours.values().collect();
    assert_eq!((legends.len(), colours.len(), different.len()), (10, 7, 7), "{legends:?}");
    // The same text twice is an error.
    for panels in ["P.V,P.V", "P.V[0,1],rate,P.V[0,1]"] {
        assert!(place.fails(2, &format!("run m.toml --plot d.svg --plot-panels {panels}")).contains("named twice"));
    }
}
