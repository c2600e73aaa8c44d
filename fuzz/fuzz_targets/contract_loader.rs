//! Any text is loaded as a contract, or refused with a report.
#![no_main]

use libfuzzer_sys::fuzz_target;
use standin_contracts::contract::Contract;

fuzz_target!(|text: &str| {
    if let Err(refused) = Contract::load("fuzzed.yaml", text) {
        assert!(!refused.to_string().is_empty());
    }
});
