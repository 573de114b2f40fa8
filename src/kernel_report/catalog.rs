//! The modules of every system of the crate, for the kernel report and for `embed-cubin`.

use super::Module;
use crate::cuda::compiler::compile::Request;
use crate::cuda::compiler::request::Probes;
use crate::equations::Equations;
use crate::models;
use crate::models::{
    Activation, AdExIf, Channel, ChannelKind, CondNeuGroup, Conv2d, Dense, Family, GruCell, Hh, Lif, LstmCell, Method,
    TraubMiles, WangBuzsaki, WhiteNoise, brainpy,
};
use crate::numeric::scalar::{DType, Real, Scalar};
use crate::system::System;
use crate::system::param::Param;
use crate::system::program::ProgramBody;

/// Lists every kernel of the crate, for each of its element types, in the specialisations that
/// differ most: without recordings; with recordings of the first variable, bits of the second, and
/// the output; with parameters that differ between units; and generic, the form that is embedded at
/// build time.
///
/// A loop also compiles other specialisations, depending on what it records.
#[must_use]
pub fn list() -> Vec<Module> {
    let mut list = List::default();
    list.systems();
    list.modules.extend(crate::cuda::products().into_iter().map(|(name, request)| {
        let needs = if name == "product_hopper" { 90 } else { 75 };
        Module { name, dtype: request.dtype, request, needs }
    }));
    for dtype in [DType::F64, DType::F32, DType::F16, DType::Bf16] {
        list.add("check", Request::tool(dtype, "check.cu"));
    }
    list.add("cursor", Request::tool(DType::F32, "cursor.cu"));
    list.connect();
    list.modules.extend(super::tiles::list());
    list.modules.extend(super::networks::list());
    list.modules
}

/// The lines of `kernels/embedded.txt`: the modules that `build.rs` compiles for machines without a
/// compiler, each once.
#[cfg(test)]
fn ahead_of_time() -> Vec<String> {
    let mut list = List { modules: Vec::new(), ahead_of_time: true };
    list.systems();
    for dtype in [DType::F64, DType::F32, DType::F16, DType::Bf16] {
        list.add("check", Request::tool(dtype, "check.cu"));
        list.add("cursor", Request::tool(dtype, "cursor.cu"));
    }
    list.connect();
    let mut lines: Vec<String> = list.modules.iter().map(|m| m.request.line()).collect();
    lines.sort();
    lines
}

/// The modes of a recording, as `job.cuh` numbers them.
const ALL: usize = 0;
const BITS: usize = 2;

#[derive(Default)]
struct List {
    modules: Vec<Module>,
    /// Whether the list has only generic modules, for `embed-cubin`.
    ahead_of_time: bool,
}

impl List {
    /// Adds a module unless the list already has it under another name.
    fn add(&mut self, name: impl Into<String>, request: Request) {
        let request = if self.ahead_of_time { request.generic() } else { request };
        let is_same = |m: &Module| m.request.line() == request.line() && m.request.model == request.model;
        if self.modules.iter().any(is_same) {
            return;
        }
        self.modules.push(Module { name: name.into(), dtype: request.dtype, request, needs: 75 });
    }

    /// All systems, with all their element types.
    fn systems(&mut self) {
        self.neurons::<f64>();
        self.neurons::<f32>();
        self.layers::<f64>();
        self.layers::<f32>();
        self.layers::<half::f16>();
        self.layers::<half::bf16>();
    }

    /// The passes that make a network's synapses.
    fn connect(&mut self) {
        for pass in 0..4 {
            let request = Request::connect(pass);
            self.add(request.entry(), request);
        }
    }

