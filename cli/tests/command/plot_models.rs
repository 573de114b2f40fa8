//! `overtime plot FILE --model …`: what contradicts the file is an error, and nothing else is.

use crate::network::ALL;
use crate::support::{Place, root};
use overtime::models::{self, Family};

/// The variables of a system, which the command lists for a wrong name.
fn variables(place: &Place, system: &str) -> String {
    let said = place.fails(2, &format!("run {system} --steps 1 --out-vars no_such_variable"));
    said.split("there is: ").nth(1).unwrap().trim().replace(", ", ",")
}

/// Every variable of every model is one that `plot` knows.
#[test]
fn all_variables_of_a_model_are_drawn() {
    let place = Place::new();
    place.write("all.toml", ALL);
    place.write(
        "channels.toml",
        "steps = 30\n[[group]]\nname = 'C'\nkind = 'CondNeuGroup'\nsize = 3\n\
         channel = [{ name = 'Na', kind = 'INa_HH1952' }, { name = 'K', kind = 'IK_HH1952' }]\n",
    );
    place.write(
        "one.toml",
        "kind = 'CondNeuGroup'\nsize = 3\n[[channel]]\nname = 'Na'\nkind = 'INa_HH1952'\n[[channel]]\nname = 'L'\nkind = 'IL'\n",
    );
    let neurons = models::all().iter().filter(|info| info.family == Family::Neuron).map(|info| info.name.to_string());
    let mut systems: Vec<String> = neurons.collect();
    assert!(systems.len() > 9);
    systems.extend(["PoissonGroup", "all.toml", "channels.toml", "one.toml"].map(str::to_owned));
    let layers = root().join("examples/models/lstm_layers.toml");
    systems.push(layers.display().to_string());
    for system in &systems {
        let vars = variables(&place, system);
        let (size, steps) = match system.ends_with(".toml") {
            false => ("--size 3", "--steps 20"),
            true if system.contains("lstm") => ("", ""),
            true => ("", "--steps 20"),
        };
        place.ok(&format!("run {system} {size} {steps} --out-vars {vars} --out a.npz --quiet"));
        place.ok(&format!("plot a.npz --model {system} --out-vars {vars} -o a.svg --quiet"));
        // As the file alone tells.
        place.ok(&format!("plot a.npz --model {system} -o a.svg --quiet"));
    }
}

#[test]
fn another_model_is_an_error() {
    let place = Place::new();
    let group = |name: &str, size: usize| format!("[[group]]\nname = '{name}'\nkind = 'LIF'\nsize = {size}\n");
    place.write("p.toml", "[populations]\nE = 'P[0..2]'\n".to_owned() + &group("P", 5));
    place.write("q.toml", group("Q", 5));
    place.write("large.toml", group("P", 8));
    place.ok("run lif --size 6 --input 30 --steps 40 --out-vars V,refractory --out lif.npz --quiet");
    place.ok("run lif --size 6 --input 30 --steps 40 --out-vars V[4,2] --out some.npz --quiet");
    place.ok("run lif --size 6 --input 30 --steps 40 --out-vars refractory:events --out events.npz --quiet");
    place.ok("run lif --size 6 --input 30 --steps 40 --out-vars refractory:bits --out bits.npz --quiet");
    place.ok("run p.toml --steps 40 --out-vars P.V,E.V --out net.npz --quiet");
    let rnn = root().join("examples/models/rnn.toml").display().to_string();
    for (arguments, says) in [
        ("lif.npz --model hh", "lif.npz has `refractory`, which is no variable of the model"),
        ("events.npz --model hh", "events.npz has `refractory`, which is no variable of the model"),
        ("bits.npz --model hh", "bits.npz has `refractory`, which is no variable of the model"),
        ("lif.npz --model p.toml", "the model has 1 groups, and `output` of lif.npz has 6"),
        ("net.npz --model lif", "net.npz has `P.V`, which is no variable of the model"),
        ("net.npz --model q.toml", "net.npz has `P.V`, which is no variable of the model"),
        ("net.npz --model large.toml", "`P.V` of net.npz has 5 values in each step, and the model has 8 units"),
        (
            "net.npz --model p.toml --scale 2",
            "has 5 values in each step, and the model has 10 units: give --out-vars, --scale",
        ),
        (
            "some.npz --model lif",
            "`V` of some.npz has 2 values in each step, and the model has 6 units: give --out-vars",
        ),
        ("some.npz --model lif --out-vars V[4,2,1]", "has 2 values in each step"),
        ("some.npz --model lif --out-vars V", "has 2 values in each step"),
        ("lif.npz --model lif --first-axis B", "--first-axis B is for a batch, and lif.npz has none"),
    ] {
        let said = place.fails(2, &format!("plot {arguments} -o a.svg"));
        assert!(said.contains(says) && said.lines().count() == 1, "{arguments}: {said}");
        assert!(!place.path("a.svg").exists(), "{arguments}");
    }
    assert!(place.fails(2, &format!("plot lif.npz --model {rnn} -o a.svg")).contains("it is of another model"));
    place.ok("run lif --size 6 --input 30 --steps 40 --batch 2 --first-axis B --out-vars V --out b.npz --quiet");
    assert!(place.fails(2, "plot b.npz --model lif --first-axis T -o a.svg").contains("--first-axis"));
    place.npz("x.npz", &[("in", ndarray::ArrayD::zeros(vec![30]))]);
    let said = place.fails(2, "plot lif.npz --model lif --input x.npz -o a.svg");
    assert!(said.contains("--input: a series of 30 steps, and lif.npz has 40"), "{said}");
    // What the file does not contradict is drawn, and arrays without times may be anything.
    let mut arrays = place.read("lif.npz");
    arrays.insert("note".to_owned(), ndarray::ArrayD::zeros(vec![3, 7]));
    place.npz("note.npz", &arrays.iter().map(|(name, array)| (name.as_str(), array.clone())).collect::<Vec<_>>());
    place.ok("plot note.npz --model lif -o a.svg --quiet");
    place.ok("plot lif.npz --model lif --out-vars V,refractory -o a.svg --quiet");
    place.ok("plot some.npz --model lif --out-vars V[2,4] -o a.svg --quiet");
    place.ok("plot net.npz --model p.toml --out-vars P.V,E.V[0..2] -o a.svg --quiet");
    place.ok("plot events.npz --model lif -o a.svg --quiet");
    place.ok("plot bits.npz --model lif --out-vars refractory:bits -o a.svg --quiet");
    let said = place.fails(2, "plot bits.npz --model lif --plot-panels refractory:bits -o b.svg");
    assert!(said.contains("bits have no values; `spike` is the raster"), "{said}");
}

