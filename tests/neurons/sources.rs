//! Sources of spikes: the times of their spikes, and their effect in a network.

use overtime::models::{self, InputGroup, Lif, PoissonGroup, SpikeTimeGroup, WhiteNoise};
use overtime::network::{Connect, Group, Network, Projection, Receptor};
use overtime::{Builder, Error, Input, LoopOverTime, Real, Recording, Sequential, System, monitor};

fn events<R: Real>(
    system: impl System<R>,
    dt: f64,
    t0: f64,
    calls: &[u64],
    rows: Option<usize>,
) -> Vec<(u64, usize, usize)> {
    let builder = LoopOverTime::builder(system).dt(dt).t0(t0).batch(rows).seed(7);
    let mut over_time = builder.out_vars(monitor("spike").events()).build().unwrap();
    let list = |run: Recording<R>| {
        let events = run.events("spike").unwrap();
        events
            .step
            .iter()
            .zip(&events.row)
            .zip(&events.unit)
            .map(|((step, row), unit)| (*step, *row, *unit))
            .collect::<Vec<_>>()
    };
    calls.iter().flat_map(|steps| list(over_time.run_steps(*steps).unwrap())).collect()
}

#[test]
fn poisson_spikes_come_at_their_rates() {
    let freqs = [0.0, 20.0, 400.0, 10_000.0];
    let units = 40;
    let each = |k: usize| freqs[k % 4];
    let group = |_: ()| PoissonGroup::<f64>::new(units, (0..units).map(each).collect::<Vec<_>>());
    let steps = 20_000;
    let found = events(group(()), 0.1, 0.0, &[steps], None);
    for (k, freq) in freqs.into_iter().enumerate() {
        let (n, p) = (steps as f64 * 10.0, freq * 1e-4);
        let spikes = found.iter().filter(|(.., unit)| unit % 4 == k).count() as f64;
        let sigma = (n * p * (1.0 - p)).sqrt();
        assert!((spikes - n * p).abs() <= 4.5 * sigma, "{freq} Hz: {spikes} spikes, not {}", n * p);
    }
    // Different units have different spikes.
    let of = |unit: usize| found.iter().filter(|e| e.2 == unit).map(|e| e.0).collect::<Vec<_>>();
    assert!(of(2) != of(6) && of(1) != of(5));
    // In f32, and split into calls, the spikes are the same.
    let single = PoissonGroup::<f32>::new(units, (0..units).map(|k| each(k) as f32).collect::<Vec<_>>());
    let single = events(single, 0.1, 0.0, &[1, 6, 193], None);
    assert_eq!(single, found.iter().copied().filter(|e| e.0 < 200).collect::<Vec<_>>());
    // The rows of a batch have different spikes.
    let rows = events(PoissonGroup::<f64>::new(3, 500.0), 0.1, 0.0, &[2000], Some(2));
    let row = |r: usize| rows.iter().filter(|e| e.1 == r).map(|e| (e.0, e.2)).collect::<Vec<_>>();
    assert!(row(0) != row(1) && row(0).len() > 200 && row(1).len() > 200);
    let build = |freqs: f64| {
        LoopOverTime::builder(PoissonGroup::<f64>::new(2, freqs)).dt(0.1).build().err().map(|e| e.to_string())
    };
    assert!(build(10_001.0).unwrap().contains("more than one spike in a step"));
    assert!(build(-1.0).unwrap().contains("is negative"));
    assert!(build(f64::NAN).is_some() && build(10_000.0).is_none());
}

