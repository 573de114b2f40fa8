//! A value of a stimulus: one for all units, or one for each.

use crate::error::Result;
use crate::sequence::Sequence;
use overtime::inputs;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A value for all, or a value for each. A file has it as a number, a list of numbers, or a sequence
/// such as `{ linspace = [0, 5, 20] }`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Level {
    /// The same value for all.
    All(f64),
    /// One value for each.
    Each(Vec<f64>),
    /// One value for each, evenly spaced.
    Sequence(Sequence),
}

// By hand rather than `untagged`, which would lose the reason of an error.
impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Level;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, a list of numbers, or a sequence such as { linspace = [0, 5, 20] }")
            }
            fn visit_f64<E>(self, x: f64) -> std::result::Result<Level, E> {
                Ok(Level::All(x))
            }
            fn visit_i64<E>(self, x: i64) -> std::result::Result<Level, E> {
                Ok(Level::All(x as f64))
            }
            fn visit_u64<E>(self, x: u64) -> std::result::Result<Level, E> {
                Ok(Level::All(x as f64))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> std::result::Result<Level, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Level::Each)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<Level, A::Error> {
                Sequence::deserialize(MapAccessDeserializer::new(map)).map(Level::Sequence)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl Level {
    pub(super) fn level(&self) -> Result<inputs::Level> {
        Ok(match self {
            Self::All(x) => inputs::Level::All(*x),
            Self::Each(all) => inputs::Level::Each(all.clone()),
            Self::Sequence(sequence) => inputs::Level::Each(sequence.values()?),
        })
    }

    /// The number of units for which it has values; `None` for one value for all.
    pub(super) fn units(&self) -> Option<u64> {
        match self {
            Self::All(_) => None,
            Self::Each(all) => Some(all.len() as u64),
            Self::Sequence(sequence) => Some(sequence.count()),
        }
    }
}
