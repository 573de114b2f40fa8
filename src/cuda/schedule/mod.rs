//! What a stage needs before it can be launched: the plan, the length and buffers of a chunk, the
//! launch strategy.

pub(crate) mod chunk_buffers;
pub(crate) mod chunk_length;
pub(crate) mod plan;
pub(crate) mod stage_builder;
pub(crate) mod stage_kernel;
pub(crate) mod strategy;