/// In steps of its time a group has the spikes of a group that is always active.
#[test]
fn poisson_spikes_come_in_the_steps_of_their_time() {
    let group = || PoissonGroup::<f64>::new(5, 4000.0);
    for t0 in [0.0, -2.0, 1000.3] {
        let always = events(group(), 0.1, t0, &[60], Some(2));
        let within = |steps: std::ops::Range<u64>| -> Vec<_> {
            always.iter().copied().filter(|(step, ..)| steps.contains(step)).collect()
        };
        let time = |k: u32| t0 + f64::from(k) / 10.0;
        for (from, to) in [(0, 60), (7, 41), (3, 3), (0, 1), (59, 60)] {
            let of = |group: PoissonGroup<f64>, calls: &[u64]| events(group, 0.1, t0, calls, Some(2));
            let right = within(u64::from(from)..u64::from(to));
            assert_eq!(of(group().during(time(from)..time(to)), &[60]), right, "t0 {t0}: {from}..{to}");
            assert_eq!(of(group().during(time(from)..time(to)), &[1, 6, 1, 52]), right);
            // Times between two steps count as those of the later one.
            assert_eq!(of(group().during(time(from) - 0.06..time(to) - 0.06), &[60]), right);
        }
        assert_eq!(events(group().during(time(7)..f64::INFINITY), 0.1, t0, &[60], Some(2)), within(7..60));
        assert_eq!(events(group().during(f64::NEG_INFINITY..time(7)), 0.1, t0, &[60], Some(2)), within(0..7));
        assert_eq!(events(group().during(f64::NEG_INFINITY..f64::INFINITY), 0.1, t0, &[60], Some(2)), always);
        let single = PoissonGroup::<f32>::new(5, 4000.0).during(time(7)..time(41));
        assert_eq!(events(single, 0.1, t0, &[60], Some(2)), within(7..41));
    }
    // By name.
    let mut named = models::neurons::<f64>("PoissonGroup", 5).unwrap();
    named.set_param("freqs", 4000.0.into()).unwrap();
    named.set_time("start", 1.0).unwrap();
    named.set_time("stop", 2.0).unwrap();
    assert_eq!(events(named, 0.1, 0.0, &[60], None), events(group().during(1.0..2.0), 0.1, 0.0, &[60], None));
    let mut named = models::neurons::<f64>("PoissonGroup", 5).unwrap();
    for (name, words) in
        [("start", "`set_time` sets"), ("stop", "`set_time` sets"), ("begin", "there is: freqs, start, stop")]
    {
        let error = named.set_param(name, 1.0.into()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    assert!(named.set_time("freqs", 1.0).unwrap_err().to_string().contains("start, stop"));
    assert!(models::neurons::<f64>("LIF", 5).unwrap().set_time("tau", 1.0).is_err());
    for (time, words) in [
        (f64::NAN..1.0, "`start`: NaN is not a time"),
        (0.0..f64::NAN, "`stop`: NaN is not a time"),
        (2.0..1.0, "`stop`: 1 ms is before `start`, 2 ms"),
    ] {
        let error = LoopOverTime::builder(group().during(time)).dt(0.1).build().err().unwrap().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn spikes_come_in_the_steps_nearest_to_their_times() {
    let group = || SpikeTimeGroup::new(4, &[0, 2, 0, 1, 0, 2, 2], &[0.3, 5.74, 0.0, 0.31, 0.35, 5.66, 0.7]).unwrap();
    let right = vec![(0, 0, 0), (3, 0, 0), (3, 0, 1), (4, 0, 0), (7, 0, 2), (57, 0, 2)];
    // 5.66 and 5.74 ms belong to the same step.
    let refused =
        LoopOverTime::<f64, _>::builder(group()).dt(0.1).build().unwrap().run_steps(1).unwrap_err().to_string();
    assert!(
        refused.contains("times of unit 2: 5.66 and 5.74") && refused.contains("step 57") && refused.contains("0.1 ms"),
        "{refused}"
    );
    let group = || SpikeTimeGroup::new(4, &[0, 2, 0, 1, 0, 2], &[0.3, 5.74, 0.0, 0.31, 0.35, 0.7]).unwrap();
    assert_eq!(events::<f64>(group(), 0.1, 0.0, &[100], None), right);
    assert_eq!(events::<f32>(group(), 0.1, 0.0, &[3, 1, 1, 95], None), right);
    let rows = events::<f64>(group(), 0.1, 0.0, &[100], Some(2));
    for row in 0..2 {
        let of_row: Vec<_> = rows.iter().filter(|e| e.1 == row).map(|e| (e.0, 0, e.2)).collect();
        assert_eq!(of_row, right);
    }
    assert_eq!(events::<f64>(SpikeTimeGroup::new(2, &[], &[]).unwrap(), 0.1, 0.0, &[9], None), []);
    let said = |indices: &[usize], times: &[f64]| SpikeTimeGroup::new(2, indices, times).unwrap_err().to_string();
    assert!(
        said(&[0], &[]).contains("times")
            && said(&[2], &[1.0]).contains("indices")
            && said(&[1], &[f64::NAN]).contains("times")
    );
}

/// One spike in every step, in every third and in every seventh step, with times stored as f64, as
/// f32 and as text of seven digits.
#[test]
fn stored_times_are_the_steps_that_they_were_written_for() {
    let text = |t: f64| format!("{t:.6e}").parse().unwrap();
    let ways: [(&str, &dyn Fn(f64) -> f64); 3] = [("f64", &|t| t), ("f32", &|t| f64::from(t as f32)), ("text", &text)];
    for (way, stored) in ways {
        for (dt, t0, every) in [(0.1, 0.0, 1), (0.1, 0.0, 7), (0.025, 300.0, 3), (0.1, -12.3, 1), (1.0 / 3.0, 0.0, 1)] {
            let steps: Vec<u64> = (0..30_000).step_by(every).collect();
            let times: Vec<f64> = steps.iter().map(|k| stored(t0 + *k as f64 * dt)).collect();
            let group = SpikeTimeGroup::new(1, &vec![0; times.len()], &times).unwrap();
            let found: Vec<u64> = events::<f32>(group, dt, t0, &[30_000], None).iter().map(|e| e.0).collect();
            assert!(found == steps, "{way}, dt {dt}, t0 {t0}, every {every}");
        }
        // Times of a run with half the dt. A time halfway between two steps belongs to the later
        // step.
        let odd: Vec<u64> = (1..60_000).step_by(6).collect();
        let times: Vec<f64> = odd.iter().map(|k| stored(*k as f64 * 0.05)).collect();
        let group = SpikeTimeGroup::new(1, &vec![0; times.len()], &times).unwrap();
        let found: Vec<u64> = events::<f64>(group, 0.1, 0.0, &[30_000], None).iter().map(|e| e.0).collect();
        assert!(found == odd.iter().map(|k| k.div_ceil(2)).collect::<Vec<_>>(), "{way}: times halfway between steps");
    }
}

#[test]
fn times_before_the_start_are_refused() {
    let group = || SpikeTimeGroup::new(3, &[0, 0, 1, 2, 2], &[1.0, 500.0, 1001.0, 1000.0, 999.96]).unwrap();
    let build = |group, t0: f64| LoopOverTime::<f64, _>::builder(group).dt(0.1).t0(t0);
    let run = |builder: Builder<f64, SpikeTimeGroup>| builder.build().unwrap().run_steps(1).map(|_| ());
    let early = run(build(group(), 1000.0)).unwrap_err().to_string();
    assert!(
        early.contains("times of unit 0: 1 ms") && early.contains("1000 ms, as are 1 more") && early.contains("t0"),
        "{early}"
    );
    let early = run(build(SpikeTimeGroup::new(1, &[0, 0], &[-20.0, 2.0]).unwrap(), 0.0)).unwrap_err().to_string();
    assert!(early.contains("-20 ms") && !early.contains("more"), "{early}");
    assert!(run(build(SpikeTimeGroup::new(1, &[0, 0], &[-20.0, 2.0]).unwrap(), -20.0)).is_ok());
    // The loop refuses to run after a reset too.
    let mut again = build(group(), 1000.0).build().unwrap();
    for _ in 0..2 {
        assert!(again.run_steps(0).is_err() && again.i() == 0);
        again.reset_state(None).unwrap();
    }
    // Two times of unit 2 belong to the step at 1000 ms if steps are long enough.
    assert!(run(build(group(), 1.0)).unwrap_err().to_string().contains("times of unit 2: 999.96 and 1000 "));
    // In a network, the message names the group.
    let network = |times: &[f64]| {
        let group = Group::new("S", SpikeTimeGroup::new(1, &vec![0; times.len()], times).unwrap());
        let network = Network::<f64>::builder(0.1).group(group).build().unwrap();
        LoopOverTime::builder(network).dt(0.1).out_vars(monitor("S.spike").events()).build()
    };
    let said = |times: &[f64]| network(times).unwrap().run_steps(1).unwrap_err();
    assert!(said(&[2.0, 2.01]).to_string().starts_with("group `S`: times of unit 0: 2 and 2.01 ms"));
    assert!(said(&[2.0, 2.01]).to_string().contains("(dt)") && !said(&[2.0, 2.0]).to_string().contains("(dt)"));
    assert!(said(&[-2.0]).to_string().starts_with("group `S`: times of unit 0: -2 ms"));
    // A run that continues does not repeat spikes that it has made, with its own state or with the
    // state of a file.
    let mut whole = network(&[0.5, 2.0, 3.0, 4.7]).unwrap();
    let steps =
        |l: &mut LoopOverTime<f64, Network<f64>>, n| l.run_steps(n).unwrap().events("S.spike").unwrap().step.clone();
    assert_eq!(steps(&mut whole, 20), [5]);
    let state = whole.state_dict().unwrap();
    assert_eq!((steps(&mut whole, 20), steps(&mut whole, 20)), (vec![20, 30], vec![47]));
    whole.load_state_dict(&state, true).unwrap();
    assert_eq!(steps(&mut whole, 40), [20, 30, 47]);
    let mut without = state.clone();
    without.remove("S.past").unwrap();
    let mut fresh = network(&[0.5, 2.0, 3.0, 4.7]).unwrap();
    fresh.load_state_dict(&without, false).unwrap();
    assert_eq!(steps(&mut fresh, 40), [20, 30, 47]);
    // The loop continues with longer steps. 3.0 and 3.2 ms were two steps, and are now one step.
    let mut short = network(&[0.5, 3.0, 3.2]).unwrap();
    short.run_steps(20).unwrap();
    let state = short.state_dict().unwrap();
    let long = build(SpikeTimeGroup::new(1, &[0, 0, 0], &[0.5, 3.0, 3.2]).unwrap(), 0.0).dt(1.0);
    assert!(run(long).unwrap_err().to_string().contains("3 and 3.2"));
    let mut half = build(SpikeTimeGroup::new(1, &[0, 0, 0], &[0.5, 3.0, 3.2]).unwrap(), 0.0).dt(0.15).build().unwrap();
    let mut state = state;
    for name in ["spike", "past"] {
        let array = state.remove(&format!("S.{name}")).unwrap();
        state.insert(name, array);
    }
    half.load_state_dict(&state, false).unwrap();
    let past: Vec<f64> = (0..9)
        .map(|_| {
            half.run_steps(1).unwrap();
            half.state_dict().unwrap().get("past").unwrap()[[0]]
        })
        .collect();
    // The loop continues from 2 ms in steps of 0.15 ms: 3.0 ms is 6.67 steps later, and 3.2 ms is 8
    // steps later.
    assert_eq!(past, [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 3.0]);
}

/// A spike of the source acts in the next step, and changes V by the weight.
#[test]
fn spikes_of_a_source_act_in_a_network() {
    let quiet = |n: usize| {
        Group::new("L", Lif::<f64>::new(n).param("tau", 1e9).unwrap()).receptor(Receptor::delta("jump", "V"))
    };
    let run = |source: Group<f64>, x: Option<ndarray::Array2<f64>>| {
        let jump = Projection::new("p", "S", ("L", "jump")).connect(Connect::OneToOne).weight(2.0);
        let network = Network::builder(0.5).group(source).group(quiet(3)).project(jump).build().unwrap();
        let mut over_time = LoopOverTime::builder(network).dt(0.5).out_vars(["L.V", "S.spike"]).build().unwrap();
        let run = match &x {
            Some(x) => over_time.run(x),
            None => over_time.run_steps(6),
        };
        run.unwrap()
    };
    let times = SpikeTimeGroup::new(3, &[1, 2, 2], &[0.5, 1.0, 2.0]).unwrap();
    let mut x = ndarray::Array2::zeros((6, 3));
    (x[[1, 1]], x[[2, 2]], x[[4, 2]]) = (1.0, 1.0, 1.0);
    let by_times = run(Group::new("S", times), None);
    let by_array = run(Group::new("S", InputGroup::new(3)).input(), Some(x.clone()));
    assert_eq!(by_times["S.spike"], by_array["S.spike"]);
    assert_eq!(by_times["S.spike"], x.mapv(|x| f64::from(u8::from(x != 0.0))).into_dyn());
    let mut sum = ndarray::Array1::<f64>::zeros(3);
    for (k, row) in by_times["S.spike"].outer_iter().enumerate() {
        sum += &row.into_dimensionality::<ndarray::Ix1>().unwrap().mapv(|s| 2.0 * s);
        for unit in 0..3 {
            for found in [&by_times, &by_array] {
                assert!((found["L.V"][[k, unit]] - sum[unit]).abs() <= 1e-6, "step {k}, unit {unit}");
            }
        }
    }
    let drawn = run(Group::new("S", PoissonGroup::new(3, 600.0)), None);
    assert!((drawn["L.V"].index_axis(ndarray::Axis(0), 5).sum() - 2.0 * drawn["S.spike"].sum()).abs() <= 1e-6);
    // The value of a spike must be 0 or 1: two spikes in a step, and half a spike, are refused.
    for (value, rows) in [(2.0, None), (0.5, Some(2)), (-1.0, None)] {
        let mut x = ndarray::Array2::zeros((6, 3));
        (x[[1, 1]], x[[4, 2]]) = (1.0, value);
        let network = Network::<f64>::builder(0.5).group(Group::new("S", InputGroup::new(3)).input()).build().unwrap();
        let said = |error: Error| match error {
            Error::OutOfRange { variable, step: 4, index: 2, reason } if reason.contains("neither 0 nor 1") => {
                // The message does not mention the time step.
                assert!(
                    !Error::OutOfRange { variable: variable.clone(), step: 4, index: 2, reason }
                        .to_string()
                        .contains("dt")
                );
                variable
            }
            other => panic!("{other}"),
        };
        let all = x.clone().insert_axis(ndarray::Axis(1));
        let all = all.broadcast((6, rows.unwrap_or(1), 3)).unwrap();
        let mut over_time = LoopOverTime::builder(network).dt(0.5).batch(rows.unwrap_or(1)).build().unwrap();
        assert_eq!(said(over_time.run(all).unwrap_err()), "S.spike");
        let mut over_time = LoopOverTime::builder(InputGroup::new(3)).build().unwrap();
        assert_eq!(said(over_time.run(&x).unwrap_err()), "spike");
        let mut over_time = LoopOverTime::builder(Sequential::new().layer("in", InputGroup::new(3))).build().unwrap();
        assert_eq!(said(over_time.run(&x).unwrap_err()), "in.spike");
    }
    let none = InputGroup::new(2);
    let silent = LoopOverTime::<f32, _>::builder(none).out_vars("spike").build().unwrap().run(Input::steps(3)).unwrap();
    assert_eq!(silent["spike"].sum(), 0.0);
}

/// A source has no current, so what adds to a current is refused when the network is built.
#[test]
fn sources_take_nothing_that_adds_to_a_current() {
    fn check(of: impl Fn() -> Group<f64>, kind: &str, takes_input: bool) {
        let refused = |group: Group<f64>, what: &str| {
            let error = Network::<f64>::builder(0.5).group(group).build().unwrap_err();
            assert_eq!(error.to_string(), format!("{what} of group `S`: {kind} has no input for a current"));
        };
        refused(of().noise(1.0), "noise");
        refused(of().current(1.0), "a current");
        refused(of().receptor(Receptor::exponential("s", 5.0)), "a receptor");
        if takes_input {
            Network::<f64>::builder(0.5).group(of().input()).build().unwrap();
        } else {
            refused(of().input(), "an input");
        }
    }
    check(|| Group::new("S", InputGroup::new(3)), "InputGroup", true);
    check(|| Group::new("S", PoissonGroup::new(3, 600.0)), "PoissonGroup", false);
    check(|| Group::new("S", SpikeTimeGroup::new(3, &[1], &[0.5]).unwrap()), "SpikeTimeGroup", false);
    let error = LoopOverTime::<f64, _>::builder(WhiteNoise::new(InputGroup::new(3), 1.0)).build().unwrap_err();
    assert!(error.to_string().starts_with("noise in InputGroup"), "{error}");
}