    fn neurons<R: Real>(&mut self) {
        let each = || Param::Each(vec![R::of(1.0)]);
        self.all("lif", &Lif::<R>::new(1));
        let own = Lif::<R>::info().parameters.iter().try_fold(Lif::<R>::new(1), |lif, p| lif.param(&p.name, each()));
        own.iter().for_each(|lif| self.lean("lif_each", lif));
        self.all("hh", &Hh::<R>::new(1));
        let own = ["gNa", "gK", "gL", "C"].iter().try_fold(Hh::<R>::new(1), |hh, name| hh.param(name, each()));
        own.iter().for_each(|hh| self.lean("hh_each", hh));
        self.lean("hh_noise", &Hh::<R>::new(1).noise(1.0));
        for method in Method::ALL.into_iter().filter(|m| m.tableau().is_some()) {
            self.lean(&format!("hh_{method}"), &Hh::<R>::new(1).method(method));
        }
        self.lean("lif_conductance", &Lif::<R>::new(1).conductance());
        self.lean("lif_conductance_rk4", &Lif::<R>::new(1).conductance().method(Method::Rk4));
        self.lean("hh_conductance", &Hh::<R>::new(1).conductance());
        self.lean("hh_conductance_rk4", &Hh::<R>::new(1).conductance().method(Method::Rk4));
        self.all("traub_miles", &TraubMiles::<R>::new(1));
        let own = TraubMiles::<R>::info()
            .parameters
            .iter()
            .try_fold(TraubMiles::<R>::new(1), |cell, p| cell.param(&p.name, each()));
        own.iter().for_each(|cell| self.lean("traub_miles_each", cell));
        self.lean("traub_miles_euler", &TraubMiles::<R>::new(1).method(Method::Euler));
        self.lean("traub_miles_rk4", &TraubMiles::<R>::new(1).method(Method::Rk4));
        // Two of the neurons that consist of equations: the largest one, and one with all features
        // of the shared code.
        self.lean("wang_buzsaki", &WangBuzsaki::<R>::new(1));
        self.lean("adex_if_conductance", &AdExIf::<R>::new(1).conductance());
        self.channels::<R>();
        self.white_noise::<R>();
        // A machine without a compiler has no kernels of texts.
        if !self.ahead_of_time {
            self.equations::<R>();
        }
        if self.ahead_of_time {
            self.by_name::<R>();
        }
    }

    /// Neurons by equations as text: one that is also a model of the crate, one with parameters that differ
    /// between units, and one with noise.
    fn equations<R: Real>(&mut self) {
        const TEXTS: [(&str, &str, Method); 4] = [
            ("equations_hh", include_str!("../../examples/equations/hh.eq"), Method::ExpAuto),
            ("equations_hh_rk4", include_str!("../../examples/equations/hh.eq"), Method::Rk4),
            ("equations_adex_each", include_str!("../../examples/equations/adex.eq"), Method::ExpAuto),
            ("equations_noisy_lif", include_str!("../../examples/equations/noisy_lif.eq"), Method::ExpAuto),
        ];
        for (name, text, method) in TEXTS {
            // The test of the list finds a text that is missing.
            let Ok(mut system) = Equations::new(text).map(|equations| equations.method(method)) else { continue };
            if name.ends_with("each") {
                let values: Vec<(String, f64)> =
                    system.parameters().iter().map(|(name, _, value)| ((*name).to_owned(), value.at(0))).collect();
                let own = |value| Param::Each(vec![value]);
                let each = values.into_iter().try_fold(system, |system, (name, value)| system.param(&name, own(value)));
                let Ok(each) = each else { continue };
                system = each;
            }
            self.lean::<R>(name, &system);
        }
    }

    /// Every neuron without a list of channels, with and without an input for a conductance.
    /// Kernels that the list already has are not added again.
    fn by_name<R: Real>(&mut self) {
        for info in models::all().iter().filter(|info| info.family == Family::Neuron && !info.takes("channel")) {
            // The test of the list finds a neuron that is missing.
            let Ok(mut group) = models::neurons::<R>(&info.name, 1) else { continue };
            self.lean("", &*group);
            if group.add_conductance().is_ok() {
                self.lean("", &*group);
            }
        }
    }

