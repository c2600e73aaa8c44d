//! Whatever an adapter says is understood or called broken.
#![no_main]

use libfuzzer_sys::fuzz_target;
use standin_test_suite::adapter::{About, Outcome, Setup};

fuzz_target!(|bytes: &[u8]| {
    let _ = serde_json::from_slice::<About>(bytes);
    let _ = serde_json::from_slice::<Setup>(bytes);
    if let Ok(outcome) = serde_json::from_slice::<Outcome>(bytes) {
        let written = serde_json::to_vec(&outcome).expect("plain values");
        assert_eq!(serde_json::from_slice::<Outcome>(&written).expect("what was written can be read"), outcome);
    }
});
