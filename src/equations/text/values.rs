//! The values of expressions: nodes of the graph, with units.

use super::syntax::{Expr, ExprId, Expressions, Kind, Operator, Whole};
use super::units::Unit;
use crate::equations::graph::{Binary, Graph, Id, Leaf, NODES, Unary};
use crate::error::Mistake;
use std::ops::Range;

/// The functions, and the number of their arguments.
pub(super) const FUNCTIONS: [(&str, usize); 23] = [
    ("exp", 1),
    ("expm1", 1),
    ("log", 1),
    ("sqrt", 1),
    ("sin", 1),
    ("cos", 1),
    ("tanh", 1),
    ("cosh", 1),
    ("sigmoid", 1),
    ("exprel", 1),
    ("exprel_slope", 1),
    ("inv_exprel", 1),
    ("abs", 1),
    ("step", 1),
    ("int", 1),
    ("min", 2),
    ("max", 2),
    ("relax", 2),
    ("clip", 3),
    ("fma", 3),
    ("where", 3),
    ("rand", 0),
    ("randn", 0),
];

/// The largest whole power that is a product.
const POWERS: f64 = 16.0;

/// A node and its unit. A literal 0 has none: it fits everything.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) id: Id,
    pub(super) unit: Option<Unit>,
}

/// The source of the values of names and of random numbers.
pub(super) trait Names {
    /// The value of a name. A mistake without words is one that another line has.
    fn value(&mut self, name: &str) -> Result<Value, String>;
    /// A random number of its own for each call.
    fn random(&mut self, normal: bool) -> Result<Leaf, String>;
    fn graph(&mut self) -> &mut Graph;
}

impl Value {
    fn number(id: Id) -> Self {
        Self { id, unit: Some(Unit::default()) }
    }

    /// Whether it is a number without a unit.
    pub(super) fn is_plain(&self) -> bool {
        self.unit.as_ref().is_none_or(|own| own.is_number() && own.in_units_of(&Unit::default()) == 1.0)
    }

    /// The node, in this unit.
    pub(super) fn in_unit(&self, graph: &mut Graph, unit: &Unit) -> Option<Id> {
        match &self.unit {
            None => Some(self.id),
            Some(own) if own.fits(unit) => {
                let factor = graph.constant(own.in_units_of(unit));
                Some(graph.binary(Binary::Mul, self.id, factor))
            }
            Some(_) => None,
        }
    }

    /// The unit, for the model.
    pub(super) fn unit_name(&self) -> String {
        self.unit.as_ref().map_or_else(|| "0".to_owned(), Unit::to_string)
    }

    /// The unit, for a message such as "a sum of mV and ms".
    fn shown(&self) -> String {
        self.unit.as_ref().map_or_else(|| "0".to_owned(), |unit| shown(unit, ""))
    }

    /// The unit, for a message such as "this is in mV".
    pub(super) fn shown_in(&self) -> String {
        self.unit.as_ref().map_or_else(|| "0".to_owned(), |unit| shown(unit, "in "))
    }
}

/// A unit in a message, after a word.
pub(super) fn shown(unit: &Unit, word: &str) -> String {
    let name = unit.to_string();
    if name == "1" { "a number without a unit".to_owned() } else { format!("{word}{name}") }
}

/// The value of a whole expression.
pub(super) fn evaluate(expressions: &Expressions, whole: Whole, names: &mut impl Names) -> Result<Value, Mistake> {
    let mut values: Vec<Value> = Vec::with_capacity(whole.root.0 + 1 - whole.first);
    for id in whole.first..=whole.root.0 {
        let expression = &expressions.all[id];
        let value = Evaluation { expressions, first: whole.first, values: &values, names }.of(expression)?;
        let graph = names.graph();
        if let Some(number) = graph.value(value.id).filter(|number| !number.is_finite()) {
            let what = if number.is_nan() { "this has no value" } else { "this is infinite" };
            return Err(Mistake::new(expression.at.clone(), what));
        }
        if graph.is_too_large() {
            return Err(Mistake::new(
                expression.at.clone(),
                format!("the equations have more than {NODES} operations"),
            ));
        }
        values.push(value);
    }
    values.pop().ok_or_else(|| Mistake::new(0..0, "an expression is missing"))
}