    /// A neuron with channels of all kinds of kinetics. Its text is joined from several files, so
    /// that it cannot be embedded at build time.
    fn channels<R: Real>(&mut self) {
        if self.ahead_of_time {
            return;
        }
        // Several kinds may have the same kinetics.
        let mut kinds: Vec<ChannelKind> = Vec::new();
        for kind in ChannelKind::ALL {
            if kinds.iter().all(|other| other.kernel() != kind.kernel()) {
                kinds.push(kind);
            }
        }
        let none = CondNeuGroup::<R>::new(1);
        self.lean(
            "channels",
            &kinds.into_iter().fold(none, |cell, kind| cell.channel(kind.name(), Channel::new(kind))),
        );
    }

    /// A neuron with noise in its current. Its text is joined from two files, so that it cannot be
    /// embedded at build time.
    fn white_noise<R: Real>(&mut self) {
        if !self.ahead_of_time {
            self.lean("white_noise", &WhiteNoise::new(Lif::<R>::new(1), 1.0));
        }
    }

    fn layers<T: Scalar>(&mut self) {
        for activation in Activation::ALL {
            self.lean::<T>(activation.name(), &activation.layer([2]));
        }
        self.lean("dense", &Dense::<T>::new(2, 2));
        self.lean("conv2d", &Conv2d::<T>::new(2, 2, (2, 2), (3, 3)));
        self.all("rnn_cell", &brainpy::RnnCell::<T>::new(2, 2));
        if T::DTYPE == DType::F32 && !self.ahead_of_time {
            for activation in [Activation::Tanh, Activation::Gelu] {
                self.lean(&format!("rnn_cell_{activation}"), &brainpy::RnnCell::<T>::new(2, 2).activation(activation));
            }
        }
        self.all("gru_cell_brainpy", &brainpy::GruCell::<T>::new(2, 2));
        self.all("gru_cell", &GruCell::<T>::new(2, 2));
        self.all("lstm_cell_brainpy", &brainpy::LstmCell::<T>::new(2, 2));
        self.all("lstm_cell", &LstmCell::<T>::new(2, 2));
        self.stack::<T>();
    }

    /// Fused layers, with every kind of part.
    fn stack<T: Scalar>(&mut self) {
        if self.ahead_of_time {
            return;
        }
        let mut parts = Self::default();
        parts.lean::<T>("dense", &Dense::<T>::new(2, 2));
        parts.lean::<T>("relu", &Activation::Relu.layer([2]));
        parts.lean::<T>("softmax", &Activation::Softmax.layer([2]));
        parts.lean::<T>("gru_cell_brainpy", &brainpy::GruCell::<T>::new(2, 2));
        parts.lean::<T>("lstm_cell_brainpy", &brainpy::LstmCell::<T>::new(2, 2));
        let parts: Vec<Request> =
            parts.modules.into_iter().map(|m| m.request).filter(|r| r.entry() != "cell_step").collect();
        let places: Vec<(usize, usize)> = (0..parts.len()).map(|n| (4096 * n, 4096 * n + 2048)).collect();
        // A failure here is found by the test of the list.
        if let Ok(request) = crate::cuda::engine::fused_layers::request(T::DTYPE, &parts, &places) {
            self.add("stack", request);
        }
    }

    /// A system's modules in every specialisation.
    fn all<T: Scalar>(&mut self, name: &str, system: &dyn System<T>) {
        self.lean(name, system);
        let vars = system.schema().state.len();
        // Recordings work in the same way for all element types, so that one type is sufficient.
        let probes = if vars > 1 { vec![(0, ALL), (1, BITS), (vars, ALL)] } else { vec![(0, ALL), (vars, ALL)] };
        if T::DTYPE == DType::F32 {
            self.loops(name, "_recorded", system, &probes);
        }
        let mut generic = Self::default();
        generic.loops(name, "_generic", system, &[]);
        for module in generic.modules {
            self.add(module.name, module.request.generic());
        }
    }

