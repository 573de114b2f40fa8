//! The limits of one chunk: steps and memory.

use crate::cuda::driver::memory::aligned;
use crate::cuda::schedule::plan::Recording;
use crate::cuda::stage::Stage;
use crate::engine::boundary::EngineConfig;
use crate::numeric::scalar::DType;
use crate::system::Coupling;

/// Maximum bytes of a chunk's inputs, of its recordings, and of the data between stages: large
/// enough to hide the latency of a copy, and small enough to allocate at once.
const BETWEEN_HOST: usize = 8 << 20;
const BETWEEN_STAGES: usize = 64 << 20;
/// Maximum steps of a chunk.
const STEPS: u64 = 1 << 16;
/// Maximum steps of a chunk times its units. Memory is allocated for at most this number of steps;
/// the actual length is chosen by time
/// ([`ChunkLength`](crate::cuda::schedule::chunk_length::ChunkLength)).
const UNIT_STEPS: u64 = 1 << 33;
/// The first chunk has this fraction of the maximum steps by work, so that it is short even on a
/// device that is slow at this work.
const CAUTION: u64 = 64;

/// The limits of one chunk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChunkLimits {
    /// Maximum steps.
    pub(crate) steps: u64,
    /// Maximum steps of the very first chunk, whose duration is not known yet.
    pub(crate) first: u64,
    /// Maximum bytes of inputs, of recordings, of the data between stages (two buffers), and of
    /// products with the input.
    pub(crate) input: usize,
    pub(crate) record: usize,
    pub(crate) between: [usize; 2],
    pub(crate) work: usize,
    /// Whether a run is one sequence (coupling `Sequence`). Its chunk is then the whole sequence,
    /// and memory grows with the longest sequence; a launch makes at most `steps` steps.
    pub(crate) whole: bool,
    /// Maximum steps of a launch, independent of memory.
    most: u64,
    /// Bytes per step of the data between stages, and of products with the input.
    passing: usize,
    working: usize,
}

impl ChunkLimits {
    pub(crate) fn new(
        stages: &[Stage],
        recordings: &[Recording],
        wanted: &EngineConfig<'_>,
        free: u64,
        dtype: DType,
    ) -> Self {
        // With little free memory, chunks are shorter.
        let share = |most: usize, of: u64| most.min(usize::try_from(free / of).unwrap_or(most));
        let (between_host, between_stages) = (share(BETWEEN_HOST, 32), share(BETWEEN_STAGES, 8));
        let (rows, element) = (wanted.layout.rows, dtype.size());
        let times = |a: usize, b: usize| a.saturating_mul(b);
        let cells = stages.iter().map(|s| s.node.to.max(s.node.from)).max().unwrap_or(1).max(1);
        let mut steps = (UNIT_STEPS / (times(cells, rows) as u64).max(1)).clamp(1, STEPS);
        let counted =
            stages.iter().filter_map(|s| s.needs.steps).fold(u64::from(u32::MAX), |steps, most| steps.min(most.max(1)));
        steps = steps.min(counted);
        let first = (steps / CAUTION).max(1);
        let most = counted.min(wanted.chunk.unwrap_or(u64::MAX));
        steps = steps.min(most);
        // Bytes per step of each kind of memory. One step always has memory, however large it is.
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

    /// Returns the limits for a sequence of `steps` steps, which are at least the present ones.
    /// `input` and `record` are the bytes of its inputs and recordings. If the additional memory
    /// would exceed `spare` bytes, the number of steps of a launch stays as it is.
    pub(crate) fn extended(&self, steps: u64, input: usize, record: usize, spare: u64) -> Self {
        let all = |each: usize, steps: u64| each.saturating_mul(usize::try_from(steps).unwrap_or(usize::MAX));
        let between = self.between.map(|now| if now > 0 { now.max(all(self.passing, steps)) } else { 0 });
        let least = Self { input: self.input.max(input), record: self.record.max(record), between, ..*self };
        let steps = self.steps.max(steps.min(self.most));
        let whole = Self { steps, work: self.work.max(all(self.working, steps)), ..least };
        if whole.bytes().saturating_sub(self.bytes()) > spare { least } else { whole }
    }

    /// The sum of these limits in bytes: the buffers of one chunk, and those that all chunks share.
    pub(crate) fn bytes(&self) -> u64 {
        [self.input, self.record, self.between[0], self.between[1], self.work]
            .iter()
            .fold(0, |sum, n| sum.saturating_add(*n as u64))
    }
}
