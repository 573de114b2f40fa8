//! The values of a model file as its text has them, each with its place.

use crate::error::unknown_name;
use crate::sequence::Sequence;
use crate::strict::{Numbers, Two};
use overtime::{Distribution, Outside};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use toml::Spanned;

/// A value that may be absent, and its place.
pub(crate) type Maybe<V> = Option<Spanned<V>>;
/// Named values, each name and value with its place.
pub(crate) type Table = BTreeMap<Spanned<String>, Spanned<Value>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Layer {
    pub(crate) name: Maybe<String>,
    pub(crate) kind: Maybe<String>,
    pub(crate) num_in: Maybe<u64>,
    pub(crate) num_out: Maybe<u64>,
    pub(crate) hidden: Maybe<u64>,
    pub(crate) num_layers: Maybe<u64>,
    pub(crate) bidirectional: Maybe<bool>,
    pub(crate) activation: Maybe<String>,
    pub(crate) bias: Maybe<bool>,
    pub(crate) in_channels: Maybe<u64>,
    pub(crate) out_channels: Maybe<u64>,
    pub(crate) input_size: Maybe<Pair>,
    pub(crate) kernel_size: Maybe<Pair>,
    pub(crate) stride: Maybe<Pair>,
    pub(crate) padding: Maybe<Padding>,
    pub(crate) dilation: Maybe<Pair>,
    pub(crate) groups: Maybe<u64>,
    #[serde(rename = "Wi_init")]
    pub(crate) wi_init: Maybe<Value>,
    #[serde(rename = "Wh_init")]
    pub(crate) wh_init: Maybe<Value>,
    #[serde(rename = "W_init")]
    pub(crate) w_init: Maybe<Value>,
    pub(crate) b_init: Maybe<Value>,
    pub(crate) state_init: Maybe<Value>,
}

/// A number, a name, or a table of the source of values.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Number(f64),
    Name(String),
    Source(Box<Source>),
}

/// The keys of a table of the source of values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    /// The array in the file.
    pub(crate) array: Option<String>,
    /// The bounds of a distribution, and the rule for values outside of them.
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
    pub(crate) outside: Option<OutsideName>,
    /// All other keys.
    pub(crate) given: Vec<Given>,
}

/// A source of values.
#[derive(Clone, Debug)]
pub(crate) enum Given {
    File(String),
    Random(Distribution),
    Orthogonal(f64),
    Sequence(Sequence),
}

/// The keys of bounds, beside a distribution.
pub(crate) const BOUNDS: [&str; 3] = ["min", "max", "outside"];

/// The name of a rule for values outside of bounds. An unknown name is an error at its place.
#[derive(Clone, Debug)]
pub(crate) struct OutsideName(pub(crate) Outside);

impl<'de> Deserialize<'de> for OutsideName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Outside::named(&name).map(Self).map_err(de::Error::custom)
    }
}

/// A key of a table of the source of values. An unknown key is an error at its place.
struct SourceKey(String);

impl<'de> Deserialize<'de> for SourceKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = String::deserialize(deserializer)?;
        let distributions = Distribution::all().map(|info| info.name);
        let known = ["file", "array"].into_iter().chain(distributions).chain(BOUNDS).chain(["orthogonal"]);
        let known = known.chain(Sequence::NAMES);
        if known.clone().any(|known| known == key) {
            Ok(Self(key))
        } else {
            Err(de::Error::custom(unknown_name("key", &key, known)))
        }
    }
}

// By hand, because the keys of distributions are names of the library.
impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Source;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table such as { uniform = [0.0, 1.0] }")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Source, A::Error> {
                let mut source = Source::default();
                while let Some(SourceKey(key)) = map.next_key()? {
                    match key.as_str() {
                        "array" => source.array = Some(map.next_value()?),
                        "min" => source.min = Some(map.next_value()?),
                        "max" => source.max = Some(map.next_value()?),
                        "outside" => source.outside = Some(map.next_value()?),
                        "file" => source.given.push(Given::File(map.next_value()?)),
                        "orthogonal" => source.given.push(Given::Orthogonal(map.next_value()?)),
                        name => source.given.push(match Sequence::of(name) {
                            Some(sequence) => Given::Sequence(sequence(map.next_value::<Numbers<_>>()?.0)),
                            None => {
                                let Numbers(parameters) = map.next_value::<Numbers<_>>()?;
                                Given::Random(Distribution::named(name, parameters).map_err(de::Error::custom)?)
                            }
                        }),
                    }
                }
                Ok(source)
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

// By hand rather than `untagged`, which would lose the key and the place of an error inside the
// table.
impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Value;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, a name, or a table such as { file = \"p.npz\", array = \"gL\" }")
            }
            fn visit_f64<E: de::Error>(self, x: f64) -> Result<Value, E> {
                Ok(Value::Number(x))
            }
            fn visit_i64<E: de::Error>(self, x: i64) -> Result<Value, E> {
                Ok(Value::Number(x as f64))
            }
            fn visit_u64<E: de::Error>(self, x: u64) -> Result<Value, E> {
                Ok(Value::Number(x as f64))
            }
            fn visit_str<E: de::Error>(self, x: &str) -> Result<Value, E> {
                Ok(Value::Name(x.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
                Source::deserialize(MapAccessDeserializer::new(map)).map(|source| Value::Source(Box::new(source)))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// One number for both axes, or one each.
pub(crate) struct Pair(pub(crate) [u64; 2]);

impl<'de> Deserialize<'de> for Pair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Pair;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number, or two in brackets")
            }
            fn visit_i64<E: de::Error>(self, x: i64) -> Result<Pair, E> {
                let x = u64::try_from(x).map_err(|_| E::custom("a negative size"))?;
                Ok(Pair([x, x]))
            }
            fn visit_u64<E: de::Error>(self, x: u64) -> Result<Pair, E> {
                Ok(Pair([x, x]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Pair, A::Error> {
                Numbers::deserialize(SeqAccessDeserializer::new(seq)).map(|Numbers(pair)| Pair(pair))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// `"SAME"`, `"VALID"`, or the numbers of zeros before and after along each axis.
pub(crate) enum Padding {
    Name(String),
    Explicit([[u64; 2]; 2]),
}

impl<'de> Deserialize<'de> for Padding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Padding;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"SAME\", \"VALID\", or [[top, bottom], [left, right]]")
            }
            fn visit_str<E: de::Error>(self, x: &str) -> Result<Padding, E> {
                Ok(Padding::Name(x.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Padding, A::Error> {
                let Two(Numbers(rows), Numbers(columns)) = Two::deserialize(SeqAccessDeserializer::new(seq))?;
                Ok(Padding::Explicit([rows, columns]))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
