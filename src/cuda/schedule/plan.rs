//! What a system needs on the device: its stages, in which order, and what each of them records.
//! Nothing here calls the driver.

pub(crate) use crate::cuda::structs::launch_args::Mode;
use crate::cuda::structs::launch_args::{MAX_PROBES, MAX_WEIGHTS};
use crate::engine::boundary::EngineConfig;
use crate::error::{Error, Result};
use crate::recording::Handle;
use crate::system::program::network::NetworkProgram;
use crate::system::program::{CellProgram, CudaSource, Program, ProgramBody, RowFunction};
use crate::system::scan::ScanDirection;
use crate::system::state::Layout;
use crate::system::{Coupling, Schema};
use std::ops::Range;

/// How a stage is run.
#[derive(Debug)]
pub(crate) enum StageKind {
    /// A loop over a pointwise model.
    Pointwise(CudaSource),
    /// One launch for all steps of a chunk: a function of rows, or of units.
    RowWise(RowFunction),
    /// A function of units: as a map, but by the pointwise loop.
    ElementWise(CudaSource),
    Cell(Box<CellProgram>),
    /// Groups of neurons, in every step one after another.
    Network(NetworkProgram),
}

/// One stage: what runs over a whole chunk before the next one starts.
#[derive(Debug)]
pub(crate) struct PlannedStage {
    pub(crate) kind: StageKind,
    pub(crate) node: Node,
}

/// The system's part that a stage runs.
#[derive(Debug)]
pub(crate) struct Node {
    /// What its weights' names begin with: "" or `l1.`.
    pub(crate) prefix: String,
    /// Number of its random stream.
    pub(crate) stream: u16,
    /// Elements of one row of its input, and of its output.
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) ports: usize,
    /// Elements of a row that it shares with the stage before it, if it does, and the place in it
    /// of its own first.
    pub(crate) row: usize,
    pub(crate) column: usize,
    /// Whether it takes a chunk's last step first.
    pub(crate) backwards: bool,
    /// Its variables within the whole's.
    pub(crate) vars: Range<usize>,
    /// What it records within its loop.
    pub(crate) probes: Vec<Probe>,
}

impl Node {
    /// Whether it reads what the stage before it reads, and puts its output beside that one's.
    pub(crate) fn is_beside(&self) -> bool {
        self.column > 0
    }

    /// As users know it; "" for the whole.
    pub(crate) fn name(&self) -> &str {
        self.prefix.trim_end_matches('.')
    }
}

/// One recording within a stage's loop.
#[derive(Clone, Debug)]
pub(crate) struct Probe {
    /// Which of the run's recordings.
    pub(crate) recording: usize,
    /// Which of the stage's variables; as many as it has for its output.
    pub(crate) var: usize,
    pub(crate) mode: Mode,
    /// For each element of a row its place among those kept, or -1.
    pub(crate) slots: Option<Vec<i32>>,
}

/// One recording of a run: the output, or a monitored variable.
#[derive(Clone, Debug)]
pub(crate) struct Recording {
    pub(crate) every: u64,
    /// Elements kept of one row.
    pub(crate) width: usize,
    /// Elements, or 32-bit words of bits, of one kept step.
    pub(crate) stride: usize,
    /// For bits: how many groups there are, and how many elements each has.
    pub(crate) bits: Option<(usize, usize)>,
}

impl Recording {
    /// Bytes of one kept step.
    pub(crate) fn bytes(&self, element: usize) -> usize {
        self.stride.saturating_mul(if self.bits.is_some() { 4 } else { element })
    }

    /// Which step of those from index `i` on is the first that is kept.
    pub(crate) fn first(&self, i: u64) -> u64 {
        (self.every - i % self.every) % self.every
    }

    /// How many of `n` steps from index `i` on are kept.
    pub(crate) fn kept(&self, i: u64, n: u64) -> u64 {
        n.saturating_sub(self.first(i)).div_ceil(self.every)
    }
}

/// Stages in order, and the run's recordings: the output first, if it is kept, then one for each
/// handle.
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
        // A network's groups count their own.
        match plan.stages.iter().find(|s| s.node.probes.len() > MAX_PROBES && !matches!(s.kind, StageKind::Network(_))) {
            Some(stage) => Err(Error::Unsupported(format!(
                "{} variables of one layer{} are monitored, a GPU records at most {MAX_PROBES}, the output included",
                stage.node.probes.len(),
                if stage.node.prefix.is_empty() { String::new() } else { format!(" (`{}`)", stage.node.name()) }
            ))),
            None => Ok(plan),
        }
    }

    fn record_output(&mut self, every: u64, wanted: &EngineConfig<'_>) {
        let width = wanted.schema.output_len();
        self.recordings.push(Recording { every, width, stride: width * wanted.layout.rows, bits: None });
        // The last stage, and those that share its output.
        let first = self.stages.iter().rposition(|stage| !stage.node.is_beside()).unwrap_or(0);
        for last in self.stages.iter_mut().skip(first) {
            if let StageKind::ElementWise(source) = &last.kind
                && every > 1
            {
                // Of a function that runs over all steps at once, the loop can leave steps out.
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
        if handle.events {
            // A pointwise loop counts bits over the whole batch, since its warps know no rows.
            let groups = if matches!(stage.kind, StageKind::Cell(_) | StageKind::Network(_)) { (rows, len) } else { (1, rows * len) };
            let stride = groups.0 * groups.1.div_ceil(32);
            // Events are of every step.
            self.recordings.push(Recording { every: 1, width: len, stride, bits: Some(groups) });
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
        ProgramBody::Pointwise(source) if schema.is_stateless() && !schema.reads_clock => stages.push(of(StageKind::ElementWise(source))),
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
            return Err(Error::Unsupported(format!("a program of more than {MAX_WEIGHTS} weights")));
        }
        ProgramBody::Sequence(layers) => {
            for layer in layers {
                let path = format!("{prefix}{}.", layer.name);
                let own = vars.start + layer.vars.start..vars.start + layer.vars.end;
                // As `State::part` numbers them.
                let own_stream = stream.wrapping_mul(31).wrapping_add(layer.index as u16 + 1);
                flatten(layer.program, &layer.schema, path, own_stream, own, stages)?;
            }
        }
    }
    Ok(())
}
