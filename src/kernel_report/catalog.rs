//! Every system that the crate brings, as the modules that are compiled for it.

use super::Module;
use crate::cuda::compiler::compile::Request;
use crate::cuda::compiler::request::Probes;
use crate::models::{
    Activation, AdExIf, AdQuaIf, Channel, ChannelKind, CondNeuGroup, Conv2d, Dense, ExpIf, FitzHughNagumo, GruCell, GruCellTorch, Hh,
    HindmarshRose, Izhikevich, Lif, LstmCell, LstmCellTorch, Method, MorrisLecar, QuaIf, RnnCell, TraubMiles, WangBuzsaki,
};
use crate::numeric::scalar::{DType, Real, Scalar};
use crate::system::System;
use crate::system::param::Param;
use crate::system::program::ProgramBody;

/// Every kernel that the crate brings, for every element type that it is for, in the specialisations that differ most: recording
/// nothing, recording the first variable and bits of the second and the output, with parameters of their own for each unit, and
/// generic, which is what can be compiled before anybody asks.
///
/// A loop compiles others too, for what it is asked to record.
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

/// What is compiled when the crate is built: as much as a machine without a compiler can be given, each module once.
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

/// The form of a recording, as `launch_args.cuh` numbers it.
const ALL: usize = 0;
const BITS: usize = 2;

#[derive(Default)]
struct List {
    modules: Vec<Module>,
    /// Only in the generic form.
    ahead_of_time: bool,
}

impl List {
    /// Adds a module, unless it is one of those that are there already under another name.
    fn add(&mut self, name: impl Into<String>, request: Request) {
        let request = if self.ahead_of_time { request.generic() } else { request };
        if self.modules.iter().any(|m| m.request.line() == request.line()) {
            return;
        }
        self.modules.push(Module { name: name.into(), dtype: request.dtype, request, needs: 75 });
    }

    /// All systems, in all types that they are for.
    fn systems(&mut self) {
        self.neurons::<f64>();
        self.neurons::<f32>();
        self.layers::<f64>();
        self.layers::<f32>();
        self.layers::<half::f16>();
        self.layers::<half::bf16>();
    }

    /// The passes that generate a network's synapses.
    fn connect(&mut self) {
        for pass in 0..4 {
            let request = Request::connect(pass);
            self.add(request.entry(), request);
        }
    }

    fn neurons<R: Real>(&mut self) {
        let each = || Param::Each(vec![R::of(1.0)]);
        self.all("lif", &Lif::<R>::new(1));
        let own =
            ["V_rest", "V_reset", "V_th", "R", "tau", "tau_ref"].iter().try_fold(Lif::<R>::new(1), |lif, name| lif.param(name, each()));
        own.iter().for_each(|lif| self.lean("lif_each", lif));
        self.all("hh", &Hh::<R>::new(1));
        let own = ["gNa", "gK", "gL", "C"].iter().try_fold(Hh::<R>::new(1), |hh, name| hh.param(name, each()));
        own.iter().for_each(|hh| self.lean("hh_each", hh));
        self.lean("hh_noise", &Hh::<R>::new(1).noise(1.0));
        for method in Method::ALL.into_iter().filter(|m| *m != Method::ExpAuto) {
            self.lean(&format!("hh_{method}"), &Hh::<R>::new(1).method(method));
        }
        self.lean("lif_conductance", &Lif::<R>::new(1).conductance());
        self.lean("lif_conductance_rk4", &Lif::<R>::new(1).conductance().method(Method::Rk4));
        self.lean("hh_conductance", &Hh::<R>::new(1).conductance());
        self.lean("hh_conductance_rk4", &Hh::<R>::new(1).conductance().method(Method::Rk4));
        self.all("traub_miles", &TraubMiles::<R>::new(1));
        let names = ["ENa", "gNa", "EK", "gK", "EL", "gL", "C", "V_th", "V_T", "tau_ref"];
        let own = names.iter().try_fold(TraubMiles::<R>::new(1), |cell, name| cell.param(name, each()));
        own.iter().for_each(|cell| self.lean("traub_miles_each", cell));
        self.lean("traub_miles_euler", &TraubMiles::<R>::new(1).method(Method::Euler));
        self.lean("traub_miles_rk4", &TraubMiles::<R>::new(1).method(Method::Rk4));
        // Of those that are equations alone: the largest, and one with all that the frame has.
        self.lean("wang_buzsaki", &WangBuzsaki::<R>::new(1));
        self.lean("adex_if_conductance", &AdExIf::<R>::new(1).conductance());
        self.channels::<R>();
        if self.ahead_of_time {
            self.equations::<R>();
        }
    }

    /// Every neuron that is its equations alone.
    fn equations<R: Real>(&mut self) {
        macro_rules! add {
            ($($model:ident)*) => {$(
                self.lean("", &$model::<R>::new(1));
                self.lean("", &$model::<R>::new(1).conductance());
            )*};
        }
        add!(AdExIf AdQuaIf ExpIf FitzHughNagumo HindmarshRose Izhikevich MorrisLecar QuaIf WangBuzsaki);
    }

