//! The `[[layer]]` tables of a model file.

use super::{Layer, LayerKind, Padding};
use crate::rules::{Line, Result, error, get, start, value};
use crate::strict::Keys;
use crate::toml_values::{self as raw, Maybe};
use overtime::models::{self, Activation, Family};
use toml::Spanned;

/// The largest number of layers.
const MOST: usize = 10_000;

pub(crate) fn sequential(list: Vec<Spanned<Keys<raw::Layer>>>, line: Line<'_>) -> Result<Vec<Layer>> {
    let mut layers: Vec<Layer> = Vec::new();
    if list.len() > MOST {
        return error(line, list.get(MOST).map_or(0, start), format!("more than {MOST} layers"));
    }
    let mut names = std::collections::BTreeSet::new();
    for item in list {
        let at = start(&item);
        let Keys(raw) = item.into_inner();
        let Some(name) = &raw.name else { return error(line, at, "this layer has no `name`") };
        let (name_at, name) = (start(name), name.get_ref().clone());
        if name.is_empty() || name.contains('.') || name.chars().any(char::is_control) {
            return error(
                line,
                name_at,
                format!("layer name `{}` is empty, or has a dot or a control character", name.escape_debug()),
            );
        }
        if !names.insert(name.clone()) {
            return error(line, name_at, format!("two layers named `{name}`"));
        }
        layers.push(Layer { name, kind: kind(raw, at, line)? });
    }
    if layers.is_empty() {
        return error(line, 0, "`layer` is empty");
    }
    Ok(layers)
}

fn kind(raw: raw::Layer, at: usize, line: Line<'_>) -> Result<LayerKind> {
    let Some(kind) = &raw.kind else { return error(line, at, "this layer has no `kind`") };
    let (kind_at, kind) = (start(kind), kind.get_ref().clone());
    if let Ok(activation) = kind.parse::<Activation>() {
        allow(&raw, &kind, &[], &["num_in"], kind_at, line)?;
        return Ok(LayerKind::Function { activation: activation.name().to_owned(), num_in: get(raw.num_in) });
    }
    let known = super::kind(&kind).or_else(|_| {
        let kinds = models::all()
            .iter()
            .filter(|info| matches!(info.family, Family::Cell | Family::Layer))
            .map(|info| &*info.name);
        let functions = Activation::ALL.map(Activation::name);
        let near = models::nearest(&kind, kinds.clone().chain(functions));
        let near = near.map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"));
        let (kinds, functions) = (kinds.collect::<Vec<_>>().join(", "), functions.join(", "));
        let unknown =
            format!("no kind of layer named `{kind}`{near}; there is: {kinds}, and the functions {functions}");
        error(line, kind_at, unknown)
    })?;
    let kind = known.name.to_string();
    let names =
        |required: bool| known.options.iter().filter(|o| o.required == required).map(|o| o.name).collect::<Vec<_>>();
    allow(&raw, &kind, &names(true), &names(false), kind_at, line)?;
    let counts = [
        ("num_in", &raw.num_in),
        ("num_out", &raw.num_out),
        ("hidden", &raw.hidden),
        ("num_layers", &raw.num_layers),
        ("in_channels", &raw.in_channels),
        ("out_channels", &raw.out_channels),
        ("groups", &raw.groups),
    ];
    if let Some((key, Some(none))) = counts.into_iter().find(|(_, n)| n.as_ref().is_some_and(|n| *n.get_ref() == 0)) {
        return error(line, start(none), format!("`{key}` must be a positive number, not 0"));
    }
    let bias = get(raw.bias).unwrap_or(true);
    let mut inits = Vec::new();
    let named =
        [("Wi", raw.wi_init), ("Wh", raw.wh_init), ("W", raw.w_init), ("b", raw.b_init), ("state", raw.state_init)];
    for (name, init) in named {
        if let Some(init) = init {
            let init = value(init, line, &format!("{name}_init"))?;
            // The kernel of a convolution is brainpy's `w`, the matrix of Dense its `W`.
            let name = if kind == "Conv2d" && name == "W" { "w" } else { name };
            inits.push((name.to_owned(), init));
        }
    }
    if kind == "Conv2d" {
        let pair = |p: Maybe<raw::Pair>| p.map_or([1, 1], |p| p.into_inner().0);
        return Ok(LayerKind::Conv2d {
            channels: [size(raw.in_channels), size(raw.out_channels)],
            kernel: pair(raw.kernel_size),
            input: pair(raw.input_size),
            stride: pair(raw.stride),
            padding: raw.padding.map_or(Ok(Padding::Same), |p| padding(p, line))?,
            dilation: pair(raw.dilation),
            groups: get(raw.groups).unwrap_or(1),
            bias,
            inits,
        });
    }
    let activation = raw.activation.map(|a| activation(a, line)).transpose()?;
    if known.takes("hidden") {
        let (num_in, hidden) = (size(raw.num_in), size(raw.hidden));
        let (num_layers, bidirectional) = (get(raw.num_layers).unwrap_or(1), get(raw.bidirectional).unwrap_or(false));
        return Ok(LayerKind::Recurrent { kind, num_in, hidden, num_layers, bidirectional, activation, bias, inits });
    }
    Ok(LayerKind::Cell { kind, num_in: size(raw.num_in), num_out: size(raw.num_out), activation, bias, inits })
}

