//! The spec of a fault: what it does, where and when.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::contract::Contract;

use super::Fault;

/// A fault, with the requests on which it fires.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultSpec {
    /// The fault.
    pub fault: Fault,
    /// The vendor on whose operations the fault fires. Default: all vendors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// The `operationId` or command on which the fault fires. Default: all operations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The install on whose requests the fault fires, by the label in its base URL. Default: all installs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub install: Option<String>,
    /// The matching requests on which the fault fires. Default: the next one.
    #[serde(default)]
    pub when: When,
}

/// The requests on which a fault fires, among those that match.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// The next N requests.
    Next(#[schemars(range(min = 1))] u64),
    /// The Nth request, counted from 1 since the fault was set.
    Nth(#[schemars(range(min = 1))] u64),
    /// Each request with this probability, drawn from the seed, the sandbox, the operation and the request's number
    /// there.
    Probability(#[schemars(range(min = 0.0, max = 1.0))] f64),
}

impl Default for When {
    fn default() -> Self {
        Self::Next(1)
    }
}

/// The reason why a fault can't be set or released.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// The vendor is not served.
    #[error("no vendor `{name}` is served here; there is: {}", known.join(", "))]
    UnknownVendor {
        /// The name in the spec.
        name: String,
        /// The names of the vendors that are served.
        known: Vec<String>,
    },
    /// No such operation or command exists.
    #[error("`{name}` is neither an operation nor a command here; there is: {}", known.join(", "))]
    UnknownOperation {
        /// The name in the spec.
        name: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// A value in the fault is out of range.
    #[error("{0}")]
    Number(String),
    /// No fault with this number is set.
    #[error("no fault {id} is set; there is: {}", known.join(", "))]
    UnknownFault {
        /// The number that was given.
        id: u64,
        /// The numbers of the faults that are set.
        known: Vec<String>,
    },
}

impl FaultSpec {
    /// A fault on the next request to any operation.
    pub fn new(fault: Fault) -> Self {
        Self { fault, vendor: None, operation: None, install: None, when: When::default() }
    }

    /// Limits the fault to one operation, by its id or its command.
    pub fn on(mut self, operation: &str) -> Self {
        self.operation = Some(operation.to_owned());
        self
    }

    /// Limits the fault to the requests of one install.
    pub fn of(mut self, install: &str) -> Self {
        self.install = Some(install.to_owned());
        self
    }

    /// Sets the requests on which the fault fires.
    pub fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    /// The fault, where and when, as histories word it.
    pub fn words(&self) -> String {
        let place = match (&self.operation, &self.vendor) {
            (Some(operation), Some(vendor)) => format!("{operation} of {vendor}"),
            (Some(operation), None) => operation.clone(),
            (None, Some(vendor)) => format!("all of {vendor}"),
            (None, None) => "all operations".to_owned(),
        };
        let whose = self.install.iter().map(|install| format!(" by {install}")).collect::<String>();
        format!("{} on {place}{whose}, {}", self.fault.words(), self.when.words())
    }

    pub(crate) fn check(&self, contracts: &[Arc<Contract>]) -> Result<(), FaultError> {
        self.check_place(contracts)?;
        self.when.check()?;
        self.fault.wrong().map_or(Ok(()), |wrong| Err(FaultError::Number(wrong)))
    }

    fn check_place(&self, contracts: &[Arc<Contract>]) -> Result<(), FaultError> {
        let served: Vec<&Arc<Contract>> = contracts
            .iter()
            .filter(|contract| self.vendor.as_ref().is_none_or(|vendor| *vendor == contract.vendor))
            .collect();
        if let (true, Some(name)) = (served.is_empty(), &self.vendor) {
            let known = contracts.iter().map(|contract| contract.vendor.clone()).collect();
            return Err(FaultError::UnknownVendor { name: name.clone(), known });
        }
        let Some(name) = &self.operation else { return Ok(()) };
        let mut known: Vec<String> = served
            .iter()
            .flat_map(|contract| &contract.operations)
            .flat_map(|operation| [operation.id.clone(), operation.command.to_string()])
            .collect();
        if known.contains(name) {
            return Ok(());
        }
        known.sort();
        known.dedup();
        Err(FaultError::UnknownOperation { name: name.clone(), known })
    }
}

impl When {
    fn words(self) -> String {
        match self {
            Self::Next(count) => format!("next {count}"),
            Self::Nth(number) => format!("number {number}"),
            Self::Probability(chance) => format!("with probability {chance}"),
        }
    }

    fn check(self) -> Result<(), FaultError> {
        match self {
            Self::Next(0) => Err(FaultError::Number("`next` counts from 1".to_owned())),
            Self::Nth(0) => Err(FaultError::Number("`nth` counts from 1".to_owned())),
            Self::Probability(chance) if !(0.0..=1.0).contains(&chance) => {
                Err(FaultError::Number(format!("the probability {chance} is not between 0.0 and 1.0")))
            }
            _ => Ok(()),
        }
    }
}
