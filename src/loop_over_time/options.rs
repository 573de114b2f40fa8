//! The options of a loop, and their check before it is built.

use super::Progress;
use crate::cuda::Context;
use crate::device::{Device, Products, Strategy};
use crate::error::{Error, Result};
use crate::numeric::scalar::{DType, Scalar};
use crate::recording::{FirstAxis, Handle, OutVars, Structure};
use crate::survey;
use crate::system::clock::Clock;
use crate::system::state::Layout;
use crate::system::tree;
use crate::system::{Schema, Shared, System};
use std::marker::PhantomData;
use std::sync::Arc;

/// The options of a loop, independent of its system.
pub(super) struct Options<T> {
    pub(super) name: Option<String>,
    pub(super) device: Device,
    pub(super) strategy: Strategy,
    pub(super) products: Products,
    pub(super) batch: Option<usize>,
    pub(super) dt: f64,
    pub(super) t0: f64,
    pub(super) i0: u64,
    pub(super) shared: Shared,
    pub(super) out_vars: Option<OutVars>,
    pub(super) first_axis: FirstAxis,
    pub(super) no_state: bool,
    pub(super) record_output: bool,
    pub(super) every: u64,
    pub(super) allow_non_finite: bool,
    pub(super) threads: Option<usize>,
    pub(super) block: Option<usize>,
    pub(super) chunk: Option<u64>,
    pub(super) progress: Option<Progress>,
    pub(super) element: PhantomData<T>,
}

/// The results of checking a system and its options.
pub(super) struct Checked {
    pub(super) schema: Schema,
    pub(super) clock: Clock,
    pub(super) pool: Option<Arc<rayon::ThreadPool>>,
    pub(super) handles: Vec<Handle>,
    pub(super) structure: Option<Structure<usize>>,
    pub(super) name: String,
    /// The absolute names of the nodes.
    pub(super) names: Vec<String>,
    /// The context of the device. This reference prevents a second initialisation.
    pub(super) context: Option<Arc<Context>>,
}

impl<T> Default for Options<T> {
    fn default() -> Self {
        Self {
            name: None,
            device: Device::Cpu,
            strategy: Strategy::Auto,
            products: Products::Fast,
            batch: None,
            dt: 0.1,
            t0: 0.0,
            i0: 0,
            shared: Shared::default(),
            out_vars: None,
            first_axis: FirstAxis::Time,
            no_state: false,
            record_output: true,
            every: 1,
            allow_non_finite: false,
            threads: None,
            block: None,
            chunk: None,
            progress: None,
            element: PhantomData,
        }
    }
}

impl<T: Scalar> Options<T> {
    pub(super) fn check(&self, system: &dyn System<T>) -> Result<Checked> {
        let context = survey::context_of(self.device)?;
        self.strategy.require(self.device)?;
        let schema = system.schema();
        schema.check()?;
        system.check()?;
        super::states::check_names(system, &schema)?;
        if self.no_state && !schema.is_stateless() {
            let vars: Vec<&str> = schema.state.iter().map(|v| &*v.name).collect();
            return Err(Error::Unsupported(format!("no_state: this system has state ({})", vars.join(", "))));
        }
        if self.every == 0 {
            return Err(Error::value("record_every", 0, "is not a positive number of steps"));
        }
        if self.chunk == Some(0) {
            return Err(Error::value("chunk", 0, "is not a positive number of steps"));
        }
        if self.first_axis == FirstAxis::Batch && self.batch.is_none() {
            return Err(Error::Unsupported("first_axis is Batch, but the loop has no batch: call batch(…)".into()));
        }
        let clock = Clock::new(self.i0, self.t0, self.dt)?;
        // Halves are for cells and layers, which do not compute with dt.
        let rounded = if T::DTYPE == DType::F32 { f64::from(self.dt as f32) } else { self.dt };
        if rounded == 0.0 || rounded.is_infinite() {
            return Err(Error::value("dt", self.dt, format!("is {rounded} in {}", T::DTYPE)));
        }
        let (dt, device) = (self.dt, self.device);
        crate::memory::threads::run(|| system.prepare(dt, device))??;
        let pool = match self.threads {
            None => None,
            Some(0) => return Err(Error::value("threads", 0, "is not a positive number")),
            Some(n) => {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build();
                Some(Arc::new(pool.map_err(|e| Error::value("threads", n, format!("could not be started: {e}")))?))
            }
        };
        let probe = Layout::new(&schema, 1).ok_or_else(|| Error::OutOfMemory {
            what: "the state".into(),
            need: u64::MAX,
            free: crate::memory::free(),
        })?;
        let (mut handles, mut structure) = (Vec::new(), None);
        if let Some(vars) = &self.out_vars {
            for monitor in vars.leaves() {
                let handle = Handle::resolve(monitor, &probe, self.every)?;
                if handles.iter().any(|h: &Handle| h.label == handle.label) {
                    let reason = "is monitored twice; give one of them another name with named(…)";
                    return Err(Error::value("out_vars", format!("`{}`", handle.label), reason));
                }
                handles.push(handle);
            }
            let mut next = 0;
            structure = Some(vars.transform(&mut |_| {
                next += 1;
                next - 1
            }));
        }
        if let Some(name) = &self.name {
            tree::keep_name(name);
        }
        let name = self.name.clone().unwrap_or_else(|| tree::unique_name("LoopOverTime"));
        let names = tree::parts(system).iter().map(|(_, _, part)| tree::unique_name(part.kind())).collect();
        Ok(Checked { schema, clock, pool, handles, structure, name, names, context })
    }
}
