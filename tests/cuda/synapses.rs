//! The synapses that a device generates are those of the CPU, one by one.

use crate::cuda::device;
use overtime::models::Lif;
use overtime::network::{Connect, Group, Network, Projection, Receptor, Subgroup};
use overtime::{Device, Distribution, Init};

/// The sizes of the groups of sources and targets, and the connectivity between them.
struct Case {
    sizes: [usize; 2],
    pre: std::ops::Range<usize>,
    post: std::ops::Range<usize>,
    connect: Connect,
    autapses: bool,
    multapses: Option<bool>,
    weight: Init,
    delay: Init,
}

impl Case {
    fn new(connect: Connect, pre: usize, post: usize) -> Self {
        let (weight, delay) = (Init::Constant(0.5), Init::Constant(1.0));
        let (autapses, multapses) = (true, None);
        Self { sizes: [pre, post], pre: 0..pre, post: 0..post, connect, autapses, multapses, weight, delay }
    }

    fn network(&self, seed: u64) -> Network<f32> {
        // If autapses are excluded, sources and targets are in one group.
        let [pre, post] = self.sizes;
        let to = if self.autapses { ("Q", post) } else { ("P", pre.max(post)) };
        let group = |name, n| Group::new(name, Lif::<f32>::new(n)).receptor(Receptor::exponential("s", 5.0).cuba());
        let mut builder = Network::builder(0.1).seed(seed).group(group("P", pre.max(post)));
        if self.autapses {
            builder = builder.group(group(to.0, to.1));
        }
        let projection =
            Projection::new("some", Subgroup::from(("P", self.pre.clone())), (to.0, self.post.clone(), "s"));
        let projection = projection.connect(self.connect.clone()).autapses(self.autapses);
        let projection = match self.multapses {
            Some(multapses) => projection.multapses(multapses),
            None => projection,
        };
        builder.project(projection.weight(self.weight.clone()).delay(self.delay.clone())).build().unwrap()
    }

    fn check(&self, device: Device, seed: u64) {
        let network = self.network(seed);
        let [cpu, cuda] = [Device::Cpu, device].map(|device| network.synapses("some", device).unwrap());
        let what = format!("seed {seed}, {:?} of {:?} and {:?}", self.connect, self.pre, self.post);
        assert_eq!(cpu.pre, cuda.pre, "{what}");
        assert_eq!(cpu.post, cuda.post, "{what}");
        assert_eq!(cpu.delay, cuda.delay, "{what}");
        let bits = |all: &[f64]| all.iter().map(|w| w.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&cpu.weight), bits(&cuda.weight), "{what}");
        assert!(
            cpu.post.len() == cpu.pre.len() && (!cpu.pre.is_empty() || matches!(self.connect, Connect::FixedProb(_))),
            "{what}"
        );
    }
}

#[test]
fn every_rule_makes_the_cpus_synapses() {
    let Some(device) = device() else { return };
    for (k, (pre, post)) in [(33, 33), (1, 257), (130, 7)].into_iter().enumerate() {
        let rules = [
            Connect::FixedProb(0.05),
            Connect::FixedProb(0.9),
            Connect::FixedNumPre(1),
            Connect::FixedNumPost(5),
            Connect::AllToAll,
        ];
        for (n, rule) in rules.into_iter().enumerate() {
            let mut case = Case::new(rule, pre, post);
            if k == 0 {
                case.check(device, 100);
            }
            case.weight = Init::normal(1.0, 0.5);
            case.delay = Init::uniform(0.0, 1.0);
            case.check(device, 200 + k as u64);
            // Two overlapping parts of one group, without autapses.
            case.sizes = [pre.max(post) + 6; 2];
            case.pre = 2..pre + 2;
            case.post = 5..post + 5;
            case.autapses = matches!(case.connect, Connect::FixedNumPre(_)) && pre == 1;
            if n % 2 == 0 {
                case.weight = Init::uniform(-2.0, 1.0);
                case.delay = Init::normal(0.5, 0.5);
            }
            case.check(device, 300 + k as u64);
        }
    }
    Case::new(Connect::OneToOne, 40, 40).check(device, 1);
    Case { autapses: false, pre: 0..40, post: 1..41, sizes: [41, 41], ..Case::new(Connect::OneToOne, 1, 1) }
        .check(device, 2);
    Case::new(Connect::FixedProb(0.0), 4, 4).check(device, 3);
    Case::new(Connect::FixedProb(1.0), 4, 70).check(device, 4);
}

