//! The values of a model file as its text has them, each with its place.

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
pub(crate) enum Value {
    Number(f64),
    Name(String),
    Source(Box<Source>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    pub(crate) file: Option<String>,
    pub(crate) array: Option<String>,
    pub(crate) uniform: Option<[f64; 2]>,
    pub(crate) normal: Option<[f64; 2]>,
    pub(crate) orthogonal: Option<f64>,
    pub(crate) linspace: Option<[f64; 3]>,
    pub(crate) logspace: Option<[f64; 3]>,
    pub(crate) geomspace: Option<[f64; 3]>,
    pub(crate) arange: Option<[f64; 3]>,
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
                <[u64; 2]>::deserialize(SeqAccessDeserializer::new(seq)).map(Pair)
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
                <[[u64; 2]; 2]>::deserialize(SeqAccessDeserializer::new(seq)).map(Padding::Explicit)
            }
        }
        deserializer.deserialize_any(Any)
    }
}
