//! The input of a model file as its text has it.

use crate::error::unknown_name;
use crate::sequence::Sequence;
use crate::stimulus::Stimulus;
use crate::toml_values::{Source, Value};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, IntoDeserializer, MapAccess, Visitor};
use std::fmt;
use toml::Spanned;

/// An input: of the only group that takes one, or of groups by name.
pub(crate) enum Input {
    One(Signal),
    Named(Vec<(Spanned<String>, Spanned<Signal>)>),
}

/// A value, or a stimulus that changes in time.
pub(crate) enum Signal {
    Value(Value),
    Stimulus(Stimulus),
}

impl<'de> Deserialize<'de> for Input {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Input;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{EXPECTED}, or one of these for each group by its name")
            }
            fn visit_f64<E: de::Error>(self, x: f64) -> Result<Input, E> {
                Ok(Input::One(Signal::Value(Value::Number(x))))
            }
            fn visit_i64<E: de::Error>(self, x: i64) -> Result<Input, E> {
                self.visit_f64(x as f64)
            }
            fn visit_u64<E: de::Error>(self, x: u64) -> Result<Input, E> {
                self.visit_f64(x as f64)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Input, A::Error> {
                let mut named = Vec::new();
                while let Some(key) = map.next_key::<Spanned<String>>()? {
                    match (is_key(key.get_ref()), named.is_empty()) {
                        (true, true) => return table(key.into_inner(), map).map(Input::One),
                        (true, false) => {
                            let key = key.get_ref();
                            return Err(de::Error::custom(format!(
                                "`{key}` beside names of groups: an input is one input, or a table of groups"
                            )));
                        }
                        (false, _) => named.push((key, map.next_value::<Spanned<Signal>>()?)),
                    }
                }
                if named.is_empty() {
                    return Err(de::Error::custom(format!(
                        "an empty table: an input is {EXPECTED}, or a table of groups"
                    )));
                }
                Ok(Input::Named(named))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl<'de> Deserialize<'de> for Signal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Signal;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(EXPECTED)
            }
            fn visit_f64<E: de::Error>(self, x: f64) -> Result<Signal, E> {
                Ok(Signal::Value(Value::Number(x)))
            }
            fn visit_i64<E: de::Error>(self, x: i64) -> Result<Signal, E> {
                self.visit_f64(x as f64)
            }
            fn visit_u64<E: de::Error>(self, x: u64) -> Result<Signal, E> {
                self.visit_f64(x as f64)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Signal, A::Error> {
                match map.next_key::<Known>()? {
                    Some(Known(key)) => table(key, map),
                    None => Err(de::Error::custom(format!("an empty table: an input is {EXPECTED}"))),
                }
            }
        }
        deserializer.deserialize_any(Any)
    }
}

const EXPECTED: &str = "a number, { file = \"x.npz\", array = \"in\" }, a sequence such as { linspace = [0, 5, 20] }, or \
                        a stimulus such as { ramp = { c_start = 0, c_end = 5 } }";

/// The first key of an input. An unknown key is an error at its place.
struct Known(String);

impl<'de> Deserialize<'de> for Known {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = String::deserialize(deserializer)?;
        if is_key(&key) { Ok(Self(key)) } else { Err(de::Error::custom(unknown_name("kind of input", &key, known()))) }
    }
}

/// The keys of an input.
fn known() -> impl Iterator<Item = &'static str> {
    ["file", "array"].into_iter().chain(Sequence::NAMES).chain(Stimulus::NAMES)
}

/// Whether a key is one of an input, rather than the name of a group.
fn is_key(key: &str) -> bool {
    known().any(|known| known == key)
}

/// The error of a key of `input` that is not one of an input, in a file without groups.
pub(crate) fn no_group(key: &str) -> Option<String> {
    let unknown = || unknown_name("kind of input", key, known());
    (!is_key(key)).then(|| {
        format!("{}; `input` by name is for the groups of a network, and this file has no `[[group]]`", unknown())
    })
}

/// The input that an unknown key of `input` may mean. Such a key counts as the name of a group.
pub(crate) fn near(key: &str) -> Option<&'static str> {
    overtime::models::nearest(key, Stimulus::NAMES.into_iter().chain(Sequence::NAMES)).filter(|_| !is_key(key))
}

/// The input of a table whose first key has been read.
fn table<'de, A: MapAccess<'de>>(first: String, rest: A) -> Result<Signal, A::Error> {
    let is_stimulus = Stimulus::NAMES.contains(&first.as_str());
    let mut map = Replay { first: Some(first.clone()), rest };
    let signal = if is_stimulus {
        Signal::Stimulus(Stimulus::deserialize(MapAccessDeserializer::new(&mut map))?)
    } else {
        Signal::Value(Value::Source(Box::new(Source::deserialize(MapAccessDeserializer::new(&mut map))?)))
    };
    match map.next_key::<String>()? {
        Some(other) => {
            map.next_value::<IgnoredAny>()?;
            Err(de::Error::custom(format!("`{other}` beside `{first}`: an input is one of them")))
        }
        None => Ok(signal),
    }
}

/// A map whose first key has been read.
struct Replay<A> {
    first: Option<String>,
    rest: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Replay<A> {
    type Error = A::Error;
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        match self.first.take() {
            Some(key) => seed.deserialize(key.into_deserializer()).map(Some),
            None => self.rest.next_key_seed(seed),
        }
    }
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.rest.next_value_seed(seed)
    }
}
