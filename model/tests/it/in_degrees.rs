//! Scaling of in-degrees, and the currents that compensate the lost mean input.

use overtime_model::network::Connect;
use overtime_model::{ModelFile, Network, SystemSpec, Value};
use std::fmt::Write;

fn network(text: &str) -> Network {
    match ModelFile::parse(text).unwrap_or_else(|e| panic!("{e}\n{text}")).system {
        SystemSpec::Network(net) => net,
        _ => panic!("no network"),
    }
}

fn currents(net: &Network) -> Vec<Option<f64>> {
    let number = |value: &Value| match value {
        Value::Number(x) => *x,
        other => panic!("{other:?}"),
    };
    net.groups.iter().map(|group| group.current.as_ref().map(number)).collect()
}

fn close(found: f64, right: f64) {
    assert!((found - right).abs() <= 1e-12 * right.abs().max(1.0), "{found}, not {right}");
}

const SIZES: [u64; 8] = [20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948];
const RATES: [f64; 8] = [0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829];
const EXTERNAL: [f64; 8] = [1600.0, 1500.0, 2100.0, 1900.0, 2000.0, 1900.0, 2900.0, 2100.0];
/// Rows are targets.
const PROBABILITIES: [[f64; 8]; 8] = [
    [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0],
    [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0],
    [0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0.0],
    [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0],
    [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0],
    [0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0.0],
    [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
    [0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443],
];
const WEIGHT: f64 = 87.808_493_529_208_43;

/// The microcircuit of Potjans and Diesmann, with Poisson drives or with constant currents.
fn microcircuit(poisson: bool) -> String {
    let mut text = String::new();
    for k in 0..8 {
        let (size, rate, external) = (SIZES[k], RATES[k], EXTERNAL[k]);
        let input = if poisson {
            format!("poisson = [{{ receptor = 's', rate = {}, weight = {WEIGHT} }}]", external * 8.0)
        } else {
            format!("current = {}", external * 8.0 * WEIGHT * 0.0005)
        };
        write!(
            text,
            "[[group]]\nname = 'G{k}'\nkind = 'LIF'\nsize = {size}\nmean_rate = {rate}\n{input}\n\
             receptor = [{{ name = 's', tau = 0.5 }}]\nparameters = {{ R = 0.04, tau = 10.0 }}\n"
        )
        .unwrap();
    }
    for (to, row) in PROBABILITIES.into_iter().enumerate() {
        for (from, p) in row.into_iter().enumerate() {
            let pairs = (SIZES[to] * SIZES[from]) as f64;
            let synapses = ((-p).ln_1p() / (-1.0 / pairs).ln_1p()).round();
            let factor = [1.0, -4.0][from % 2] * if (to, from) == (0, 2) { 2.0 } else { 1.0 };
            // 0 is 10 standard deviations away from the mean.
            let (mean, bound) = (factor * WEIGHT, ["min", "max"][from % 2]);
            write!(
                text,
                "[[projection]]\nname = '{from}-{to}'\nfrom = 'G{from}'\nto = 'G{to}.s'\n\
                 connect = {{ kind = 'fixed_total_number', num = {synapses} }}\n\
                 weight = {{ normal = [{mean}, {}], {bound} = 0.0 }}\n",
                mean.abs() / 10.0
            )
            .unwrap();
        }
    }
    text
}

/// The expected numbers are those of `tests/golden/make_scaling.py`.
#[test]
fn the_microcircuit_has_the_currents_of_the_reference() {
    for (poisson, right) in [
        (
            true,
            [
                29.035_014_208_152_12,
                112.371_189_283_030_67,
                112.969_695_234_891_62,
                114.990_293_153_901_8,
                125.418_386_029_254_98,
                151.684_819_352_903_05,
                43.846_898_672_750_17,
                153.709_627_571_374_88,
            ],
        ),
        (
            false,
            [
                206.746_910_182_843_75,
                278.976_091_759_304_04,
                346.216_558_701_674_33,
                326.023_169_623_848_1,
                347.558_255_997_619_4,
                362.717_695_822_849_35,
                365.949_710_126_878_7,
                386.956_491_038_157_6,
            ],
        ),
    ] {
        let full = network(&microcircuit(poisson));
        let mut net = full.clone();
        net.scale(0.1, 0.1).unwrap();
        for (found, right) in currents(&net).into_iter().zip(right) {
            close(found.unwrap(), right);
        }
        let sizes: Vec<u64> = net.groups.iter().map(|group| group.neurons.size).collect();
        assert_eq!(sizes, [2068, 583, 2192, 548, 485, 107, 1440, 295]);
        let synapses: Vec<u64> = (0..8)
            .map(|to| {
                let of_group = net.projections.iter().filter(|p| p.to.group == format!("G{to}"));
                let number = |connect: &Connect| match connect {
                    Connect::FixedTotalNumber(n) => *n,
                    other => panic!("{other:?}"),
                };
                of_group.map(|p| number(&p.connect)).sum()
            })
            .collect();
        assert_eq!(synapses, [1_033_129, 308_326, 615_026, 322_626, 239_780, 29_138, 369_026, 71_756]);
        let Value::Random(weight) = net.projections[2].weight else { panic!("no distribution") };
        close(weight.mean(), 555.349_674_920_911_1);
        assert_eq!((weight.min, weight.max), (Some(0.0), None));
        for (scaled, full) in net.groups.iter().zip(&full.groups) {
            for (scaled, full) in scaled.poisson.iter().zip(&full.poisson) {
                assert_eq!(scaled.rate, full.rate * 0.1);
                close(scaled.weight, full.weight / 0.1_f64.sqrt());
            }
        }
        // The compensation is no part of the model file's network.
        let mut same = full.clone();
        same.scale(1.0, 1.0).unwrap();
        assert_eq!(same, full);
    }
}

/// Two groups, and a projection from the first to the second.
fn pair(receptor: &str, group: &str, projection: &str) -> String {
    format!(
        "[[group]]\nname = 'A'\nkind = 'PoissonGroup'\nsize = 100\nmean_rate = 20.0\n\
         [[group]]\nname = 'B'\nkind = 'LIF'\nsize = 50\nreceptor = [{{ name = 's', {receptor} }}]\n{group}\n\
         [[projection]]\nname = 'p'\nfrom = 'A'\nto = 'B.s'\n{projection}\n"
    )
}

const PROB: &str = "connect = { kind = 'fixed_prob', p = 0.2 }\nweight = 3.0";

/// The current of the second group after its in-degrees are scaled by `factor`.
fn compensated(text: &str, factor: f64) -> f64 {
    let mut net = network(text);
    net.scale(1.0, factor).unwrap_or_else(|e| panic!("{e}\n{text}"));
    currents(&net)[1].unwrap()
}

#[test]
fn each_receptor_has_its_charge() {
    let e = std::f64::consts::E;
    // 20 synapses of a target, of weight 3, at 20 Hz.
    let lost = (1.0 - 0.25_f64.sqrt()) * 20.0 * 3.0 * 0.020;
    for (receptor, group, charge) in [
        ("tau = 5.0", "", 5.0),
        ("kind = 'alpha', tau = 4.0", "", 4.0),
        ("kind = 'dual_exponential', tau_rise = 3.0, tau = 3.0", "", 3.0 * e),
        ("variable = 'V'", "", 10.0),
        ("variable = 'V'", "parameters = { R = 0.5, tau = 20.0 }", 40.0),
    ] {
        close(compensated(&pair(receptor, group, PROB), 0.25), lost * charge);
        // The current is added to the one of the file, and more synapses have a negative one.
        let file = format!("current = 7.0\n{group}");
        close(compensated(&pair(receptor, &file, PROB), 0.25), 7.0 + lost * charge);
        close(compensated(&pair(receptor, &file, PROB), 4.0), 7.0 - 2.0 * lost * charge);
        // A drive of the same rate and weight.
        let drive = format!("poisson = [{{ receptor = 's', rate = 400.0, weight = 3.0 }}]\n{group}");
        close(compensated(&pair(receptor, &drive, PROB), 0.25), 2.0 * lost * charge);
    }
}

#[test]
fn each_rule_and_weight_has_its_mean() {
    let of =
        |connect: &str, weight: &str| pair("tau = 5.0", "", &format!("connect = {{ {connect} }}\nweight = {weight}"));
    let lost = (1.0 - 0.5_f64.sqrt()) * 0.020 * 5.0;
    for (connect, synapses, scaled) in [
        ("kind = 'fixed_prob', p = 0.2", 20.0, Connect::FixedProb(0.1)),
        ("kind = 'fixed_num_pre', num = 7", 7.0, Connect::FixedNumPre(4)),
        ("kind = 'fixed_num_post', num = 7", 14.0, Connect::FixedNumPost(4)),
        ("kind = 'fixed_total_number', num = 701", 14.02, Connect::FixedTotalNumber(351)),
    ] {
        let text = of(connect, "3.0");
        close(compensated(&text, 0.5), lost * synapses * 3.0);
        let mut net = network(&text);
        net.scale(1.0, 0.5).unwrap();
        assert_eq!(net.projections[0].connect, scaled);
        assert_eq!(net.projections[0].weight, Value::Number(3.0 / 0.5_f64.sqrt()));
    }
    let half = "kind = 'fixed_prob', p = 0.2";
    for (weight, mean) in [
        ("{ normal = [2.0, 0.1] }", 2.0),
        // φ(0)/Φ(0)
        ("{ normal = [0.0, 1.0], min = 0.0 }", 0.797_884_560_802_865_4),
        ("{ uniform = [-1.0, 3.0] }", 1.0),
        ("{ uniform = [-1.0, 3.0], max = 1.0, outside = 'clip' }", 0.5),
        ("{ lognormal = [0.5, 0.4] }", 0.58_f64.exp()),
    ] {
        close(compensated(&of(half, weight), 0.5), lost * 20.0 * mean);
        let mut net = network(&of(half, weight));
        net.scale(1.0, 0.5).unwrap();
        let Value::Random(scaled) = net.projections[0].weight else { panic!("no distribution") };
        close(scaled.mean(), mean / 0.5_f64.sqrt());
    }
    // The probability is scaled by both factors, and the total number is rounded once.
    let mut net = network(&of(half, "1.0"));
    net.scale(0.5, 0.25).unwrap();
    assert_eq!(net.projections[0].connect, Connect::FixedProb(0.1));
    let mut net = network(&of("kind = 'fixed_total_number', num = 9", "1.0"));
    net.scale(0.5, 0.5).unwrap();
    assert_eq!(net.projections[0].connect, Connect::FixedTotalNumber(2));
}

/// The scaled network keeps the mean input: its own mean plus the current is that of the full one.
#[test]
fn autapses_do_not_count_where_they_are_excluded() {
    let text = "[[group]]\nname = 'A'\nkind = 'LIF'\nsize = 11\nmean_rate = 100.0\nreceptor = [{ name = 's', tau = 1.0 }]\n\
                [[projection]]\nname = 'p'\nfrom = 'A'\nto = 'A.s'\nautapses = false\n\
                connect = { kind = 'fixed_prob', p = 0.5 }\n";
    let mut net = network(text);
    net.scale(1.0, 0.25).unwrap();
    close(currents(&net)[0].unwrap(), 0.5 * 10.0 * 0.5 * 0.1);
}

#[test]
fn silent_sources_need_no_current() {
    // A current from a file stays, and no rate is needed without synapses.
    let file = "current = { file = 'x.npz' }";
    for projection in
        ["connect = { kind = 'fixed_prob', p = 0.0 }", "connect = { kind = 'fixed_total_number', num = 0 }"]
    {
        let text = pair("tau = 5.0", file, projection).replace("mean_rate = 20.0\n", "");
        let mut net = network(&text);
        net.scale(1.0, 0.5).unwrap();
        assert!(matches!(net.groups[1].current, Some(Value::File { .. })));
    }
    let mut net = network(&pair("tau = 5.0", file, PROB).replace("20.0", "0.0"));
    net.scale(1.0, 0.5).unwrap();
    assert!(matches!(net.groups[1].current, Some(Value::File { .. })));
}

#[test]
fn networks_without_a_compensation_are_refused() {
    let prob = |more: &str| format!("connect = {{ kind = 'fixed_prob', p = 0.2 }}\n{more}");
    let num = |more: &str| format!("connect = {{ kind = 'fixed_num_pre', num = 40 }}\n{more}");
    let connect = |kind: &str| format!("connect = {{ kind = '{kind}' }}");
    let current = "tau = 5.0";
    let drive = "poisson = [{ receptor = 's', rate = 400.0, weight = 3.0 }]";
    for (receptor, group, projection, factor, words) in [
        ("tau = 5.0, reversal = 0.0", "", prob(""), 0.5, "projection `p`: receptor `s` is a conductance"),
        ("kind = 'gap'", "", prob(""), 0.5, "is gap junctions"),
        ("kind = 'graded'", "", prob(""), 0.5, "has no current after a spike"),
        ("variable = 'V'", "parameters = { tau = { file = 'x.npz' } }", prob(""), 0.5, "`tau` must be a number"),
        ("variable = 'V'", "parameters = { R = 0.0 }", prob(""), 0.5, "not a finite number"),
        (current, "current = { file = 'x.npz' }", prob(""), 0.5, "group `B`: a constant current compensates"),
        (current, "", prob("weight = { file = 'x.npz' }"), 0.5, "weights from a file"),
        (current, "", prob("stdp = { max = 1.0 }"), 0.5, "`stdp` changes the weights"),
        (current, "", prob("kinetics = 'stp'"), 0.5, "`kinetics` change the effect"),
        (current, "", prob(""), 6.0, "the probability 0.2 becomes 1.2"),
        (current, "", num(""), 3.0, "120 sources of a target are more than there are (100)"),
        (current, "", num(""), 0.01, "40 times 0.01 is less than one synapse"),
        (current, "", connect("one_to_one"), 0.5, "one_to_one has one synapse"),
        (current, "", connect("all_to_all"), 0.5, "says all its synapses"),
        (current, "", prob(""), f64::NAN, "--scale-in-degrees must be a positive number"),
        (current, "", prob(""), 0.0, "must be a positive number"),
        (current, "", prob(""), -1.0, "must be a positive number"),
        (current, "", prob(""), f64::INFINITY, "must be a positive number"),
        (
            "tau = 5.0, reversal = 0.0",
            drive,
            connect("fixed_prob', p = 0.0 #"),
            0.5,
            "group `B`: its Poisson drive of `s`",
        ),
    ] {
        let projection = projection.replace("fixed_prob', p = 0.0 #' }", "fixed_prob', p = 0.0 }");
        let text = pair(receptor, group, &projection);
        let full = network(&text);
        let mut net = full.clone();
        let error = net.scale(1.0, factor).unwrap_err().to_string();
        assert!(error.contains(words) && error.starts_with("--scale-in-degrees"), "{error}\n{text}");
        assert_eq!(net, full, "{error}");
    }
    let refused = |text: &str, neurons: f64, words: &str| {
        let error = network(text).scale(neurons, 0.5).unwrap_err().to_string();
        assert!(error.contains(words), "{error}\n{text}");
    };
    let silent = pair(current, "", PROB).replace("mean_rate = 20.0\n", "");
    refused(&silent, 1.0, "projection `p`: its source, group `A`, needs `mean_rate`");
    refused(&pair(current, "", PROB).replace("B.s", "B[0..10].s"), 1.0, "its targets are a part of group `B`");
    refused(
        &pair(current, "", PROB),
        0.05,
        "--scale and --scale-in-degrees: projection `p`: the probability 0.2 becomes 2",
    );
    // The whole group as a part of itself has one current.
    network(&pair(current, "", PROB).replace("B.s", "B[0..50].s")).scale(0.5, 0.5).unwrap();
    let timed = drive.replace("weight", "stop = 100.0, weight");
    refused(&pair(current, &timed, PROB), 1.0, "its Poisson drive of `s` acts from `start` to `stop`");
    // Sources may repeat.
    network(&pair(current, "", &num("multapses = true"))).scale(1.0, 3.0).unwrap();
    // A delta on another variable, and of a model without a resistance.
    let izhikevich = pair("variable = 'V'", "", PROB).replace("LIF", "Izhikevich");
    refused(&izhikevich, 1.0, "adds to `V` of Izhikevich");
    refused(&pair("variable = 'w'", "", PROB).replace("LIF", "AdExIF"), 1.0, "adds to `w` of AdExIF");
}

#[test]
fn a_mean_rate_is_a_rate() {
    for rate in ["-1.0", "nan", "inf", "'x'", "[1.0]"] {
        let text = pair("tau = 5.0", "", PROB).replace("20.0", rate);
        assert!(
            ModelFile::parse(&text).unwrap_err().to_string().contains("mean_rate") || rate.starts_with(['\'', '['])
        );
    }
    // Specifications of older checkpoints have none.
    let net = network(&pair("tau = 5.0", "", PROB));
    let json = serde_json::to_string(&net).unwrap();
    assert_eq!(serde_json::from_str::<Network>(&json).unwrap(), net);
    let old = json.replace(",\"mean_rate\":20.0", "").replace(",\"mean_rate\":null", "");
    let old: Network = serde_json::from_str(&old).unwrap();
    assert!(old.groups.iter().all(|group| group.mean_rate.is_none()));
}
