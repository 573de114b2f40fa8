//! A model file as it stands, every value with its place in the text.

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use toml::Spanned;

/// A value that may be absent, and its place.
pub(super) type Maybe<V> = Option<Spanned<V>>;
/// Named values, each name and value with its place.
pub(super) type Table = BTreeMap<Spanned<String>, Spanned<Value>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    // A group of neurons …
    pub(super) kind: Maybe<String>,
    pub(super) size: Maybe<u64>,
    pub(super) method: Maybe<String>,
    pub(super) noise: Maybe<f64>,
    pub(super) reset: Maybe<String>,
    pub(super) parameters: Option<Table>,
    pub(super) initial: Option<Table>,
    pub(super) channel: Option<Vec<Spanned<super::channels::Raw>>>,
    // … or layers.
    pub(super) layer: Option<Vec<Spanned<Layer>>>,
    // … or a network.
    pub(super) group: Option<Vec<Spanned<super::network::raw::Group>>>,
    pub(super) projection: Option<Vec<Spanned<super::network::raw::Projection>>>,
    pub(super) weights: Maybe<String>,
    // How to run either.
    pub(super) title: Maybe<String>,
    pub(super) batch: Maybe<u64>,
    pub(super) duration: Maybe<f64>,
    pub(super) steps: Maybe<u64>,
    pub(super) input: Maybe<Input>,
    pub(super) lengths: Maybe<Value>,
    pub(super) first_axis: Maybe<String>,
    pub(super) dt: Maybe<f64>,
    pub(super) t0: Maybe<f64>,
    pub(super) dtype: Maybe<String>,
    pub(super) device: Maybe<String>,
    pub(super) strategy: Maybe<String>,
    pub(super) seed: Maybe<u64>,
    pub(super) state: Maybe<String>,
    pub(super) out_vars: Maybe<Vec<String>>,
    pub(super) record_every: Maybe<u64>,
    pub(super) plot: Maybe<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Layer {
    pub(super) name: Maybe<String>,
    pub(super) kind: Maybe<String>,
    pub(super) num_in: Maybe<u64>,
    pub(super) num_out: Maybe<u64>,
    pub(super) hidden: Maybe<u64>,
    pub(super) num_layers: Maybe<u64>,
    pub(super) bidirectional: Maybe<bool>,
    pub(super) activation: Maybe<String>,
    pub(super) bias: Maybe<bool>,
    pub(super) in_channels: Maybe<u64>,
    pub(super) out_channels: Maybe<u64>,
    pub(super) input_size: Maybe<Pair>,
    pub(super) kernel_size: Maybe<Pair>,
    pub(super) stride: Maybe<Pair>,
    pub(super) padding: Maybe<Padding>,
    pub(super) dilation: Maybe<Pair>,
    pub(super) groups: Maybe<u64>,
    #[serde(rename = "Wi_init")]
    pub(super) wi_init: Maybe<Value>,
    #[serde(rename = "Wh_init")]
    pub(super) wh_init: Maybe<Value>,
    #[serde(rename = "W_init")]
    pub(super) w_init: Maybe<Value>,
    pub(super) b_init: Maybe<Value>,
    pub(super) state_init: Maybe<Value>,
}

/// A number, a name, or a table that says where values come from.
pub(super) enum Value {
    Number(f64),
    Name(String),
    Source(Source),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    pub(super) file: Option<String>,
    pub(super) array: Option<String>,
    pub(super) uniform: Option<[f64; 2]>,
    pub(super) normal: Option<[f64; 2]>,
    pub(super) orthogonal: Option<f64>,
}

// By hand rather than `untagged`, which would lose the key and the place of an error inside the table.
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
                Source::deserialize(MapAccessDeserializer::new(map)).map(Value::Source)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// An input: of the only group that takes one, or of groups by name.
pub(super) enum Input {
    One(Value),
    Named(Vec<(Spanned<String>, Spanned<Value>)>),
}

impl<'de> Deserialize<'de> for Input {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Input;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, { file = \"x.npz\", array = \"in\" }, or one of these for each group by its name")
            }
            fn visit_f64<E: de::Error>(self, x: f64) -> Result<Input, E> {
                Ok(Input::One(Value::Number(x)))
            }
            fn visit_i64<E: de::Error>(self, x: i64) -> Result<Input, E> {
                Ok(Input::One(Value::Number(x as f64)))
            }
            fn visit_u64<E: de::Error>(self, x: u64) -> Result<Input, E> {
                Ok(Input::One(Value::Number(x as f64)))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Input, A::Error> {
                let (mut file, mut array, mut named) = (None, None, Vec::new());
                while let Some(key) = map.next_key::<Spanned<String>>()? {
                    match key.get_ref().as_str() {
                        "file" => file = Some(map.next_value::<String>()?),
                        "array" => array = Some(map.next_value::<String>()?),
                        _ => named.push((key, map.next_value::<Spanned<Value>>()?)),
                    }
                }
                match (file.is_some() || array.is_some(), named.is_empty()) {
                    (true, true) => Ok(Input::One(Value::Source(Source { file, array, uniform: None, normal: None, orthogonal: None }))),
                    (true, false) => {
                        Err(de::Error::custom("`file` and `array` beside other names: an input is a file, or a table of groups"))
                    }
                    (false, true) => Err(de::Error::custom("an empty table: an input is a number, a file, or a table of groups")),
                    (false, false) => Ok(Input::Named(named)),
                }
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// One number for both axes, or one each.
pub(super) struct Pair(pub(super) [u64; 2]);

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

/// `"SAME"`, `"VALID"`, or so many before and after along each axis.
pub(super) enum Padding {
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
