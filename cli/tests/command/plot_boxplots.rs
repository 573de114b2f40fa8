//! Rasters of several populations, and box plots.

use crate::support::Place;
use serde_json::Value;
use std::collections::BTreeMap;

/// Two excitatory and two inhibitory groups, driven by Poisson spikes.
fn network(settings: &str) -> String {
    let mut text = format!("dt = 0.1\nduration = 300.0\nseed = 5\n{settings}\n");
    for (name, size) in [("E1", 80), ("I1", 20), ("E2", 40), ("I2", 10)] {
        text += &format!(
            "[[group]]\nname = '{name}'\nkind = 'LIF'\nsize = {size}\nparameters = {{ tau_ref = 2.0 }}\n\
             [[group.receptor]]\nname = 's'\nvariable = 'V'\n[[group.poisson]]\nreceptor = 's'\nrate = 4000.0\nweight = 0.5\n"
        );
    }
    for (from, to, weight) in [("E1", "E2", 0.3), ("E2", "E1", 0.3), ("I1", "E1", -0.5), ("I2", "E2", -0.5)] {
        text += &format!(
            "[[projection]]\nname = '{from}{to}'\nfrom = '{from}'\nto = '{to}.s'\n\
             connect = {{ kind = 'fixed_prob', p = 0.2 }}\nweight = {weight}\n"
        );
    }
    text
}

const BOXES: &str = "rate_boxplot,cv_boxplot,correlation_boxplot";

fn read(place: &Place, name: &str) -> String {
    std::fs::read_to_string(place.path(name)).unwrap()
}

/// The texts of an SVG, each with the y of its place.
fn texts(svg: &str) -> Vec<(String, f64)> {
    let of = |rest: &str| {
        let (attributes, text) = rest.split_once('>')?;
        let y = attributes.split(" y=\"").nth(1)?.split('"').next()?.parse().ok()?;
        Some((text.split("</text>").next()?.trim().to_owned(), y))
    };
    svg.split("<text").skip(1).filter_map(of).collect()
}

fn names(svg: &str) -> Vec<String> {
    texts(svg).into_iter().map(|(text, _)| text).filter(|text| ["E1", "I1", "E2", "I2"].contains(&&**text)).collect()
}

