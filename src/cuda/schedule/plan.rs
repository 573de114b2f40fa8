//! The plan of a system on the device: its stages in order, and the recordings of each. This file
//! makes no driver calls.

pub(crate) use crate::cuda::structs::launch_args::Mode;
use crate::cuda::structs::launch_args::{MAX_PROBES, MAX_WEIGHTS};
use crate::engine::boundary::EngineConfig;
use crate::error::{Error, Result};
use crate::recording::{Form, Handle};
use crate::system::program::network::NetworkProgram;
use crate::system::program::{CellProgram, CudaSource, Program, ProgramBody, RowFunction};
use crate::system::scan::ScanDirection;
use crate::system::state::Layout;
use crate::system::{Coupling, Schema};
use std::ops::Range;

/// The kind of a stage.
#[derive(Debug)]
pub(crate) enum StageKind {
    /// A loop over a pointwise model.
    Pointwise(CudaSource),
    /// A function of rows without state: one launch for all steps of a chunk.
    RowWise(RowFunction),
    /// A function of units without state. The pointwise loop runs it in one launch for all steps of
    /// a chunk.
    ElementWise(CudaSource),
    Cell(Box<CellProgram>),
    /// Groups of neurons; each step runs all of them.
    Network(NetworkProgram),
}

/// One stage. It makes all steps of a chunk before the next stage starts.
#[derive(Debug)]
pub(crate) struct PlannedStage {
    pub(crate) kind: StageKind,
    pub(crate) node: Node,
}

/// The part of the system that a stage runs.
#[derive(Debug)]
pub(crate) struct Node {
    /// The prefix of the names of its weights: "" or `l1.`.
    pub(crate) prefix: String,
    /// The number of its random stream.
    pub(crate) stream: u16,
    /// Elements of one row of its input (`from`), and of its output (`to`).
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) ports: usize,
    /// Elements of a row of the output array (`row`), and the position in the row of this stage's
    /// first element (`column`). A parallel branch shares the row with the stage before it.
    pub(crate) row: usize,
    pub(crate) column: usize,
    /// Whether it processes the last step of a chunk first.
    pub(crate) backwards: bool,
    /// Its variables, as a range of the system's variables.
    pub(crate) vars: Range<usize>,
    /// The recordings that its loop makes.
    pub(crate) probes: Vec<Probe>,
}

impl Node {
    /// Whether it is a parallel branch: it reads the same input as the stage before it, and writes
    /// its output next to that stage's in the same rows.
    pub(crate) fn is_beside(&self) -> bool {
        self.column > 0
    }

    /// The node's name for users; "" for the whole system.
    pub(crate) fn name(&self) -> &str {
        self.prefix.trim_end_matches('.')
    }
}

/// A recording that a stage's loop makes.
#[derive(Clone, Debug)]
pub(crate) struct Probe {
    /// The index of the recording among those of the run.
    pub(crate) recording: usize,
    /// The index of the variable in the stage. The number of variables stands for the output.
    pub(crate) var: usize,
    pub(crate) mode: Mode,
    /// For each element of a row its position among the recorded elements, or -1.
    pub(crate) slots: Option<Vec<i32>>,
}

/// A recording of a run: the output, or a monitored variable.
#[derive(Clone, Debug)]
pub(crate) struct Recording {
    pub(crate) every: u64,
    /// Recorded elements of one row.
    pub(crate) width: usize,
    /// Elements of one recorded step; for bits, the number of 32-bit words.
    pub(crate) stride: usize,
    /// For bits: the number of groups, and the elements of each.
    pub(crate) bits: Option<(usize, usize)>,
}

impl Recording {
    /// Bytes of one recorded step.
    pub(crate) fn bytes(&self, element: usize) -> usize {
        self.stride.saturating_mul(if self.bits.is_some() { 4 } else { element })
    }

    /// Returns the position of the first recorded step among the steps from index `i` on.
    pub(crate) fn first(&self, i: u64) -> u64 {
        (self.every - i % self.every) % self.every
    }

    /// Returns how many of `n` steps from index `i` on are recorded.
    pub(crate) fn kept(&self, i: u64, n: u64) -> u64 {
        n.saturating_sub(self.first(i)).div_ceil(self.every)
    }
}

/// Stages in order, and the run's recordings: the output first, if it is recorded, then one for
/// each handle.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) stages: Vec<PlannedStage>,
    pub(crate) recordings: Vec<Recording>,
    /// Whether the first recording is the output.
    pub(crate) keeps_output: bool,
}

impl Plan {
    pub(crate) fn new(program: Program, wanted: &EngineConfig<'_>) -> Result<Self> {
        let mut stages = Vec::new();
        let all = 0..wanted.schema.state.len();
        flatten(program, wanted.schema, String::new(), 0, all, &mut stages)?;
        let mut plan = Self { stages, recordings: Vec::new(), keeps_output: wanted.output_every.is_some() };
        if let Some(every) = wanted.output_every {
            plan.record_output(every, wanted);
        }
        for handle in wanted.handles {
            plan.record(handle, wanted.layout);
        }
        // The groups of a network check their own limit.
        match plan.stages.iter().find(|s| s.node.probes.len() > MAX_PROBES && !matches!(s.kind, StageKind::Network(_)))
        {
            Some(stage) => Err(Error::Unsupported(format!(
                "{} variables of one layer{} are monitored, but a GPU records at most {MAX_PROBES}, including the output",
                stage.node.probes.len(),
                if stage.node.prefix.is_empty() { String::new() } else { format!(" (`{}`)", stage.node.name()) }
            ))),
            None => Ok(plan),
        }
    }