struct Evaluation<'e, N> {
    expressions: &'e Expressions,
    first: usize,
    values: &'e [Value],
    names: &'e mut N,
}

impl<N: Names> Evaluation<'_, N> {
    fn at(&self, id: ExprId) -> &Value {
        &self.values[id.0 - self.first]
    }

    /// The node of a value that must be a number without a unit.
    fn plain(&mut self, id: ExprId, what: &str) -> Result<Id, Mistake> {
        let value = self.at(id).clone();
        let number = value.in_unit(self.names.graph(), &Unit::default());
        number.ok_or_else(|| {
            Mistake::new(
                self.expressions.at(id),
                format!("{what} is a number without a unit; this is {}", value.shown_in()),
            )
        })
    }

    /// Values of one dimension, in the unit of the first one that has a unit. The place is that of a
    /// mistake.
    fn alike<const COUNT: usize>(
        &mut self,
        all: [ExprId; COUNT],
        what: &str,
        place: &Range<usize>,
    ) -> Result<([Id; COUNT], Option<Unit>), Mistake> {
        let values = all.map(|id| self.at(id).clone());
        let mut ids = values.each_ref().map(|value| value.id);
        let Some(unit) = values.iter().find_map(|value| value.unit.clone()) else { return Ok((ids, None)) };
        for (id, value) in ids.iter_mut().zip(&values) {
            *id = value.in_unit(self.names.graph(), &unit).ok_or_else(|| {
                let units: Vec<String> = values.iter().map(Value::shown).collect();
                Mistake::new(place.clone(), format!("{what} of {}", units.join(" and ")))
            })?;
        }
        Ok((ids, Some(unit)))
    }

    fn of(mut self, expression: &Expr) -> Result<Value, Mistake> {
        match &expression.kind {
            Kind::Number(value, unit) => {
                let id = self.names.graph().constant(*value);
                let unit = unit.clone().or_else(|| (*value != 0.0).then(Unit::default));
                Ok(Value { id, unit })
            }
            Kind::Name(name) => self.names.value(name).map_err(|what| Mistake::new(expression.at.clone(), what)),
            Kind::Neg(a) => {
                let a = self.at(*a).clone();
                Ok(Value { id: self.names.graph().unary(Unary::Neg, a.id), unit: a.unit })
            }
            Kind::Not(a) => {
                let a = self.plain(*a, "a condition")?;
                Ok(Value::number(self.not(a)))
            }
            Kind::Operation(operator, sign, a, b) => self.operation(*operator, sign, (*a, *b), expression),
            Kind::Call(name, arguments) => self.call(name, arguments, expression),
        }
    }

    fn not(&mut self, a: Id) -> Id {
        let graph = self.names.graph();
        let (zero, one) = (graph.constant(0.0), graph.constant(1.0));
        graph.select(a, zero, one)
    }

    fn operation(
        &mut self,
        operator: Operator,
        sign: &Range<usize>,
        (a, b): (ExprId, ExprId),
        at: &Expr,
    ) -> Result<Value, Mistake> {
        let compare = |f| (f, "a comparison");
        let (f, what) = match operator {
            Operator::Add => (Binary::Add, "a sum"),
            Operator::Sub => (Binary::Sub, "a difference"),
            Operator::Less | Operator::Greater => compare(Binary::Less),
            Operator::LessEqual | Operator::GreaterEqual => compare(Binary::LessEqual),
            Operator::Equal | Operator::NotEqual => compare(Binary::Equal),
            Operator::Mul | Operator::Div => return self.product(operator, sign, a, b),
            Operator::Power => return self.power(a, b, at),
            Operator::And | Operator::Or => {
                let (a, b) = (self.plain(a, "a condition")?, self.plain(b, "a condition")?);
                let graph = self.names.graph();
                let (zero, one) = (graph.constant(0.0), graph.constant(1.0));
                let b = graph.select(b, one, zero);
                let both = if operator == Operator::And { graph.select(a, b, zero) } else { graph.select(a, one, b) };
                return Ok(Value::number(both));
            }
        };
        let ([left, right], unit) = self.alike([a, b], what, sign)?;
        let turned = matches!(operator, Operator::Greater | Operator::GreaterEqual);
        let (left, right) = if turned { (right, left) } else { (left, right) };
        let id = self.names.graph().binary(f, left, right);
        match f {
            Binary::Add | Binary::Sub => Ok(Value { id, unit }),
            _ if operator == Operator::NotEqual => Ok(Value::number(self.not(id))),
            _ => Ok(Value::number(id)),
        }
    }

    fn product(&mut self, operator: Operator, sign: &Range<usize>, a: ExprId, b: ExprId) -> Result<Value, Mistake> {
        let (left, right) = (self.at(a).clone(), self.at(b).clone());
        let (of_left, of_right) = (left.unit.unwrap_or_default(), right.unit.unwrap_or_default());
        let graph = self.names.graph();
        let (f, unit) = if operator == Operator::Div {
            if graph.value(right.id) == Some(0.0) {
                return Err(Mistake::new(self.expressions.at(b), "a division by 0"));
            }
            (Binary::Div, of_left.over(&of_right))
        } else {
            (Binary::Mul, of_left.times(&of_right))
        };
        let Some(unit) = unit else {
            let what = format!("the unit of {of_left} and {of_right} has too large powers");
            return Err(Mistake::new(sign.clone(), what));
        };
        Ok(Value { id: graph.binary(f, left.id, right.id), unit: Some(unit) })
    }

    fn power(&mut self, a: ExprId, b: ExprId, at: &Expr) -> Result<Value, Mistake> {
        let base = self.at(a).clone();
        let exponent = self.plain(b, "an exponent")?;
        let known = self.names.graph().value(exponent);
        let unit = base.unit.clone().unwrap_or_default();
        if let Some(n) = known {
            let twice = 2.0 * n;
            let unit = if unit.is_number() && self.plain(a, "").is_ok() {
                Some(Unit::default())
            } else {
                (twice.fract() == 0.0 && twice.abs() < 200.0).then(|| unit.to_power(twice as i16)).flatten()
            };
            let Some(unit) = unit else {
                let what = format!("a unit to the power of {}: {}", crate::error::Number(n), base.unit_name());
                return Err(Mistake::new(at.at.clone(), what));
            };
            let base = if base.unit.is_none_or(|unit| unit.is_number()) { self.plain(a, "")? } else { base.id };
            let graph = self.names.graph();
            let id = if n.fract() == 0.0 && n.abs() <= POWERS {
                let power = graph.power(base, n.abs() as u32);
                let one = graph.constant(1.0);
                if n < 0.0 { graph.binary(Binary::Div, one, power) } else { power }
            } else if n == 0.5 {
                graph.unary(Unary::Sqrt, base)
            } else {
                power_of(graph, base, exponent)
            };
            return Ok(Value { id, unit: Some(unit) });
        }
        if !unit.is_number() {
            let what = format!("a power of {} whose exponent is not a number", base.unit_name());
            return Err(Mistake::new(at.at.clone(), what));
        }
        let base = self.plain(a, "")?;
        Ok(Value::number(power_of(self.names.graph(), base, exponent)))
    }

    fn call(&mut self, name: &str, arguments: &[ExprId], at: &Expr) -> Result<Value, Mistake> {
        let Some((_, count)) = FUNCTIONS.iter().find(|(known, _)| *known == name) else {
            let known: Vec<&str> = FUNCTIONS.iter().map(|(name, _)| *name).collect();
            let nearest = crate::error::nearest::nearest(name, known.iter().copied());
            let hint = nearest.map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default();
            let what = format!("there is no function `{name}`{hint}; there is: {}", known.join(", "));
            return Err(Mistake::new(at.at.clone(), what));
        };
        if arguments.len() != *count {
            let plural = if *count == 1 { "" } else { "s" };
            let are = if arguments.len() == 1 { "is" } else { "are" };
            let what = format!("`{name}` has {count} argument{plural}, and {} {are} given", arguments.len());
            return Err(Mistake::new(at.at.clone(), what));
        }
        let argument = format!("the argument of `{name}`");
        let unary = match name {
            "exp" => Some(Unary::Exp),
            "expm1" => Some(Unary::Expm1),
            "log" => Some(Unary::Log),
            "sin" => Some(Unary::Sin),
            "cos" => Some(Unary::Cos),
            "tanh" => Some(Unary::Tanh),
            "exprel" => Some(Unary::Exprel),
            "exprel_slope" => Some(Unary::ExprelSlope),
            "inv_exprel" => Some(Unary::InvExprel),
            _ => None,
        };
        if let (Some(f), [a]) = (unary, arguments) {
            let a = self.plain(*a, &argument)?;
            return Ok(Value::number(self.names.graph().unary(f, a)));
        }
        match (name, arguments) {
            ("sqrt", [a]) => {
                let a = self.at(*a).clone();
                let unit = a.unit.clone().unwrap_or_default().to_power(1);
                let unit =
                    unit.ok_or_else(|| Mistake::new(at.at.clone(), format!("a square root of {}", a.unit_name())))?;
                Ok(Value { id: self.names.graph().unary(Unary::Sqrt, a.id), unit: Some(unit) })
            }
            ("abs", [a]) => {
                let a = self.at(*a).clone();
                Ok(Value { id: self.names.graph().unary(Unary::Abs, a.id), unit: a.unit })
            }
            // (eˣ + e⁻ˣ)/2
            ("cosh", [a]) => {
                let a = self.plain(*a, &argument)?;
                let graph = self.names.graph();
                let minus = graph.unary(Unary::Neg, a);
                let (up, down) = (graph.unary(Unary::Exp, a), graph.unary(Unary::Exp, minus));
                let (sum, half) = (graph.binary(Binary::Add, up, down), graph.constant(0.5));
                Ok(Value::number(graph.binary(Binary::Mul, sum, half)))
            }
            ("sigmoid", [a]) => {
                let a = self.plain(*a, &argument)?;
                let graph = self.names.graph();
                let minus = graph.unary(Unary::Neg, a);
                let (e, one) = (graph.unary(Unary::Exp, minus), graph.constant(1.0));
                let under = graph.binary(Binary::Add, e, one);
                Ok(Value::number(graph.binary(Binary::Div, one, under)))
            }
            ("step", [a]) => {
                let a = self.at(*a).id;
                let graph = self.names.graph();
                let zero = graph.constant(0.0);
                Ok(Value::number(graph.binary(Binary::LessEqual, zero, a)))
            }
            // A condition is 1 or 0 already.
            ("int", [a]) => match &self.expressions.all[a.0].kind {
                Kind::Not(_) => Ok(self.at(*a).clone()),
                Kind::Operation(operator, ..) if operator.is_condition() => Ok(self.at(*a).clone()),
                _ => {
                    let what = "the argument of `int` is a condition, such as `int(V > 3 mV)`";
                    Err(Mistake::new(self.expressions.at(*a), what))
                }
            },
            ("min" | "max", [a, b]) => {
                let ([a, b], unit) = self.alike([*a, *b], &format!("`{name}`"), &at.at)?;
                let f = if name == "min" { Binary::Min } else { Binary::Max };
                Ok(Value { id: self.names.graph().binary(f, a, b), unit })
            }
            ("clip", [x, low, high]) => {
                let ([x, low, high], unit) = self.alike([*x, *low, *high], "`clip`", &at.at)?;
                let graph = self.names.graph();
                let above = graph.binary(Binary::Max, x, low);
                Ok(Value { id: graph.binary(Binary::Min, above, high), unit })
            }
            ("relax", [a, b]) => {
                let (a, b) = (self.plain(*a, &argument)?, self.plain(*b, &argument)?);
                Ok(Value::number(self.names.graph().binary(Binary::Relax, a, b)))
            }
            ("fma", [a, b, c]) => {
                let (a, b) = (self.plain(*a, &argument)?, self.plain(*b, &argument)?);
                let c = self.plain(*c, &argument)?;
                Ok(Value::number(self.names.graph().fma(a, b, c)))
            }
            ("where", [condition, yes, no]) => {
                let condition = self.plain(*condition, "a condition")?;
                let ([yes, no], unit) = self.alike([*yes, *no], "`where`", &at.at)?;
                Ok(Value { id: self.names.graph().select(condition, yes, no), unit })
            }
            (_, _) => {
                let leaf = self.names.random(name == "randn").map_err(|what| Mistake::new(at.at.clone(), what))?;
                Ok(Value::number(self.names.graph().leaf(leaf)))
            }
        }
    }
}

/// e^(exponent · log base)
fn power_of(graph: &mut Graph, base: Id, exponent: Id) -> Id {
    let log = graph.unary(Unary::Log, base);
    let product = graph.binary(Binary::Mul, log, exponent);
    graph.unary(Unary::Exp, product)
}
