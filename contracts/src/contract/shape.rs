//! The shape of a body or parameter: the canonical field and the value format of each node.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use super::Proof;
use crate::protocol::{Field, Millis, Timestamp};

/// One node of a body or parameter, with the nodes below it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// The canonical field that the node carries.
    pub field: Option<Field>,
    /// Whether the node tells apart replies that share a status.
    pub tells: bool,
    /// The value in a request if no field feeds the node.
    pub fill: Option<Value>,
    /// The kind of node, with the nodes below it.
    pub kind: ShapeKind,
}

/// The kind of a node.
#[derive(Debug, Clone, PartialEq)]
pub enum ShapeKind {
    /// An object with these members.
    Object(Vec<Member>),
    /// A list of such items.
    List(Box<Shape>),
    /// A single value.
    Leaf(Leaf),
}

/// One member of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The member's name on the wire.
    pub name: String,
    /// Whether it is required.
    pub required: bool,
    /// The shape of its value.
    pub shape: Shape,
}

/// A single value.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Leaf {
    /// The format of the moment, if the value is one.
    pub time: Option<TimeFormat>,
    /// The shape of the claims, if the text is a JWT.
    pub claims: Option<Box<Shape>>,
    /// The algorithm of the proof, if the value is one.
    pub proof: Option<Proof>,
}

impl Shape {
    /// Every node of the shape, this one first.
    pub fn nodes(&self) -> Vec<&Self> {
        let mut nodes = Vec::new();
        self.find(&mut |node| {
            nodes.push(node);
            None::<()>
        });
        nodes
    }

    /// The first result of `look`, which is called for each node in order.
    pub fn find<'s, T>(&'s self, look: &mut impl FnMut(&'s Self) -> Option<T>) -> Option<T> {
        look(self).or_else(|| match &self.kind {
            ShapeKind::Object(members) => members.iter().find_map(|member| member.shape.find(look)),
            ShapeKind::List(item) => item.find(look),
            ShapeKind::Leaf(leaf) => leaf.claims.as_ref().and_then(|claims| claims.find(look)),
        })
    }

    /// The first leaf that carries this field.
    pub fn leaf(&self, field: &Field) -> Option<&Leaf> {
        self.find(&mut |node| match &node.kind {
            ShapeKind::Leaf(leaf) if node.field.as_ref() == Some(field) => Some(leaf),
            _ => None,
        })
    }

    /// The field of the node at a JSON pointer.
    /// Only members of objects are followed, and an object itself has no field here.
    pub fn field_at(&self, pointer: &str) -> Option<&Field> {
        let Some((name, rest)) = pointer.strip_prefix('/').map(|path| path.split_once('/').unwrap_or((path, "")))
        else {
            return self.field.as_ref().filter(|_| !matches!(self.kind, ShapeKind::Object(_)));
        };
        let ShapeKind::Object(members) = &self.kind else { return None };
        let member = members.iter().find(|member| member.name == name)?;
        let rest = if rest.is_empty() { String::new() } else { format!("/{rest}") };
        member.shape.field_at(&rest)
    }

    /// The JSON pointers of the nodes that tell replies apart.
    pub fn telling(&self) -> Vec<String> {
        let here = self.tells.then(String::new);
        let below: Vec<String> = match &self.kind {
            ShapeKind::Object(members) => members
                .iter()
                .flat_map(|member| member.shape.telling().into_iter().map(|rest| format!("/{}{rest}", member.name)))
                .collect(),
            _ => Vec::new(),
        };
        here.into_iter().chain(below).collect()
    }
}

/// The format of a moment on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeFormat {
    /// ISO 8601 with milliseconds and `Z`.
    IsoMs,
    /// Whole seconds since 1970 began.
    EpochSeconds,
    /// Milliseconds since 1970 began.
    EpochMillis,
    /// A strftime pattern, in UTC.
    Pattern(String),
}

/// A text that is no time format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no way to write a moment")]
pub struct BadTimeFormat(String);