/// A new distribution needs a line here.
#[test]
fn every_distribution_makes_the_cpus_synapses() {
    let distributions =
        [Distribution::Uniform(0.3, 1.7), Distribution::Normal(0.5, 0.2), Distribution::LogNormal(-0.7, 0.3)];
    assert_eq!(distributions.len(), Distribution::all().count());
    let Some(device) = device() else { return };
    let free = distributions.map(Distribution::unbounded);
    let redrawn = distributions.map(|distribution| distribution.redrawn(0.4..=0.6));
    let clipped = distributions.map(|distribution| distribution.clipped(0.4..));
    // A min of half a step, and few draws inside.
    let few = [Distribution::Normal(-0.1, 0.1).redrawn(0.05..), Distribution::Normal(0.0, 1.0).clipped(0.05..=0.05)];
    let all = [&free[..], &redrawn, &clipped, &few].concat();
    for (k, weight) in all.iter().enumerate() {
        let delay: Init = all[(k + 1) % all.len()].into();
        for rule in [Connect::FixedProb(0.3), Connect::FixedNumPost(9)] {
            Case { weight: (*weight).into(), delay: delay.clone(), ..Case::new(rule, 33, 40) }
                .check(device, 400 + k as u64);
        }
    }
}

#[test]
fn wide_targets_and_long_rows() {
    let Some(device) = device() else { return };
    // More targets than 16 bits can index, and rows that are sorted in place.
    Case::new(Connect::FixedProb(0.002), 9, 70_000).check(device, 5);
    Case::new(Connect::FixedNumPre(2), 40, 66_000).check(device, 6);
    let long = Case { delay: Init::uniform(0.0, 0.3), ..Case::new(Connect::FixedNumPost(4500), 2, 5000) };
    long.check(device, 7);
}

#[test]
fn rules_with_multapses_make_the_cpus_synapses() {
    let Some(device) = device() else { return };
    let rules = [Connect::FixedTotalNumber(1501), Connect::FixedNumPost(45), Connect::FixedNumPre(40)];
    for (k, (pre, post)) in [(33, 33), (1, 257), (130, 7)].into_iter().enumerate() {
        for (n, rule) in rules.iter().enumerate() {
            let mut case = Case { multapses: Some(true), ..Case::new(rule.clone(), pre, post) };
            case.check(device, 500);
            case.weight = Init::normal(1.0, 0.5);
            case.check(device, 501);
            case.delay = Init::uniform(0.0, 1.0);
            case.check(device, 502);
            case.weight = Init::Constant(2.0);
            // Two overlapping parts of one group, without autapses.
            case.sizes = [pre.max(post) + 6; 2];
            case.pre = [2..pre + 2, 2..pre + 2, 5..pre + 5][k].clone();
            case.post = [2..post + 2, 5..post + 5, 2..post + 2][n].clone();
            case.autapses = n == 2 && pre == 1;
            case.check(device, 503 + k as u64);
        }
    }
    let drawn = |connect, pre, post| Case {
        multapses: Some(true),
        weight: Init::uniform(0.0, 1.0),
        delay: Init::uniform(0.0, 0.3),
        ..Case::new(connect, pre, post)
    };
    // Rows that fit in shared memory without their numbers only, and rows that do not fit.
    for synapses in [2730, 2731, 4096, 4097] {
        drawn(Connect::FixedNumPost(synapses), 1, 50).check(device, 510);
    }
    drawn(Connect::FixedNumPre(4500), 2, 3).check(device, 511);
    drawn(Connect::FixedTotalNumber(9001), 3, 70_000).check(device, 512);
    Case { multapses: Some(true), ..Case::new(Connect::FixedNumPost(4500), 2, 50) }.check(device, 513);
}

#[test]
fn given_synapses_are_the_hosts() {
    let Some(device) = device() else { return };
    let arrays = Connect::Arrays { pre: vec![1, 0, 1], post: vec![3, 2, 3] };
    let given = Case {
        weight: Init::Values(vec![1.0, -2.0, 0.5]),
        delay: Init::Values(vec![0.2, 0.0, 0.1]),
        ..Case::new(arrays, 2, 4)
    };
    given.check(device, 8);
    let made = given.network(8).synapses("some", device).unwrap();
    assert_eq!((made.pre, made.post, made.delay), (vec![0, 1, 1], vec![2, 3, 3], vec![0, 1, 2]));
    assert_eq!(made.weight, [-2.0, 0.5, 1.0]);
    let error = given.network(8).synapses("none", device).unwrap_err().to_string();
    assert!(error.contains("projection") && error.contains("some"), "{error}");
}
