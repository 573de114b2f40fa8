//! The methods of an element type for files.

use half::{bf16, f16};
use ndarray::ArrayViewD;
use overtime::{Scalar, memory};
use overtime_npz::{Stream, Writer};

/// An element type whose arrays numpy can read: in their own type, or in f32 if numpy lacks the
/// type.
pub(crate) trait Element: Scalar {
    /// Adds an array to an npz file.
    fn add_to(npz: &mut Writer, name: &str, array: ArrayViewD<'_, Self>) -> anyhow::Result<()>;

    /// Adds rows to an array of a stream.
    fn grow(stream: &mut Stream, name: &str, rows: ArrayViewD<'_, Self>) -> anyhow::Result<()>;
}

macro_rules! as_it_is {
    ($($t:ty)*) => { $(
        impl Element for $t {
            fn add_to(npz: &mut Writer, name: &str, array: ArrayViewD<'_, Self>) -> anyhow::Result<()> {
                npz.add(name, array)?;
                Ok(())
            }
            fn grow(stream: &mut Stream, name: &str, rows: ArrayViewD<'_, Self>) -> anyhow::Result<()> {
                Ok(stream.append(name, rows)?)
            }
        }
    )* };
}

as_it_is!(f64 f32 f16);

impl Element for bf16 {
    fn add_to(npz: &mut Writer, name: &str, array: ArrayViewD<'_, Self>) -> anyhow::Result<()> {
        npz.add(name, memory::converted("a recording in f32", array, bf16::to_f32)?.view())?;
        Ok(())
    }
    fn grow(stream: &mut Stream, name: &str, rows: ArrayViewD<'_, Self>) -> anyhow::Result<()> {
        Ok(stream.append(name, memory::converted("a recording in f32", rows, bf16::to_f32)?.view())?)
    }
}