/// A value that `allow` has checked.
fn size(value: Maybe<u64>) -> u64 {
    get(value).unwrap_or(0)
}

fn activation(name: Spanned<String>, line: Line<'_>) -> Result<String> {
    match name.get_ref().parse::<Activation>() {
        Ok(activation) => Ok(activation.name().to_owned()),
        Err(e) => error(line, start(&name), e.to_string()),
    }
}

fn padding(padding: Spanned<raw::Padding>, line: Line<'_>) -> Result<Padding> {
    let at = start(&padding);
    match padding.into_inner() {
        raw::Padding::Explicit(sides) => Ok(Padding::Explicit(sides)),
        raw::Padding::Name(name) => match name.as_str() {
            "SAME" => Ok(Padding::Same),
            "VALID" => Ok(Padding::Valid),
            _ => error(
                line,
                at,
                format!("`padding` is \"SAME\", \"VALID\" or [[top, bottom], [left, right]], not `{name}`"),
            ),
        },
    }
}

/// Refuses keys that this kind does not take, and a missing key that it needs.
fn allow(raw: &raw::Layer, kind: &str, needs: &[&str], takes: &[&str], at: usize, line: Line<'_>) -> Result<()> {
    let keys = [
        ("num_in", raw.num_in.as_ref().map(start)),
        ("num_out", raw.num_out.as_ref().map(start)),
        ("hidden", raw.hidden.as_ref().map(start)),
        ("num_layers", raw.num_layers.as_ref().map(start)),
        ("bidirectional", raw.bidirectional.as_ref().map(start)),
        ("activation", raw.activation.as_ref().map(start)),
        ("bias", raw.bias.as_ref().map(start)),
        ("in_channels", raw.in_channels.as_ref().map(start)),
        ("out_channels", raw.out_channels.as_ref().map(start)),
        ("input_size", raw.input_size.as_ref().map(start)),
        ("kernel_size", raw.kernel_size.as_ref().map(start)),
        ("stride", raw.stride.as_ref().map(start)),
        ("padding", raw.padding.as_ref().map(start)),
        ("dilation", raw.dilation.as_ref().map(start)),
        ("groups", raw.groups.as_ref().map(start)),
        ("Wi_init", raw.wi_init.as_ref().map(start)),
        ("Wh_init", raw.wh_init.as_ref().map(start)),
        ("W_init", raw.w_init.as_ref().map(start)),
        ("b_init", raw.b_init.as_ref().map(start)),
        ("state_init", raw.state_init.as_ref().map(start)),
    ];
    for (key, place) in keys {
        match place {
            Some(place) if !needs.contains(&key) && !takes.contains(&key) => {
                let all: Vec<&str> = needs.iter().chain(takes).copied().collect();
                let all = if all.is_empty() { "nothing but name and kind".to_owned() } else { all.join(", ") };
                return error(line, place, format!("`{key}` is not for a {kind}; it takes {all}"));
            }
            None if needs.contains(&key) => return error(line, at, format!("a {kind} needs `{key}`")),
            _ => {}
        }
    }
    Ok(())
}
