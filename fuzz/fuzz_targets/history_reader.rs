//! Any bytes are refused, or read as a history up to the last complete line.
//! What was read is written, read again, and judged.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use standin_contracts::contract::{Contract, builtin};
use standin_contracts::history::{read, write_event, write_header};
use standin_contracts::requirements::{self, Requirements};
use standin_contracts::rules::judge;

static VENDOR: LazyLock<Option<(Contract, Requirements)>> =
    LazyLock::new(|| Some((builtin("sentiance")?.ok()?, requirements::builtin("sentiance").ok()?)));

fuzz_target!(|bytes: &[u8]| {
    let Ok(history) = read(bytes) else { return };
    let mut written = write_header(&history.header);
    history.events.iter().for_each(|event| written.extend(write_event(event)));
    let again = read(&written).expect("what was written can be read");
    assert_eq!((&again.header, &again.events), (&history.header, &history.events));
    if let Some((contract, requirements)) = &*VENDOR {
        let _ = judge(&history.header, &history.events, &contract.commands(), requirements, None);
    }
});