    /// A system's modules that record nothing.
    fn lean<T: Scalar>(&mut self, name: &str, system: &dyn System<T>) {
        match system.program(0.1).map(|program| program.body) {
            Some(ProgramBody::RowFunction(map)) => self.add(name, Request::map(T::DTYPE, &map)),
            Some(ProgramBody::Cell(cell)) => {
                self.add(format!("{name}_input"), Request::map(T::DTYPE, &cell.input));
                self.loops(name, "", system, &[]);
            }
            _ => self.loops(name, "", system, &[]),
        }
    }

    fn loops<T: Scalar>(&mut self, name: &str, suffix: &str, system: &dyn System<T>, probes: Probes<'_>) {
        let schema = system.schema();
        let (vars, ports) = (schema.state.len(), schema.inputs.len());
        // A function without state never runs step by step.
        let kinds: &[_] = if schema.is_stateless() && !schema.reads_clock {
            &[(true, "scan")]
        } else {
            &[(true, "scan"), (false, "step")]
        };
        let Some(program) = system.program(0.1) else { return };
        for (whole, kind) in kinds.iter().copied() {
            let name = format!("{name}_{kind}{suffix}");
            match &program.body {
                ProgramBody::Pointwise(source) => {
                    let request = Request::pointwise(T::DTYPE, source, whole, [vars, ports], probes);
                    self.add(name, if schema.is_stateless() { request } else { request.unread() });
                }
                ProgramBody::Cell(cell) => self.add(name, Request::cell(T::DTYPE, cell, whole, vars, probes)),
                ProgramBody::RowFunction(_) | ProgramBody::Sequence(_) | ProgramBody::Network(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `EMBEDDED=write` writes the file.
    /// Whether the text of a module depends on what a user has written or chosen.
    fn is_never_embedded(module: &Module) -> bool {
        let parts = ["_tanh", "_gelu", "channels_", "white_noise_", "equations_"];
        parts.iter().any(|part| module.name.contains(part))
    }

    #[test]
    fn build_rs_compiles_the_generic_modules_of_loops() {
        let lines = ahead_of_time().join("\n");
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels/embedded.txt");
        if std::env::var_os("EMBEDDED").is_some_and(|how| how == "write") {
            std::fs::write(&path, &lines).unwrap();
        }
        assert!(
            std::fs::read_to_string(&path).unwrap() == lines,
            "EMBEDDED=write cargo test --lib build_rs_compiles writes {}",
            path.display()
        );
        // The generic module does not depend on recordings, nor on the parameters that differ
        // between units.
        for module in list().into_iter().filter(|m| !m.is_specialised()) {
            let line = module.request.clone().generic().line();
            let embedded = lines.lines().any(|l| l == line);
            assert_eq!(embedded, !is_never_embedded(&module), "{module}: {line}");
        }
    }

    #[cfg(feature = "embed-cubin")]
    #[test]
    fn embedded_images_are_found() {
        use crate::cuda::compiler::embedded::{archs, find, serve, types};
        assert!(!archs().is_empty() && !types().is_empty(), "nothing was embedded");
        for arch in archs() {
            let embedded =
                |m: &Module| !m.is_specialised() && !is_never_embedded(m) && types().contains(&m.dtype.name());
            for module in list().iter().filter(|m| embedded(m)) {
                let image = find(&module.request, (arch / 10, arch % 10)).unwrap();
                assert!(image.is_some_and(|i| i.starts_with(b"\x7fELF")), "{module} on sm_{arch}");
            }
        }
        if archs().contains(&80) {
            assert!(serve((8, 9)) && !serve((8, 7)) && !serve((7, 0)));
            let own = list().into_iter().find(|m| types().contains(&m.dtype.name()));
            let mut own = own.expect("each type has modules").request;
            own.model.1.to_mut().push_str("// mine");
            assert_eq!(find(&own, (8, 9)).unwrap(), None, "another text with the same name");
        }
    }
}
