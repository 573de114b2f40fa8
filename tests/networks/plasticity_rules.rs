//! Texts of plasticity, compared with a plain loop over synapses, and their general properties.

use crate::cuda::bits::same_states;
use crate::networks::cell::ScriptedCells;
use overtime::models::{Lif, Method};
use overtime::network::{Connect, Group, Network, Plasticity, Projection, Receptor, Stdp, Synapses};
use overtime::rng::Stream;
use overtime::{Device, Equations, Error, Init, LoopOverTime, Real, monitor};

const STEPS: u64 = 301;

/// A rule with variables of synapses, sources and targets, which change in each step and after spikes.
pub(crate) const RULE: &str = "
    param tau = 7
    param low = -0.2
    param gain = 0.02
    input V
    x' = -x/tau
    state x = 0.25
    u' = (V - u)/5
    p' = -p/9
    state q = 0
    c' = -c/20
    w' = gain*c + 0.001*x*max(u - 3, 0)
    weight w from low to 1 - 0.1
    drive = p*(1 - w)
    each step: n += 0.5*x*p - 0.01*n
    state n = 0.1
    on pre: w -= 0.03*drive; c += 0.3*p*u/10; x += 1; w += 0.01*n*x
    on post: w += 0.04*x; c -= 0.1*x*q; p += 1 - 0.1*p; q = 0.5*q + p
";

/// Neurons that fire about every 20 steps, with plastic synapses of one delay and of many.
pub(crate) fn network<T: Real>(n: usize, rule: &Equations) -> Network<T> {
    let few = n.div_ceil(3);
    let cells = |n: usize| Lif::<T>::new(n).param("tau", 1.5).unwrap().v(Init::uniform(-5.0, 20.0));
    let group = |name: &str, n: usize, current: f64| {
        Group::new(name, cells(n)).receptor(Receptor::exponential("s", 2.0)).current(current).noise(3.0)
    };
    let within = Projection::new("within", ("E", n / 4..n), ("E", "s")).connect(Connect::FixedProb(0.6));
    Network::builder(0.1)
        .seed(5)
        .group(group("E", n, 24.0))
        .group(group("I", few, 27.0))
        .project(within.weight(Init::uniform(-0.5, 1.0)).delay(Init::uniform(0.2, 1.1)).plasticity(rule.clone()))
        .project(Projection::new("to", "E", ("I", 0..few, "s")).weight(0.4).delay(0.3).plasticity(rule.clone()))
        .project(
            Projection::new("near", "I", ("E", n / 2..n, "s"))
                .weight(0.3)
                .plasticity(rule.clone().param("gain", 0.05).unwrap())
                .init("c", Init::uniform(-0.5, 0.5))
                .init("u", Init::Constant(4.0)),
        )
        .project(Projection::new("pairs", "I", ("I", "s")).weight(0.3).stdp(Stdp::new(0.5).tau(3.0, 4.0)))
        .build()
        .unwrap()
}

fn rule() -> Equations {
    Equations::new(RULE).unwrap().method(Method::Euler)
}

/// The variables of a synapse, of its source and of its target.
#[derive(Clone, Copy, Debug, Default)]
struct Values {
    w: f64,
    c: f64,
    n: f64,
    x: f64,
    u: f64,
    p: f64,
    q: f64,
    v: f64,
}

impl Values {
    fn clipped(mut self) -> Self {
        self.w = self.w.clamp(-0.2, 0.9);
        self
    }

    fn step(self, gain: f64) -> Self {
        let dt = 0.1;
        let mut new = self;
        new.x += dt * (-self.x / 7.0);
        new.u += dt * ((self.v - self.u) / 5.0);
        new.p += dt * (-self.p / 9.0);
        new.c += dt * (-self.c / 20.0);
        new.w += dt * (gain * self.c + 0.001 * self.x * (self.u - 3.0).max(0.0));
        new.n += 0.5 * new.x * new.p - 0.01 * new.n;
        new.clipped()
    }

    fn on_pre(mut self) -> Self {
        self.w -= 0.03 * self.p * (1.0 - self.w);
        self.c += 0.3 * self.p * self.u / 10.0;
        self.x += 1.0;
        self.w += 0.01 * self.n * self.x;
        self.clipped()
    }

    fn on_post(mut self) -> Self {
        self.w += 0.04 * self.x;
        self.c -= 0.1 * self.x * self.q;
        self.p += 1.0 - 0.1 * self.p;
        self.q = 0.5 * self.q + self.p;
        self.clipped()
    }
}