    /// A neuron with all kinds of channel kinetics. Its text is assembled from several files, so that it cannot be compiled ahead of time.
    fn channels<R: Real>(&mut self) {
        if self.ahead_of_time {
            return;
        }
        use ChannelKind::{ICaTHm1992, IKHh1952, IKTm1991, IL, INaHh1952, INaTm1991, IhHm1992};
        let kinds = [INaHh1952, IKHh1952, INaTm1991, IKTm1991, IL, ICaTHm1992, IhHm1992];
        let none = CondNeuGroup::<R>::new(1);
        self.lean("channels", &kinds.into_iter().fold(none, |cell, kind| cell.channel(kind.name(), Channel::new(kind))));
    }

    fn layers<T: Scalar>(&mut self) {
        for activation in Activation::ALL {
            self.lean::<T>(activation.name(), &activation.layer([2]));
        }
        self.lean("dense", &Dense::<T>::new(2, 2));
        self.lean("conv2d", &Conv2d::<T>::new(2, 2, (2, 2), (3, 3)));
        self.all("rnn_cell", &RnnCell::<T>::new(2, 2));
        if T::DTYPE == DType::F32 && !self.ahead_of_time {
            for activation in [Activation::Tanh, Activation::Gelu] {
                self.lean(&format!("rnn_cell_{activation}"), &RnnCell::<T>::new(2, 2).activation(activation));
            }
        }
        self.all("gru_cell", &GruCell::<T>::new(2, 2));
        self.all("gru_cell_torch", &GruCellTorch::<T>::new(2, 2));
        self.all("lstm_cell", &LstmCell::<T>::new(2, 2));
        self.all("lstm_cell_torch", &LstmCellTorch::<T>::new(2, 2));
        self.stack::<T>();
    }

    /// Small layers as one kernel: every kind of part that it can have.
    fn stack<T: Scalar>(&mut self) {
        if self.ahead_of_time {
            return;
        }
        let mut parts = Self::default();
        parts.lean::<T>("dense", &Dense::<T>::new(2, 2));
        parts.lean::<T>("relu", &Activation::Relu.layer([2]));
        parts.lean::<T>("softmax", &Activation::Softmax.layer([2]));
        parts.lean::<T>("gru_cell", &GruCell::<T>::new(2, 2));
        parts.lean::<T>("lstm_cell", &LstmCell::<T>::new(2, 2));
        let parts: Vec<Request> = parts.modules.into_iter().map(|m| m.request).filter(|r| r.entry() != "cell_step").collect();
        let places: Vec<(usize, usize)> = (0..parts.len()).map(|n| (4096 * n, 4096 * n + 2048)).collect();
        // What is missing is missed by the list's own test.
        if let Ok(request) = crate::cuda::engine::fused_layers::request(T::DTYPE, &parts, &places) {
            self.add("stack", request);
        }
    }

    /// A system's modules, in every specialisation.
    fn all<T: Scalar>(&mut self, name: &str, system: &dyn System<T>) {
        self.lean(name, system);
        let vars = system.schema().state.len();
        // What is recorded is stored as any element is: one type shows what it takes.
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
        // A function is never run step by step.
        let kinds: &[_] = if schema.is_stateless() && !schema.reads_clock { &[(true, "scan")] } else { &[(true, "scan"), (false, "step")] };
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

    /// `EMBEDDED=write` writes the list anew.
    #[test]
    fn what_build_rs_compiles_is_what_loops_ask_for() {
        let lines = ahead_of_time().join("\n");
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels/embedded.txt");
        if std::env::var_os("EMBEDDED").is_some_and(|how| how == "write") {
            std::fs::write(&path, &lines).unwrap();
        }
        assert!(std::fs::read_to_string(&path).unwrap() == lines, "EMBEDDED=write cargo test --lib build_rs writes {}", path.display());
        // Whatever is recorded, and whichever parameters units have of their own.
        for module in list().into_iter().filter(|m| !m.is_specialised()) {
            let line = module.request.clone().generic().line();
            let embedded = lines.lines().any(|l| l == line);
            let seldom = ["_tanh", "_gelu", "channels_"].iter().any(|part| module.name.contains(part));
            assert_eq!(embedded, !seldom, "{module}: {line}");
        }
    }

    #[cfg(feature = "embed-cubin")]
    #[test]
    fn what_was_compiled_beforehand_is_found() {
        use crate::cuda::compiler::embedded::{archs, find, serve};
        for arch in archs() {
            let seldom = |m: &Module| ["_tanh", "_gelu", "channels_"].iter().any(|part| m.name.contains(part));
            for module in list().iter().filter(|m| !m.is_specialised() && !seldom(m)) {
                let image = find(&module.request, (arch / 10, arch % 10)).unwrap();
                assert!(image.is_some_and(|i| i.starts_with(b"\x7fELF")), "{module} on sm_{arch}");
            }
        }
        if archs().contains(&80) {
            assert!(serve((8, 9)) && !serve((8, 7)) && !serve((7, 0)));
            let mut own = list().remove(0).request;
            own.model.1.to_mut().push_str("// mine");
            assert_eq!(find(&own, (8, 9)).unwrap(), None, "another text under the same name");
        }
    }
}
