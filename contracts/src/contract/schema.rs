//! JSON Schema behind a small interface, because the library underneath changes often.

use std::sync::Arc;

use serde_json::Value;

/// A compiled JSON Schema (2020-12) without references.
#[derive(Clone)]
pub struct Schema {
    validator: Arc<jsonschema::Validator>,
    text: Arc<Value>,
}

impl std::fmt::Debug for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Schema({})", self.text)
    }
}

/// One violation of a schema by a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The place in the value, as a JSON pointer.
    pub place: String,
    /// The violation, as a sentence.
    pub why: String,
}

/// The most problems that are reported. More would tell a sender nothing new.
const MOST_PROBLEMS: usize = 5;

impl Schema {
    /// Compiles a schema. The error has the reason, and the place in the schema.
    pub fn compile(text: Value) -> Result<Self, Broken> {
        let validator = jsonschema::draft202012::options()
            .build(&text)
            .map_err(|error| Broken { place: error.instance_path().to_string(), why: error.to_string() })?;
        Ok(Self { validator: Arc::new(validator), text: Arc::new(text) })
    }

    /// Whether the value is valid.
    pub fn allows(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }

    /// The problems of a value, each with its place in it.
    /// The value itself is never repeated, because it may be a secret.
    pub fn problems(&self, value: &Value) -> Vec<String> {
        self.broken(value).iter().map(ToString::to_string).collect()
    }

    /// The problems of a value, with place and reason apart.
    /// The value itself is never repeated, because it may be a secret.
    pub fn broken(&self, value: &Value) -> Vec<Broken> {
        if self.allows(value) {
            return Vec::new();
        }
        let errors = self.validator.iter_errors(value).take(MOST_PROBLEMS);
        let broken = errors.map(|error| Broken {
            place: error.instance_path().to_string(),
            why: error.masked_with("the value").to_string(),
        });
        broken.collect()
    }

    /// The schema as JSON.
    pub fn as_json(&self) -> &Value {
        &self.text
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.place.as_str() {
            "" => write!(f, "the body: {}", self.why),
            place => write!(f, "`{place}`: {}", self.why),
        }
    }
}