/// The definition of the rule, applied synapse by synapse in f64. The spikes and potentials are those of
/// the run.
#[test]
fn variables_are_those_of_a_plain_loop() {
    let n = 24;
    let network = network::<f64>(n, &rule());
    let cases =
        [("within", "E", "E", n / 4, 0, 0.02), ("to", "E", "I", 0, 0, 0.02), ("near", "I", "E", 0, n / 2, 0.05)];
    let synapses: Vec<Synapses> = cases.iter().map(|(name, ..)| network.synapses(name, Device::Cpu).unwrap()).collect();
    let names = ["w", "c", "n", "x", "u", "p", "q", "V"];
    let all = cases.iter().flat_map(|(name, ..)| names.iter().map(move |var| format!("{name}.{var}")));
    let vars: Vec<_> = all.chain(["E.V", "I.V", "E.spike", "I.spike"].map(String::from)).map(monitor).collect();
    let mut over_time = LoopOverTime::builder(network).dt(0.1).seed(2).out_vars(vars).build().unwrap();
    let dict = over_time.state_dict().unwrap();
    let start =
        |name: &str, var: &str| dict.get(&format!("{name}.{var}")).unwrap().iter().copied().collect::<Vec<f64>>();
    let start: Vec<_> = cases.iter().map(|(name, ..)| names.map(|var| start(name, var))).collect();
    let run = over_time.run_steps(STEPS).unwrap();
    for (k, (name, from, to, first, first_target, gain)) in cases.into_iter().enumerate() {
        let synapses = &synapses[k];
        let sources = run[&*format!("{name}.x")].shape().last().copied().unwrap();
        let least = synapses.delay.iter().min().copied().unwrap();
        let (mut changed, mut clipped) = (0, 0);
        for at in 0..synapses.pre.len() {
            let (pre, post, delay) = (synapses.pre[at] as usize, synapses.post[at] as usize, synapses.delay[at]);
            let class = (delay - least) as usize;
            // The place of each variable's value for this synapse.
            let source = class * sources + pre;
            let places = [at, at, at, source, post, post, post, post];
            let value = |var: usize| start[k][var][places[var]];
            let mut now = Values {
                w: value(0),
                c: value(1),
                n: value(2),
                x: value(3),
                u: value(4),
                p: value(5),
                q: value(6),
                v: value(7),
            };
            assert!((now.w - synapses.weight[at].clamp(-0.2, 0.9)).abs() < 1e-9 && now.x == 0.25 && now.n == 0.1);
            let spiked =
                |group: &str, unit: usize, step: u64| run[&*format!("{group}.spike")][[step as usize, unit]] == 1.0;
            for step in 0..STEPS {
                now = now.step(gain);
                if step >= u64::from(delay) && spiked(from, first + pre, step - u64::from(delay)) {
                    now = now.on_pre();
                }
                if spiked(to, first_target + post, step) {
                    now = now.on_post();
                }
                now.v = run[&*format!("{to}.V")][[step as usize, first_target + post]];
                let expected = [now.w, now.c, now.n, now.x, now.u, now.p, now.q, now.v];
                for ((var, place), expected) in names.iter().zip(places).zip(expected) {
                    let recorded = &run[&*format!("{name}.{var}")];
                    let row = recorded.index_axis(ndarray::Axis(0), step as usize);
                    let found = *row.iter().nth(place).unwrap();
                    assert!(
                        (found - expected).abs() <= 1e-10 * (1.0 + expected.abs()),
                        "{name}.{var} of synapse {at} in step {step}: {found}, not {expected}"
                    );
                }
                clipped += usize::from(now.w == 0.9 || now.w == -0.2);
            }
            changed += usize::from(now.c != 0.0);
        }
        println!("{name}: {} synapses, {changed} changed, {clipped} weights at a bound", synapses.pre.len());
        assert!(changed > synapses.pre.len() / 2 && clipped > 0);
    }
}

/// Threads, batch, chunks and a restart change no bit.
#[test]
fn bits_depend_on_nothing_but_the_model() {
    let n = 131;
    let builder = |batch: usize| {
        let vars = ["within.w", "within.c", "to.u", "near.w"].map(|name| monitor(name).every(20));
        LoopOverTime::builder(network::<f32>(n, &rule())).dt(0.1).seed(2).batch(batch).out_vars(vars)
    };
    let mut whole = builder(3).build().unwrap();
    whole.run_steps(120).unwrap();
    let mut parts = builder(3).threads(1).build().unwrap();
    for steps in [1, 2, 50, 67] {
        parts.run_steps(steps).unwrap();
    }
    same_states("parts", &parts, &whole);
    let mut first = builder(3).threads(1).build().unwrap();
    first.run_steps(61).unwrap();
    let mut second = builder(3).build().unwrap();
    second.load_state_dict(&first.state_dict().unwrap(), true).unwrap();
    second.run_steps(59).unwrap();
    same_states("after a restart", &second, &whole);
}

