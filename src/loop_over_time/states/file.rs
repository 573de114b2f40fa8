//! States in files: tensors and metadata.

use super::super::AnyLoop;
use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use crate::states::{self, Stamp, StateDict, Tensor, Type, Unmatched};
use crate::system::clock::Clock;

/// The prefix of shared values in a file's metadata.
const SHARED: &str = "shared.";

impl<T: Scalar> AnyLoop<'_, T> {
    pub(crate) fn to_file(&self) -> Result<states::File> {
        let mut file = states::File::default();
        for (_, name, array) in self.arrays()? {
            file.tensors.push((name, Tensor::try_from_array(array)?));
        }
        let Clock { i0, t0, dt, done } = self.clock;
        // Rust writes a float as the shortest text that reads back as the same bits.
        for (key, value) in [("t0", t0), ("dt", dt), ("t", self.clock.t())] {
            file.metadata.insert(key.to_owned(), format!("{value:?}"));
        }
        for (key, value) in [("i0", i0), ("done", done), ("i", self.clock.i()), ("seed", self.shared.seed)] {
            file.metadata.insert(key.to_owned(), value.to_string());
        }
        file.metadata.insert("kind".to_owned(), self.system.kind().to_owned());
        file.metadata.extend(self.shared.iter().map(|(name, value)| (format!("{SHARED}{name}"), format!("{value:?}"))));
        Ok(file)
    }

    pub(crate) fn take_file(&mut self, file: &states::File, strict: bool) -> Result<Unmatched> {
        let own = Type::from(T::DTYPE);
        let mut dict = StateDict { stamp: stamp(file)?, ..StateDict::new() };
        for (name, tensor) in &file.tensors {
            if strict && tensor.dtype != own && self.has(name)? {
                let reason = format!("in the file, but {own} in this loop; load_states_lenient converts it");
                return Err(Error::value(format!("`{name}`"), tensor.dtype, reason));
            }
            // Names in a file are distinct.
            dict.arrays.push((name.clone(), tensor.to_array()?));
        }
        self.take_dict(&dict, strict)
    }
}

/// Reads clock and seed from the metadata of a file. The result is `None` if the file has neither,
/// like files of other programs.
fn stamp(file: &states::File) -> Result<Option<Stamp>> {
    const KEYS: [&str; 5] = ["i0", "t0", "dt", "done", "seed"];
    if !KEYS.iter().any(|key| file.metadata.contains_key(*key)) {
        return Ok(None);
    }
    fn number<V: std::str::FromStr>(file: &states::File, key: &str) -> Result<V> {
        let text = file.metadata.get(key).map_or("nothing", String::as_str);
        text.parse().map_err(|_| Error::value(format!("state: {key}"), format!("`{text}`"), "is not a number"))
    }
    let mut shared = Vec::new();
    for key in file.metadata.keys() {
        if let Some(name) = key.strip_prefix(SHARED) {
            shared.push((name.to_owned(), number(file, key)?));
        }
    }
    Ok(Some(Stamp {
        i0: number(file, "i0")?,
        t0: number(file, "t0")?,
        dt: number(file, "dt")?,
        done: number(file, "done")?,
        seed: number(file, "seed")?,
        shared,
    }))
}