impl TimeFormat {
    /// Writes a moment in this format.
    pub fn write(&self, moment: Timestamp) -> Value {
        match self {
            Self::IsoMs => Value::from(moment.to_string()),
            Self::EpochSeconds => Value::from(moment.as_seconds()),
            Self::EpochMillis => Value::from(moment.as_millis()),
            Self::Pattern(pattern) => {
                let text = jiff::fmt::strtime::format(pattern, moment.to_jiff());
                Value::from(text.unwrap_or_else(|_| moment.to_string()))
            }
        }
    }

    /// The resolution of the format: one millisecond or one second.
    pub fn step(&self) -> Millis {
        let finest = Timestamp::from_millis(1);
        let survives = self.read(&self.write(finest)) == Some(finest);
        if survives { Millis::new(1) } else { Millis::from_secs(1) }
    }

    /// Reads a moment in this format. None if the value is no such moment.
    pub fn read(&self, value: &Value) -> Option<Timestamp> {
        match self {
            Self::IsoMs => value.as_str()?.parse().ok(),
            Self::EpochSeconds => Some(Timestamp::from_millis(value.as_i64()?.checked_mul(1000)?)),
            Self::EpochMillis => value.as_i64().map(Timestamp::from_millis),
            Self::Pattern(pattern) => {
                let civil = jiff::civil::DateTime::strptime(pattern, value.as_str()?).ok()?;
                let utc = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
                Some(Timestamp::from_millis(utc.timestamp().as_millisecond()))
            }
        }
    }
}

impl fmt::Display for TimeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IsoMs => f.write_str("iso-ms"),
            Self::EpochSeconds => f.write_str("epoch-s"),
            Self::EpochMillis => f.write_str("epoch-ms"),
            Self::Pattern(pattern) => f.write_str(pattern),
        }
    }
}

impl FromStr for TimeFormat {
    type Err = BadTimeFormat;

    fn from_str(text: &str) -> Result<Self, BadTimeFormat> {
        match text {
            "iso-ms" => Ok(Self::IsoMs),
            "epoch-s" => Ok(Self::EpochSeconds),
            "epoch-ms" => Ok(Self::EpochMillis),
            pattern if reads_back(pattern) => Ok(Self::Pattern(pattern.to_owned())),
            _ => Err(BadTimeFormat(text.to_owned())),
        }
    }
}

/// Whether moments that the pattern writes read back as the same moments, to the second. One moment is in the
/// afternoon, and one is in a century that a two-digit year can't express.
fn reads_back(pattern: &str) -> bool {
    let format = TimeFormat::Pattern(pattern.to_owned());
    let survives = |moment: Timestamp| {
        jiff::fmt::strtime::format(pattern, moment.to_jiff()).is_ok()
            && format.read(&format.write(moment)) == Some(moment)
    };
    [1_612_362_723_000, 16_725_225_600_000].map(Timestamp::from_millis).into_iter().all(survives)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colon_may_stand_before_the_milliseconds() {
        let format: TimeFormat = "%Y-%m-%dT%H:%M:%S:%3f".parse().expect("a pattern");
        let moment = format.read(&Value::from("2019-01-03T06:37:44:003")).expect("a moment");
        assert_eq!(moment.to_string(), "2019-01-03T06:37:44.003Z");
        assert_eq!(format.write(moment), Value::from("2019-01-03T06:37:44:003"));
    }

    #[test]
    fn a_format_is_as_fine_as_what_it_writes() {
        let step = |format: &str| format.parse::<TimeFormat>().expect("a format").step();
        assert_eq!(["iso-ms", "epoch-ms", "%Y-%m-%dT%H:%M:%S:%3f"].map(step), [Millis::new(1); 3]);
        assert_eq!(["epoch-s", "%Y-%m-%dT%H:%M:%SZ"].map(step), [Millis::from_secs(1); 2]);
    }

    #[test]
    fn a_pattern_that_loses_the_time_of_day_is_refused() {
        assert!("%Y-%m-%d".parse::<TimeFormat>().is_err());
        assert!("%y-%m-%dT%H:%M:%S".parse::<TimeFormat>().is_err());
        assert!("no pattern".parse::<TimeFormat>().is_err());
    }
}
