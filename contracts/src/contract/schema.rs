//! JSON Schema, behind one door: the library underneath moves fast.

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

/// One place at which a value breaks a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The place in the value, as a JSON pointer.
    pub place: String,
    /// What is wrong there.
    pub why: String,
}

/// More problems than these tell a sender nothing new.
const MOST_PROBLEMS: usize = 5;

impl Schema {
    /// Compiles a schema; the error says what is wrong with it, and where in it.
    pub fn compile(text: Value) -> Result<Self, Broken> {
        let validator = jsonschema::draft202012::options()
            .build(&text)
            .map_err(|error| Broken { place: error.instance_path().to_string(), why: error.to_string() })?;
        Ok(Self { validator: Arc::new(validator), text: Arc::new(text) })
    }

    /// True if the value is valid.
    pub fn allows(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }

    /// What is wrong with a value, each with its place in it. The value itself is never repeated: it may be a secret.
    pub fn problems(&self, value: &Value) -> Vec<String> {
        self.broken(value).iter().map(ToString::to_string).collect()
    }

    /// The same, with the places apart from the reasons.
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