#[test]
fn a_text_that_is_no_plasticity_is_refused() {
    let build = |text: &str| {
        let cells = || Lif::<f32>::new(3);
        let rule = Equations::new(text).unwrap();
        Network::builder(0.1)
            .group(Group::new("a", cells()).receptor(Receptor::exponential("s", 2.0)))
            .project(Projection::new("p", "a", ("a", "s")).weight(0.5).plasticity(rule))
            .build()
            .map(|_| ())
    };
    let refused = |text: &str, reason: &str| {
        let error = build(text).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
        error
    };
    refused("x' = -x", "the plasticity of projection `p` is a text without `weight`");
    refused("on spike: transmit 1", "the plasticity of projection `p` is a text without `weight`");
    refused("weight w from 1 to 0\non pre: w += 1", "1 to 0 are not a range");
    refused("weight w from 0 to 0\non pre: w += 1", "leave weights no room to learn");
    refused("weight w from 0 to 1e31\non pre: w += 1", "are not a range of numbers up to 1e30");
    refused("weight w from 0 to 1e-30\non pre: w += 1", "are too small: one of them has at least");
    refused("weight w from 1 to 2\non pre: w += 1", "are all out of the bounds of its plasticity");
    let error = refused("param p = 0\nweight w from 0 to 1\non pre: w += 1/p", "the parameters are impossible");
    assert!(matches!(error, Error::Unsupported(_)), "{error}");
}

/// Sources without a synapse of some delays, and so many arrivals in a step that threads share them.
#[test]
fn threads_share_rows_that_are_partly_empty() {
    const SOURCES: usize = 200;
    let steps = 60;
    let draw = |k: u64| Stream::named(7, "spikes").uniform(k, 0);
    let spikes = || {
        let all = (0..steps * SOURCES as u64).filter(|k| draw(*k) < 0.6);
        all.map(|k| (k / SOURCES as u64, k as usize % SOURCES)).collect()
    };
    let run = |plasticity: Plasticity, threads: usize| {
        let cells = Lif::<f32>::new(500).param("tau", 1.5).unwrap().v(Init::uniform(-5.0, 20.0));
        let synapses = Projection::new("p", "in", ("N", "s")).connect(Connect::FixedProb(0.2));
        let network = Network::builder(0.1)
            .seed(5)
            .group(Group::new("in", ScriptedCells { units: SOURCES, spikes: spikes() }))
            .group(Group::new("N", cells).receptor(Receptor::exponential("s", 2.0)).current(30.0))
            .project(synapses.weight(0.3).delay(Init::uniform(0.1, 5.0)).plasticity(plasticity))
            .build()
            .unwrap();
        let mut over_time = LoopOverTime::builder(network).dt(0.1).seed(2).threads(threads).build().unwrap();
        over_time.run_steps(steps).unwrap();
        over_time
    };
    for plasticity in [Plasticity::from(Stdp::new(0.5).tau(3.0, 4.0)), rule().into()] {
        let alone = run(plasticity.clone(), 1);
        for threads in [2, 3, 8] {
            same_states(&format!("{threads} threads"), &run(plasticity.clone(), threads), &alone);
        }
    }
}

/// The shape of a variable tells what has its values.
#[test]
fn a_trace_of_second_order_belongs_to_the_source() {
    let text = "
        r' = -r/2
        x' = (r - x)/50
        o' = -o/3
        y' = (o - y)/40
        d' = -d/100
        z = x*y
        c' = z - c/10
        weight w from 0 to 1
        on pre: r += 1; w -= 0.01*y
        on post: o += 1; w += 0.01*x + c*d
    ";
    let cells = |n: usize| Lif::<f64>::new(n);
    let network = Network::builder(0.1)
        .group(Group::new("a", cells(3)))
        .group(Group::new("b", cells(2)).receptor(Receptor::exponential("s", 2.0)))
        .project(Projection::new("p", "a", ("b", "s")).weight(0.5).plasticity(Equations::new(text).unwrap()))
        .build()
        .unwrap();
    let dict = LoopOverTime::builder(network).dt(0.1).build().unwrap().state_dict().unwrap();
    for (var, len) in [("w", 6), ("c", 6), ("r", 3), ("x", 3), ("o", 2), ("y", 2), ("d", 2)] {
        assert_eq!(dict.get(&format!("p.{var}")).unwrap().len(), len, "{var}");
    }
}
