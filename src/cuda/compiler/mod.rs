//! TODO head

pub(crate) mod architecture;
pub(crate) mod cache;
pub(crate) mod compile;
pub(crate) mod embed_key;
pub(crate) mod embedded;
pub(crate) mod images;
pub(crate) mod nvrtc;
pub(crate) mod request;
pub(crate) mod source;
