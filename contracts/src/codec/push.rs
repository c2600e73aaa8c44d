//! Pushes: recognised and made.

use serde_json::{Map, Value};

use super::values;
use crate::contract::{Contract, Push};
use crate::protocol::{Field, Fields};

impl Push {
    /// Whether a payload carries the vendor's marker: it is valid against the contract's schema, and no other push is.
    pub fn is(&self, payload: &Map<String, Value>) -> bool {
        self.payload.schema.allows(&Value::Object(payload.clone()))
    }

    /// The payload of one push. It carries `id` if the contract has a field for it.
    pub fn make(&self, id: &str) -> Map<String, Value> {
        let fields = Fields::new().with(Field::ExchangeId, id);
        match values::write_new(&self.payload.shape, &fields) {
            Some(Value::Object(payload)) => payload,
            _ => Map::new(),
        }
    }
}

impl Contract {
    /// Whether a push is the vendor's. Always false if the vendor sends no pushes.
    pub fn is_push(&self, payload: &Map<String, Value>) -> bool {
        self.push.as_ref().is_some_and(|push| push.is(payload))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::{VENDORS, builtin};

    fn shipped() -> Vec<Contract> {
        VENDORS.iter().map(|vendor| builtin(vendor).unwrap().unwrap()).collect()
    }

    fn payload(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn a_push_that_is_made_bears_the_vendors_marker_and_its_own_id() {
        for contract in shipped() {
            let Some(push) = &contract.push else { continue };
            let made = push.make("push-7");
            assert!(contract.is_push(&made), "{}", contract.vendor);
            assert!(Value::Object(made).to_string().contains("push-7"), "{}", contract.vendor);
        }
    }

    #[test]
    fn a_push_of_somebody_else_is_no_vendors() {
        for contract in shipped() {
            for other in [json!({}), json!({"title": "Two for one on pizza"}), json!({"vendor": contract.vendor})] {
                assert!(!contract.is_push(&payload(other)), "{}", contract.vendor);
            }
        }
    }

    #[test]
    fn no_push_is_one_vendors_and_anothers_too() {
        let contracts = shipped();
        let pushes: Vec<_> = contracts.iter().filter_map(|contract| contract.push.as_ref()).collect();
        assert!(pushes.len() > 1);
        for push in &pushes {
            let takers = pushes.iter().filter(|other| other.is(&push.make("push-7"))).count();
            assert_eq!(takers, 1, "{}", push.operation.id);
        }
    }
}