/// A length of steps that the times of the file contradict is an error; any other is not.
#[test]
fn another_length_of_steps_is_an_error() {
    let place = Place::new();
    place.ok("run lif --input 30 --steps 200 --out-vars V --out all.npz --quiet");
    place.ok("run lif --input 30 --steps 200 --record-every 2 --out-vars V --out half.npz --quiet");
    place.ok("run lif --input 30 --steps 200 --dt 0.05 --record-every 2 --out-vars V --out short.npz --quiet");
    place.ok("run lif --input 30 --steps 200 --t0 -50 --out-vars V --out early.npz --quiet");
    place.ok("run lif --input 30 --steps 100 --t0 10 --record-every 2 --out-vars V --out late.npz --quiet");
    place.ok("run lif --input 30 --steps 1 --out-vars V --out one.npz --quiet");
    for (file, dt, says) in [
        ("all", "-1", "--dt -1: a step has a positive length"),
        ("all", "0", "positive"),
        ("all", "nan", "positive"),
        ("all", "inf", "positive"),
        ("all", "0.2", "--dt 0.2: all.npz: the steps in it are 0.1 ms apart"),
        ("all", "1e300", "the steps in it are 0.1 ms apart"),
        ("all", "0.03", "the steps in it are 0.1 ms apart"),
        ("all", "0.05", "its run has 200 steps up to 20 ms"),
        ("all", "1e-300", "its run has 200 steps up to 20 ms"),
        ("half", "0.2", "--dt 0.2: half.npz: its run has steps of 0.1 ms"),
        ("half", "0.05", "its run has 200 steps up to 20 ms"),
        ("short", "0.1", "its run has steps of 0.05 ms"),
        ("early", "0.2", "the steps in it are 0.1 ms apart"),
        ("late", "0.3", "the steps in it are 0.2 ms apart"),
        ("one", "0.3", "its run ends at 0.1 ms, which is not a whole number of steps later"),
        ("one", "-0.1", "positive"),
    ] {
        let said = place.fails(2, &format!("plot {file}.npz --model lif --dt {dt} -o a.svg"));
        assert!(said.contains(says) && !place.path("a.svg").exists(), "{file} {dt}: {said}");
    }
    for (file, dt) in
        [("all", "0.1"), ("half", "0.1"), ("short", "0.05"), ("early", "0.1"), ("late", "0.1"), ("one", "0.1")]
    {
        place.ok(&format!("plot {file}.npz --model lif --input 30 --dt {dt} -o with.svg --quiet"));
        // Without the flag the file tells the length, if the default is not that of the run.
        place.ok(&format!("plot {file}.npz --model lif --input 30 -o without.svg --quiet"));
        let read = |name: &str| std::fs::read_to_string(place.path(name)).unwrap();
        assert!(read("with.svg") == read("without.svg"), "{file}");
    }
}
