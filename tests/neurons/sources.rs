//! Sources: when they spike, and what they do in a network.

use overtime::models::{InputGroup, Lif, PoissonGroup, SpikeTimeGroup};
use overtime::network::{Connect, Group, Network, Projection, Receptor};
use overtime::{Input, LoopOverTime, Real, Recording, System, monitor};

fn events<R: Real>(system: impl System<R>, dt: f64, t0: f64, calls: &[u64], rows: Option<usize>) -> Vec<(u64, usize, usize)> {
    let builder = LoopOverTime::builder(system).dt(dt).t0(t0).batch(rows).seed(7);
    let mut over_time = builder.out_vars(monitor("spike").events()).build().unwrap();
    let list = |run: Recording<R>| {
        let events = run.events("spike").unwrap();
        events.step.iter().zip(&events.row).zip(&events.unit).map(|((step, row), unit)| (*step, *row, *unit)).collect::<Vec<_>>()
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
    // No unit's are another's.
    let of = |unit: usize| found.iter().filter(|e| e.2 == unit).map(|e| e.0).collect::<Vec<_>>();
    assert!(of(2) != of(6) && of(1) != of(5));
    // In f32, cut into calls: the same.
    let single = PoissonGroup::<f32>::new(units, (0..units).map(|k| each(k) as f32).collect::<Vec<_>>());
    let single = events(single, 0.1, 0.0, &[1, 6, 193], None);
    assert_eq!(single, found.iter().copied().filter(|e| e.0 < 200).collect::<Vec<_>>());
    // Rows of a batch have spikes of their own.
    let rows = events(PoissonGroup::<f64>::new(3, 500.0), 0.1, 0.0, &[2000], Some(2));
    let row = |r: usize| rows.iter().filter(|e| e.1 == r).map(|e| (e.0, e.2)).collect::<Vec<_>>();
    assert!(row(0) != row(1) && row(0).len() > 200 && row(1).len() > 200);
    let build = |freqs: f64| LoopOverTime::builder(PoissonGroup::<f64>::new(2, freqs)).dt(0.1).build().err().map(|e| e.to_string());
    assert!(build(10_001.0).unwrap().contains("more than one spike in a step"));
    assert!(build(-1.0).unwrap().contains("is negative"));
    assert!(build(f64::NAN).is_some() && build(10_000.0).is_none());
}

#[test]
fn spikes_come_at_their_times() {
    let group = || SpikeTimeGroup::new(4, &[0, 2, 0, 1, 0, 2, 2], &[0.3, 5.7, 0.0, 0.31, 0.35, 5.7, 0.7]).unwrap();
    let right = vec![(0, 0, 0), (3, 0, 0), (4, 0, 0), (4, 0, 1), (7, 0, 2), (57, 0, 2)];
    assert_eq!(events::<f64>(group(), 0.1, 0.0, &[100], None), right);
    assert_eq!(events::<f32>(group(), 0.1, 0.0, &[3, 1, 1, 95], None), right);
    let rows = events::<f64>(group(), 0.1, 0.0, &[100], Some(2));
    for row in 0..2 {
        let of_row: Vec<_> = rows.iter().filter(|e| e.1 == row).map(|e| (e.0, 0, e.2)).collect();
        assert_eq!(of_row, right);
    }
    // What was before the first step is one spike in it.
    assert_eq!(events::<f64>(group(), 0.1, 0.5, &[100], None), [(0, 0, 0), (0, 0, 1), (2, 0, 2), (52, 0, 2)]);
    assert_eq!(events::<f64>(SpikeTimeGroup::new(2, &[], &[]).unwrap(), 0.1, 0.0, &[9], None), []);
    let said = |indices: &[usize], times: &[f64]| SpikeTimeGroup::new(2, indices, times).unwrap_err().to_string();
    assert!(said(&[0], &[]).contains("times") && said(&[2], &[1.0]).contains("indices") && said(&[1], &[f64::NAN]).contains("times"));
}

/// A spike of the source is felt in the next step, and moves V by the weight.
#[test]
fn a_network_feels_them() {
    let quiet = |n: usize| Group::new("L", Lif::<f64>::new(n).param("tau", 1e9).unwrap()).receptor(Receptor::delta("jump", "V"));
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
    (x[[1, 1]], x[[2, 2]], x[[4, 2]]) = (1.0, -0.5, 7.0);
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
    let none = InputGroup::new(2);
    let silent = LoopOverTime::<f32, _>::builder(none).out_vars("spike").build().unwrap().run(Input::steps(3)).unwrap();
    assert_eq!(silent["spike"].sum(), 0.0);
}