/// The first population is at the top, each name stands beside it, and excitatory and inhibitory
/// populations have different colours.
#[test]
fn the_first_population_of_a_raster_is_at_the_top() {
    let place = Place::new();
    place.write("n.toml", network(""));
    place.ok("run n.toml --plot a.svg --plot-panels spike --quiet");
    let svg = read(&place, "a.svg");
    let places: BTreeMap<String, f64> = texts(&svg).into_iter().collect();
    let at = |name: &str| places[name];
    assert!(at("E1") < at("I1") && at("I1") < at("E2") && at("E2") < at("I2"), "{places:?}");
    // In proportion to the sizes: the middles of E1 and E2 are 80 of 150 neurons apart.
    let (first, third) = (at("E1"), at("E2"));
    let dots = |colour: &str| -> Vec<f64> {
        let is_dot = |rest: &&str| rest.contains(&format!("fill=\"{colour}\""));
        let circles = svg.split("<circle ").skip(1).filter(is_dot);
        circles.map(|rest| rest.split("cy=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap()).collect()
    };
    // Blue and its shade for E1 and E2; vermilion and its shade for I1 and I2.
    let [e1, i1, e2, i2] = ["#0072B2", "#D55E00", "#73B1D5", "#E8A673"].map(dots);
    let mean = |all: &[f64]| all.iter().sum::<f64>() / all.len() as f64;
    assert!(
        [&e1, &i1, &e2, &i2].iter().all(|all| all.len() > 5),
        "{} {} {} {}",
        e1.len(),
        i1.len(),
        e2.len(),
        i2.len()
    );
    assert!(mean(&e1) < mean(&i1) && mean(&i1) < mean(&e2) && mean(&e2) < mean(&i2));
    assert!((mean(&e1) - first).abs() < 0.15 * (third - first), "the name is beside the dots");
    // A source of spikes has a third colour.
    let source = "[[group]]\nname = 'T'\nkind = 'PoissonGroup'\nsize = 9\nparameters = { freqs = 50.0 }\n[[projection]]\n\
                  name = 'TE1'\nfrom = 'T'\nto = 'E1.s'\nconnect = { kind = 'all_to_all' }\n";
    place.write("t.toml", network("") + source);
    place.ok("run t.toml --plot t.svg --plot-panels spike --quiet");
    assert!(["#0072B2", "#D55E00", "#009E73"].iter().all(|colour| read(&place, "t.svg").contains(colour)));
    // Names that have a place beside the axis are not in a legend; the panel of rates has a legend.
    assert_eq!(names(&svg), ["E1", "I1", "E2", "I2"]);
    place.ok("run n.toml --plot a.svg --quiet");
    assert_eq!(names(&read(&place, "a.svg")).len(), 8);
    // Where some names have no place, a legend has all.
    place.ok("run n.toml --plot a.svg --plot-panels spike --plot-size 160x24 --plot-title= --quiet");
    assert!(names(&read(&place, "a.svg")).len() > 4);
    // A single group counts its neurons from below.
    place.ok("run lif --size 30 --input 30 --steps 300 --plot a.svg --plot-panels spike --quiet");
    let all = texts(&read(&place, "a.svg"));
    // The numbers of the axis of time stand below those of neurons.
    let at =
        |number: &str| all.iter().filter(|(text, _)| text == number).map(|(_, y)| *y).fold(f64::INFINITY, f64::min);
    assert!(at("0") > at("20") && at("20") > 0.0, "{all:?}");
}

/// The quartiles of the rates and CVs of a population follow from the spikes in its results.
#[test]
fn boxes_are_those_of_the_spikes_in_the_results() {
    let place = Place::new();
    place.write("n.toml", network(""));
    place.ok(&format!("run n.toml --out a.npz --plot a.svg --plot-panels spike,rate,{BOXES} --quiet"));
    let svg = read(&place, "a.svg");
    for text in ["rate (Hz)", "CV of intervals", "correlation coefficient", "time (ms)"] {
        assert!(texts(&svg).iter().any(|(own, _)| own == text), "{text}");
    }
    // The boxes stand side by side under one list of names, of which the raster and the rates have
    // another each.
    assert_eq!(names(&svg).len(), 12);
    let labels: Vec<f64> = texts(&svg)
        .iter()
        .filter(|(text, _)| ["CV of intervals", "correlation coefficient"].contains(&&**text))
        .map(|t| t.1)
        .collect();
    assert!(labels[0] == labels[1], "{labels:?}");
    // The picture of the file is the same, also if the file lists the spikes by neuron.
    place.ok(&format!("plot a.npz --model n.toml -o b.svg --plot-panels spike,rate,{BOXES} --quiet"));
    assert!(read(&place, "b.svg") == svg);
    let mut arrays = place.read("a.npz");
    for group in ["E1", "I1", "E2", "I2"] {
        let [steps, units] = ["step", "i"].map(|list| arrays[&format!("{group}.spike_{list}")].clone());
        let mut all: Vec<(u64, u64)> =
            units.iter().zip(&steps).map(|(unit, step)| (*unit as u64, *step as u64)).collect();
        all.sort_unstable();
        let list = |of: fn(&(u64, u64)) -> u64| ndarray::Array1::from_iter(all.iter().map(|x| of(x) as f64)).into_dyn();
        arrays.insert(format!("{group}.spike_i"), list(|x| x.0));
        arrays.insert(format!("{group}.spike_step"), list(|x| x.1));
    }
    place.npz("sorted.npz", &arrays.iter().map(|(name, array)| (name.as_str(), array.clone())).collect::<Vec<_>>());
    place.ok(&format!("plot sorted.npz --model n.toml -o b.svg --plot-panels {BOXES} --quiet"));
    place.ok(&format!("plot a.npz --model n.toml -o c.svg --plot-panels {BOXES} --quiet"));
    assert!(read(&place, "b.svg") == read(&place, "c.svg"));
    // Without the model the file does not have the number of neurons.
    let said = place.fails(2, "plot a.npz -o d.svg --plot-panels rate_boxplot");
    assert!(said.contains("`rate_boxplot` needs the model of the run: give --model"), "{said}");
}

/// A window, and without a window the start of the statistics, have boxes of their own.
#[test]
fn a_window_and_the_start_of_statistics_apply() {
    let place = Place::new();
    place.write("n.toml", network(""));
    place.write("late.toml", network("statistics_from = 100.0"));
    let drawn = |run: &str| {
        place.ok(&format!("{run} --plot a.svg --plot-panels {BOXES} --plot-title T --quiet"));
        read(&place, "a.svg")
    };
    let whole = drawn("run n.toml");
    let late = drawn("run n.toml --statistics-from 100");
    assert!(whole != late && late == drawn("run late.toml") && late == drawn("run n.toml --plot-window 100..300"));
    assert!(
        whole == drawn("run late.toml --plot-window 0..300") && whole == drawn("run late.toml --statistics-from -5")
    );
    place.ok("run late.toml --out a.npz --quiet");
    place.ok(&format!("plot a.npz --model late.toml -o b.svg --plot-panels {BOXES} --plot-title T --quiet"));
    assert!(read(&place, "b.svg") == late);
    place.ok(&format!(
        "plot a.npz --model n.toml --statistics-from 100 -o b.svg --plot-panels {BOXES} --plot-title T --quiet"
    ));
    assert!(read(&place, "b.svg") == late);
    // Rates and CVs of the table are those of the spikes from this time on, and counts are of all.
    let summary = |run: &str| -> Value { serde_json::from_str(&place.ok(&format!("{run} --json --quiet"))).unwrap() };
    let (all, counted) = (summary("run n.toml"), summary("run late.toml --out a.npz"));
    for key in ["spikes", "synaptic_events"] {
        assert_eq!(all[key], counted[key], "{key}");
    }
    let file = place.read("a.npz");
    for (k, (name, size)) in [("E1", 80.0), ("I1", 20.0), ("E2", 40.0), ("I2", 10.0)].into_iter().enumerate() {
        let (before, after) = (&all["populations"][k], &counted["populations"][k]);
        assert_eq!(before["spikes"], after["spikes"]);
        assert!(before["cv"] != after["cv"] && before["correlation"] != after["correlation"]);
        let late = file[&format!("{name}.spike_step")].iter().filter(|step| **step >= 1000.0).count() as f64;
        assert!((after["rate"].as_f64().unwrap() - late / size / 0.2).abs() <= 1e-9, "{name}: {after}");
        let [steps, units] = ["step", "i"].map(|list| &file[&format!("{name}.spike_{list}")]);
        let mut counts = vec![vec![0.0; 100]; size as usize];
        for (step, unit) in steps.iter().zip(units).filter(|(step, _)| **step >= 1000.0) {
            counts[*unit as usize][(*step as usize - 1000) / 20] += 1.0;
        }
        let right = mean_correlation(&counts);
        assert!((after["correlation"].as_f64().unwrap() - right).abs() <= 1e-12, "{name}: {after} {right}");
    }
    let text = place.ok("run late.toml");
    assert!(text.contains("Hz, CV of intervals ") && text.contains(", correlation "), "{text}");
}

/// The mean of Pearson's coefficients of the pairs whose counts vary.
fn mean_correlation(counts: &[Vec<f64>]) -> f64 {
    let deviations = |counts: &Vec<f64>| {
        let mean = counts.iter().sum::<f64>() / counts.len() as f64;
        let all: Vec<f64> = counts.iter().map(|count| count - mean).collect();
        let size = all.iter().map(|x| x * x).sum::<f64>().sqrt();
        (size > 1e-9).then(|| all.iter().map(|x| x / size).collect::<Vec<f64>>())
    };
    let all: Vec<Vec<f64>> = counts.iter().filter_map(deviations).collect();
    let (mut sum, mut pairs) = (0.0, 0.0);
    for (k, x) in all.iter().enumerate() {
        for y in &all[k + 1..] {
            sum += x.iter().zip(y).map(|(a, b)| a * b).sum::<f64>();
            pairs += 1.0;
        }
    }
    sum / pairs
}

/// Every checkpoint leads to the same boxes and the same table.
#[test]
fn boxes_and_tables_of_a_resumed_run_are_the_same() {
    let place = Place::new();
    for settings in ["statistics_from = 120.0", "", "batch = 2"] {
        place.write("n.toml", network(settings));
        for (every, panels) in [(50, BOXES), (70, "correlation_boxplot,spike")] {
            let run = format!("run n.toml --plot p.svg --plot-panels {panels} --json --quiet");
            let whole: Value = serde_json::from_str(&place.ok(&run)).unwrap();
            let picture = read(&place, "p.svg");
            place.ok(&format!("{run} --checkpoint c.safetensors --checkpoint-every {every}"));
            assert!(read(&place, "p.svg") == picture, "{settings}");
            std::fs::remove_file(place.path("p.svg")).unwrap();
            let resumed: Value = serde_json::from_str(&place.ok("resume c.safetensors --json --quiet")).unwrap();
            assert!(read(&place, "p.svg") == picture && resumed["steps_here"].as_u64() < Some(3000), "{settings}");
            for key in ["spikes", "populations", "synaptic_events"] {
                assert_eq!(whole[key], resumed[key], "{key}");
            }
        }
    }
    // A checkpoint before the statistics start.
    place.write("n.toml", network("statistics_from = 200.0"));
    place.ok(&format!(
        "run n.toml --plot p.svg --plot-panels {BOXES} --checkpoint c.safetensors --checkpoint-every 160 --quiet"
    ));
    let picture = read(&place, "p.svg");
    std::fs::remove_file(place.path("p.svg")).unwrap();
    place.ok("resume c.safetensors --quiet");
    assert!(read(&place, "p.svg") == picture);
}

/// Populations without spikes, of one neuron or with one spiking neuron have boxes or none, and no
/// error.
#[test]
fn box_plots_of_few_spikes_are_drawn() {
    let place = Place::new();
    let group = |name: &str, size: usize, current: f64| {
        format!("[[group]]\nname = '{name}'\nkind = 'LIF'\nsize = {size}\ncurrent = {current}\n")
    };
    place.write("silent.toml", format!("steps = 300\n{}", group("A", 5, 0.0)));
    place.write(
        "one.toml",
        format!("steps = 3000\n{}{}{}", group("A", 1, 30.0), group("B", 9, 0.0), group("C", 2, 30.0)),
    );
    for run in [
        "run silent.toml",
        "run one.toml",
        "run one.toml --steps 0",
        "run one.toml --steps 1",
        "run one.toml --dt 5",
        "run one.toml --batch 3",
        "run lif --size 8 --input 0 --steps 300",
        "run lif --size 8 --input 30 --steps 3000",
        "run lif --input 30 --steps 3000 --batch 4",
        "run lif --size 0 --steps 5",
        "run hh --size 3 --input 9 --duration 100",
    ] {
        for name in ["a.svg", "a.pdf", "a.png"] {
            place.ok(&format!("{run} --plot {name} --plot-panels {BOXES},spike,rate --quiet"));
        }
        let svg = read(&place, "a.svg");
        assert!(svg.contains("CV of intervals") && !svg.contains("NaN") && !svg.contains("inf"), "{run}");
        place.ok(&format!("{run} --plot a.svg --plot-panels correlation_boxplot --plot-size 85x30 --quiet"));
    }
}

#[test]
fn box_plots_that_cannot_be_have_advice() {
    let place = Place::new();
    place.write("n.toml", network(""));
    place.write("l.toml", "steps = 5\ninput = 1.0\n[[layer]]\nname = 'a'\nkind = 'Dense'\nnum_in = 1\nnum_out = 2\n");
    for (run, says) in [
        (
            "n.toml --plot-panels rate_box",
            "no panel named `rate_box`; there is: spike, rate, rate_boxplot, cv_boxplot, correlation_boxplot, E1.V,",
        ),
        ("n.toml --plot-panels cv_boxplt", "did you mean `cv_boxplot`?"),
        ("n.toml --plot-panels rate_boxplot[3]", "the panel `rate_boxplot` has all units; write `rate_boxplot`"),
        ("n.toml --plot-panels cv_boxplot,cv_boxplot", "`cv_boxplot` is named twice"),
        ("lif --plot-panels correlations", "no panel named `correlations`"),
        ("l.toml --plot-panels cv_boxplot", "no panel named `cv_boxplot`"),
        ("n.toml --plot-panels spike,rate,cv_boxplot --plot-size 85x20", "plot.size: 3 panels need a height of"),
        ("n.toml --statistics-from 300", "--statistics-from: the run ends at 300 ms, and has no step from 300 ms on"),
        ("n.toml --statistics-from 1e300", "has no step from 1e300 ms on"),
        ("n.toml --statistics-from nan", "--statistics-from NaN: a time is a finite number"),
        ("n.toml --statistics-from inf", "a time is a finite number"),
        ("l.toml --statistics-from 1", "--statistics-from is for the spikes of neurons, and this model has layers"),
    ] {
        let length = if run.starts_with("lif") { "--steps 5" } else { "" };
        let said = place.fails(2, &format!("run {run} {length} --plot a.svg"));
        assert!(said.contains(says) && said.lines().count() == 1 && !place.path("a.svg").exists(), "{run}: {said}");
    }
    for (value, says) in [("'x'", "n.toml:4: "), ("nan", "n.toml:4: `statistics_from` must be a finite number")] {
        place.write("n.toml", network(&format!("statistics_from = {value}")));
        let said = place.fails(2, "run n.toml");
        assert!(said.contains(says) && said.contains("statistics_from"), "{said}");
    }
    place.write("n.toml", network("statistics_from = 500"));
    let said = place.fails(2, "run n.toml");
    assert!(said.contains("n.toml:4: `statistics_from`: the run ends at 300 ms"), "{said}");
    // An integer is a time too, and a shorter or empty run has its rules.
    place.ok("run n.toml --duration 501 --quiet");
    place.ok("run n.toml --duration 0 --quiet");
}
