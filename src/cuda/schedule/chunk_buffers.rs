//! The buffers of one chunk. There are two sets, so that the next chunk can be enqueued while this
//! one is running.

use crate::cuda::driver::context::Context;
use crate::cuda::driver::memory::{ALIGN, Buffer, Pinned};
use crate::cuda::driver::stream::Event;
use crate::cuda::structs::launch_args::LaunchArgs;
use crate::error::Result;
use std::sync::Arc;

#[derive(Debug)]
pub(crate) struct ChunkBuffers {
    pub(crate) input: Buffer,
    pub(crate) record: Buffer,
    /// The state before the chunk.
    pub(crate) backup: Buffer,
    /// The smallest index of a value that is not finite.
    pub(crate) found: Buffer,
    pub(crate) host_input: Pinned,
    pub(crate) host_record: Pinned,
    pub(crate) host_args: Pinned,
    pub(crate) host_found: Pinned,
    pub(crate) uploaded: Event,
    pub(crate) computed: Event,
    pub(crate) downloaded: Event,
}

impl ChunkBuffers {
    /// Byte distance between the jobs of two stages.
    pub(crate) const ARGS: usize = size_of::<LaunchArgs>().next_multiple_of(ALIGN);

    pub(crate) fn new(
        context: &Arc<Context>,
        state: usize,
        [input, record]: [usize; 2],
        launch_args: usize,
    ) -> Result<Self> {
        let buffer = |what: &str, len: usize| Buffer::new(context, what, len);
        let pinned = |what: &str, len: usize| Pinned::new(context, what, len);
        Ok(Self {
            input: buffer("inputs", input)?,
            record: buffer("recordings", record)?,
            backup: buffer("the state before a chunk", state)?,
            found: buffer("a flag", 8)?,
            host_input: pinned("inputs", input)?,
            host_record: pinned("recordings", record)?,
            host_args: pinned("launch arguments", launch_args)?,
            host_found: pinned("a flag", 8)?,
            uploaded: Event::new(context)?,
            computed: Event::new(context)?,
            downloaded: Event::new(context)?,
        })
    }
}
