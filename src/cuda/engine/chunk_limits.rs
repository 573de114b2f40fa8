//! How much one chunk may take.

use crate::cuda::driver::memory::aligned;
use crate::cuda::schedule::plan::Recording;
use crate::cuda::stage::Stage;
use crate::engine::boundary::EngineConfig;
use crate::numeric::scalar::DType;
use crate::system::Coupling;

/// Memory for what goes between host and device at a time, and between stages: enough to hide what a copy costs to begin, and little
/// enough to be taken at once.
const BETWEEN_HOST: usize = 8 << 20;
const BETWEEN_STAGES: usize = 64 << 20;
/// Most steps of a chunk.
const STEPS: u64 = 1 << 16;
/// Most steps of all units together in a chunk. Memory is taken for so many at most; how many there are, the pace decides.
const UNIT_STEPS: u64 = 1 << 33;
/// Of the most steps by work, the first chunk has this part: on a device with little of what the work needs it is still short.
const CAUTION: u64 = 64;

/// What one chunk may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChunkLimits {
    /// Steps.
    pub(crate) steps: u64,
    /// Steps of the first chunk of all, of which nobody knows how long it takes.
    pub(crate) first: u64,
    /// Bytes of inputs, of recordings, of what goes from stage to stage, of products with the input.
    pub(crate) input: usize,
    pub(crate) record: usize,
    pub(crate) between: [usize; 2],
    pub(crate) work: usize,
    /// Whether a run is one sequence: its chunk is as long as it is, and memory grows with the longest. A launch has `steps` at most.
    pub(crate) whole: bool,
    /// Steps of a launch, whatever memory there is.
    most: u64,
    /// Bytes of one step that goes from stage to stage, and of its products with the input.
    passing: usize,
    working: usize,
}

impl ChunkLimits {
    pub(crate) fn new(stages: &[Stage], recordings: &[Recording], wanted: &EngineConfig<'_>, free: u64, dtype: DType) -> Self {
        // Where memory is short, chunks are.
        let share = |most: usize, of: u64| most.min(usize::try_from(free / of).unwrap_or(most));
        let (between_host, between_stages) = (share(BETWEEN_HOST, 32), share(BETWEEN_STAGES, 8));
        let (rows, element) = (wanted.layout.rows, dtype.size());
        let times = |a: usize, b: usize| a.saturating_mul(b);
        let cells = stages.iter().map(|s| s.node.to.max(s.node.from)).max().unwrap_or(1).max(1);
        let mut steps = (UNIT_STEPS / (times(cells, rows) as u64).max(1)).clamp(1, STEPS);
        let counted = stages.iter().filter_map(|s| s.needs.steps).fold(u64::from(u32::MAX), |steps, most| steps.min(most.max(1)));
        steps = steps.min(counted);
        let first = (steps / CAUTION).max(1);
        let most = counted.min(wanted.chunk.unwrap_or(u64::MAX));
        steps = steps.min(most);
        // What one step takes of each kind of memory; one step always fits, whatever it takes.
        let last = stages.iter().rposition(|s| !s.node.is_beside()).unwrap_or(0);
        let passing = stages.iter().take(last).map(|s| times(times(s.node.row, rows), element)).max().unwrap_or(0);
        let working = stages.iter().map(|s| s.needs.work).max().unwrap_or(0);
        for each in [passing, working] {
            if let Some(most) = between_stages.checked_div(each) {
                steps = steps.min((most as u64).max(1));
            }
        }
        let all = |each: usize| times(each, steps as usize);
        let input = (wanted.schema.inputs.iter())
            .fold(0_usize, |sum, i| sum.saturating_add(aligned(times(times(i.shape.iter().product(), rows), element))));
        let record = recordings.iter().fold(0_usize, |sum, r| sum.saturating_add(aligned(r.bytes(element))));
        let levels = stages.iter().filter(|s| !s.node.is_beside()).count();
        let between = if levels > 1 { all(passing) } else { 0 };
        Self {
            steps,
            first,
            input: all(input).min(between_host.max(input)),
            record: all(record).min(between_host.max(record)),
            between: [between, if levels > 2 { between } else { 0 }],
            work: all(working),
            whole: wanted.schema.coupling == Coupling::Sequence,
            most,
            passing,
            working,
        }
    }

    /// These, or what a sequence of `steps` takes where that is more; `input` and `record` are the bytes of its inputs and recordings. If that
    /// is more than `spare` bytes more, a launch has no more steps than it had.
    pub(crate) fn stretched(&self, steps: u64, input: usize, record: usize, spare: u64) -> Self {
        let all = |each: usize, steps: u64| each.saturating_mul(usize::try_from(steps).unwrap_or(usize::MAX));
        let between = self.between.map(|now| if now > 0 { now.max(all(self.passing, steps)) } else { 0 });
        let least = Self { input: self.input.max(input), record: self.record.max(record), between, ..*self };
        let steps = self.steps.max(steps.min(self.most));
        let whole = Self { steps, work: self.work.max(all(self.working, steps)), ..least };
        if whole.bytes().saturating_sub(self.bytes()) > spare { least } else { whole }
    }

    /// Bytes in all, of one side and of what all share.
    pub(crate) fn bytes(&self) -> u64 {
        [self.input, self.record, self.between[0], self.between[1], self.work].iter().fold(0, |sum, n| sum.saturating_add(*n as u64))
    }
}
