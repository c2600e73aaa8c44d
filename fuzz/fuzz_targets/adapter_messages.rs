//! Any bytes are read as an adapter's message or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use standin_test_suite::adapter::{About, CommandResult, Setup};

fuzz_target!(|bytes: &[u8]| {
    let _ = serde_json::from_slice::<About>(bytes);
    let _ = serde_json::from_slice::<Setup>(bytes);
    if let Ok(result) = serde_json::from_slice::<CommandResult>(bytes) {
        let written = serde_json::to_vec(&result).expect("plain values");
        assert_eq!(serde_json::from_slice::<CommandResult>(&written).expect("what was written can be read"), result);
    }
});
