//! Compiles CUDA C to machine code: the text of a module, NVRTC, the cache on disk, and the images
//! that were embedded when the crate was built.

pub(crate) mod architecture;
pub(crate) mod cache;
pub(crate) mod compile;
pub(crate) mod embed_key;
pub(crate) mod embedded;
pub(crate) mod hash;
pub(crate) mod images;
pub(crate) mod nvrtc;
pub(crate) mod options;
pub(crate) mod request;
pub(crate) mod source;
