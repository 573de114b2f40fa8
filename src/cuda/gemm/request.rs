//! The compile requests of matrix products.

use super::Layout;
use super::table::GemmTile;
use crate::cuda::compiler::compile::Request;
use crate::cuda::compiler::source;
use crate::numeric::scalar::DType;

impl Request {
    /// The kernel of a product with this tile.
    pub(crate) fn product(dtype: DType, layout: &Layout, wide: [bool; 2], tile: &GemmTile) -> Self {
        let mut request = of(dtype, layout, tile.file());
        let flags = [
            ("TRANSPOSE_A", layout.transpose[0]),
            ("TRANSPOSE_B", layout.transpose[1]),
            ("WIDE_A", wide[0]),
            ("WIDE_B", wide[1]),
        ];
        request.defines.extend(flags.map(|(name, set)| (name.to_owned(), u8::from(set).to_string())));
        request.defines.extend(tile.defines().into_iter().map(|(name, n)| (name.to_owned(), n.to_string())));
        if !layout.windows.is_empty() {
            request.defines.push(("CONV".into(), "1".into()));
            request.defines.extend(layout.windows.iter().map(|(name, n)| ((*name).to_owned(), format!("{n}"))));
        }
        request
    }

    /// The kernel that adds the partial sums of several thread blocks.
    pub(crate) fn reduce(dtype: DType, layout: &Layout) -> Self {
        of(dtype, layout, "reduce.cu")
    }
}

fn of(dtype: DType, layout: &Layout, file: &str) -> Request {
    let text = source::file(&format!("matmul/{file}")).unwrap_or_default();
    let mut defines = vec![("ACTIVATION".to_owned(), layout.activation.kernel_name())];
    if layout.to_work {
        defines.push(("TO_WORK".to_owned(), "1".to_owned()));
    }
    Request { name: file.to_owned(), dtype, model: (file.to_owned(), text.into()), loops: &[], defines }
}