    fn record_output(&mut self, every: u64, wanted: &EngineConfig<'_>) {
        let width = wanted.schema.output_len();
        self.recordings.push(Recording { every, width, stride: width * wanted.layout.rows, bits: None });
        // The last stage, and its parallel branches.
        let first = self.stages.iter().rposition(|stage| !stage.node.is_beside()).unwrap_or(0);
        for last in self.stages.iter_mut().skip(first) {
            if let StageKind::ElementWise(source) = &last.kind
                && every > 1
            {
                // The launch for all steps records every step. The loop over steps can omit steps.
                last.kind = StageKind::Pointwise(source.clone());
            }
            if matches!(last.kind, StageKind::Pointwise(_) | StageKind::Cell(_) | StageKind::Network(_)) {
                last.node.probes.push(Probe { recording: 0, var: last.node.vars.len(), mode: Mode::All, slots: None });
            }
        }
    }

    fn record(&mut self, handle: &Handle, layout: &Layout) {
        let recording = self.recordings.len();
        let len = layout.vars.get(handle.var).map_or(0, |(spec, _)| spec.len());
        let rows = layout.rows;
        let Some(stage) = self.stages.iter_mut().find(|s| s.node.vars.contains(&handle.var)) else { return };
        let var = handle.var - stage.node.vars.start;
        // The kernels of a network make no bits of spike rings, weights and traces. The device then
        // records the values, and the host packs them. Events of these variables are an error.
        let makes_bits = match &stage.kind {
            StageKind::Network(network) => {
                network.plan.groups.iter().any(|g| g.all_vars().contains(&var) && g.spike_ring != var)
            }
            _ => true,
        };
        if handle.form == Form::Events || handle.form == Form::Bits && makes_bits {
            // A pointwise loop packs bits over the whole batch, since its warps do not end at the
            // ends of rows.
            let groups = if matches!(stage.kind, StageKind::Cell(_) | StageKind::Network(_)) {
                (rows, len)
            } else {
                (1, rows * len)
            };
            let stride = groups.0 * groups.1.div_ceil(32);
            // Events are recorded in every step.
            let every = if handle.form == Form::Events { 1 } else { handle.every };
            self.recordings.push(Recording { every, width: len, stride, bits: Some(groups) });
            stage.node.probes.push(Probe { recording, var, mode: Mode::Bits, slots: None });
            return;
        }
        let width = handle.pick.as_ref().map_or(len, Vec::len);
        self.recordings.push(Recording { every: handle.every, width, stride: width * rows, bits: None });
        let slots = handle.pick.as_ref().map(|pick| {
            let mut slots = vec![-1; len];
            for (place, element) in pick.iter().enumerate() {
                slots[*element] = i32::try_from(place).unwrap_or(-1);
            }
            slots
        });
        let mode = if slots.is_some() { Mode::Pick } else { Mode::All };
        stage.node.probes.push(Probe { recording, var, mode, slots });
    }
}

fn flatten(
    program: Program,
    schema: &Schema,
    prefix: String,
    stream: u16,
    vars: Range<usize>,
    stages: &mut Vec<PlannedStage>,
) -> Result<()> {
    let of = |kind| PlannedStage {
        kind,
        node: Node {
            prefix: prefix.clone(),
            stream,
            from: schema.input_len(0),
            to: schema.output_len(),
            ports: schema.inputs.len(),
            row: schema.output_len(),
            column: 0,
            backwards: false,
            vars: vars.clone(),
            probes: Vec::new(),
        },
    };
    let named = |weights: &[&str]| weights.len() <= MAX_WEIGHTS;
    match program.body {
        ProgramBody::Pointwise(_) if schema.coupling != Coupling::Pointwise => {
            return Err(Error::Unsupported("a pointwise program needs a system whose coupling is Pointwise".into()));
        }
        ProgramBody::Pointwise(source) if schema.is_stateless() && !schema.reads_clock => {
            stages.push(of(StageKind::ElementWise(source)))
        }
        ProgramBody::Pointwise(source) => stages.push(of(StageKind::Pointwise(source))),
        ProgramBody::RowFunction(map) if named(&map.weights) => stages.push(of(StageKind::RowWise(map))),
        ProgramBody::Cell(cell) if named(&cell.weights) && named(&cell.input.weights) => {
            let ScanDirection { column, width, backwards } = cell.way;
            let mut stage = of(StageKind::Cell(cell));
            (stage.node.row, stage.node.column, stage.node.backwards) = (width, column, backwards);
            stages.push(stage);
        }
        ProgramBody::Network(network) => stages.push(of(StageKind::Network(network))),
        ProgramBody::RowFunction(_) | ProgramBody::Cell(_) => {
            return Err(Error::Unsupported(format!("a program has more than {MAX_WEIGHTS} weights")));
        }
        ProgramBody::Sequence(layers) => {
            for layer in layers {
                let path = format!("{prefix}{}.", layer.name);
                let own = vars.start + layer.vars.start..vars.start + layer.vars.end;
                // The same numbers as in `State::part`.
                let own_stream = stream.wrapping_mul(31).wrapping_add(layer.index as u16 + 1);
                flatten(layer.program, &layer.schema, path, own_stream, own, stages)?;
            }
        }
    }
    Ok(())
}
