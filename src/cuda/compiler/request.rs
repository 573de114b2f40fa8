//! Builds compile requests for the stages of a program: which loops, and which defines.

use super::compile::Request;
use crate::numeric::scalar::DType;
use crate::system::program::{CellProgram, CudaSource, RowFunction};

/// The probes of a loop: for each, the index of the variable and the mode, as `job.cuh` numbers the
/// modes.
pub(crate) type Probes<'p> = &'p [(usize, usize)];

impl Request {
    /// A loop over a pointwise model with `vars` variables and `ports` inputs. With `whole`, one
    /// launch makes all steps of a chunk; otherwise a launch makes one step.
    pub(crate) fn pointwise(
        dtype: DType,
        source: &CudaSource,
        whole: bool,
        [vars, ports]: [usize; 2],
        probes: Probes<'_>,
    ) -> Self {
        let loops: &[&str] = if whole { &["pointwise_scan.cu"] } else { &["pointwise_step.cu"] };
        let mut request = Self::of(dtype, source, loops, probes);
        request.define("N_STATE", vars);
        request.define("N_INPUTS", ports);
        // The loops' `static_assert`s then report errors in the model's file.
        request.define("MODEL_FILE", format!("{:?}", source.file.replace(char::is_control, "?")));
        let each = source.each.iter().fold(0_u32, |bits, (field, _)| bits | 1_u32.checked_shl(*field).unwrap_or(0));
        if each != 0 {
            request.define("EACH", format!("{each}u"));
        }
        request
    }

    /// The same request for a stage whose output no other layer reads. The output is recorded, or
    /// not stored at all.
    pub(crate) fn unread(mut self) -> Self {
        self.define("OUTPUT", 0);
        self
    }

    /// A function of rows.
    pub(crate) fn map(dtype: DType, map: &RowFunction) -> Self {
        let mut request = Self::of(dtype, &map.source, &["map.cu"], &[]);
        request.defines.retain(|(name, _)| name != "N_PROBES");
        request
    }

    /// A loop over a cell with `vars` variables. `whole` is as for [`Request::pointwise`].
    pub(crate) fn cell(dtype: DType, cell: &CellProgram, whole: bool, vars: usize, probes: Probes<'_>) -> Self {
        let loops: &[&str] = if whole { &["cell_scan.cu"] } else { &["cell_step.cu"] };
        let mut request = Self::of(dtype, &cell.source, loops, probes);
        request.define("N_STATE", vars);
        request
    }

    /// A file of `kernels/loops` that needs no model.
    pub(crate) fn tool(dtype: DType, file: &'static str) -> Self {
        let text = super::source::file(&format!("loops/{file}")).unwrap_or_default();
        Self { name: file.to_owned(), dtype, model: (file.to_owned(), text.into()), loops: &[], defines: Vec::new() }
    }

    /// The same request without the defines of a specialisation. Such a module can be compiled when
    /// the crate is built.
    pub(crate) fn generic(mut self) -> Self {
        if !self.loops.iter().any(|name| name.starts_with("pointwise") || name.starts_with("cell")) {
            return self;
        }
        let special = ["N_PROBES", "PROBE_VARS", "PROBE_MODES", "EACH", "OUTPUT", "MODEL_FILE", "GENERIC"];
        self.defines.retain(|(name, _)| !special.contains(&name.as_str()));
        self.define("GENERIC", 1);
        self
    }

    /// Files, element type and defines in the form of a line of `kernels/embedded.txt`. The line
    /// does not depend on the text of the files.
    pub(crate) fn line(&self) -> String {
        let has = |folder: &&str| super::source::file(&format!("{folder}/{}", self.model.0)).is_some();
        let folder = match self.loops.is_empty() {
            false => ["generated"].into_iter().find(has).unwrap_or("models"),
            true => ["matmul", "connectivity"].into_iter().find(has).unwrap_or("loops"),
        };
        let mut files = vec![format!("{folder}/{}", self.model.0)];
        files.extend(self.loops.iter().map(|name| format!("loops/{name}")));
        let mut words: Vec<String> = self.defines.iter().map(|(name, value)| format!("{name}={value}")).collect();
        words.sort();
        words.insert(0, files.join("+"));
        words.insert(1, self.dtype.to_string());
        words.join(" ")
    }

    /// The name of the kernel that the host launches from this module.
    pub(crate) fn entry(&self) -> &'static str {
        match self.loops.first().copied().unwrap_or(self.name.as_str()) {
            "pointwise_scan.cu" => "pointwise_scan",
            "pointwise_step.cu" => "pointwise_step",
            "cell_scan.cu" => "cell_scan",
            "cell_step.cu" => "cell_step",
            "tile_scan.cu" => "tile_scan",
            "tile_step.cu" => "tile_step",
            "tile_gates.cu" => "tile_gates",
            "map.cu" => "map_rows",
            "cursor.cu" => "cursor_advance",
            "stack" => "stack_scan",
            "network_scan" => "network_scan",
            "network_step" => "network_step",
            "simt.cu" | "mma.cu" => "product",
            "hopper.cu" => "product_by_maps",
            "reduce.cu" => "product_reduce",
            "connect.cu" => match self.defined("PASS") {
                Some("0") => "connect_count",
                Some("1") => "connect_fill",
                Some("2") => "connect_order",
                _ => "connect_weights",
            },
            _ => "check_finite",
        }
    }

    /// Whether the module uses instructions that exist on one architecture only (`sm_90a`), and not
    /// on later ones.
    pub(crate) fn is_of_one_arch(&self) -> bool {
        self.model.0 == "hopper.cu"
    }

    pub(crate) fn of(dtype: DType, source: &CudaSource, loops: &'static [&'static str], probes: Probes<'_>) -> Self {
        let file = source.file.to_string();
        let mut request =
            Self { name: file.clone(), dtype, model: (file, source.text.clone()), loops, defines: Vec::new() };
        request.define("PARAMS_BYTES", source.params.len());
        for (name, value) in &source.defines {
            request.define(name, value);
        }
        let list =
            |of: fn(&(usize, usize)) -> usize| probes.iter().map(|p| of(p).to_string()).collect::<Vec<_>>().join(",");
        request.define("N_PROBES", probes.len());
        if !probes.is_empty() {
            request.define("PROBE_VARS", list(|p| p.0));
            request.define("PROBE_MODES", list(|p| p.1));
        }
        request
    }

    fn defined(&self, name: &str) -> Option<&str> {
        self.defines.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn define(&mut self, name: &str, value: impl ToString) {
        self.defines.push((name.to_owned(), value.to_string()));
    }
}
