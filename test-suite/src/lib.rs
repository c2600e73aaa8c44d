//! The judge's bench: what drives a subject, makes evidence of it, and reports what the rules find.
//!
//! * [`driver`]: how a client backend is described, started and spoken to;
//! * [`reference`]: a conforming client backend, driven by any contract;
//! * [`variants`] and [`mutants`]: the same with one turn taken differently, lawfully and not;
//! * [`reference_sdk`]: a conforming SDK, driven by any contract through its [`adapter`];
//! * [`sdk_variants`] and [`sdk_mutants`]: the same with one turn taken differently, lawfully and not;
//! * [`reference_app`]: a conforming app around the reference SDK;
//! * [`app_mutants`]: the same with one mistake each;
//! * [`harness`] and [`scenarios`]: scripted courses of events;
//! * [`run`]: one run from start to verdict;
//! * [`live_judge`]: a mock's sandboxes, judged while they are used;
//! * [`recorded`]: a history that was recorded before, judged;
//! * [`snapshot`]: what was said in each scenario, kept in files and compared;
//! * [`property_tests`]: generated courses of events, hunted through, shrunk and kept;
//! * [`report`]: the run's document and how it is written.

pub mod adapter;
pub mod app_mutants;
pub mod backend_harness;
pub mod driver;
mod exercise;
mod judging;
pub mod live_judge;
pub mod mutants;
mod outcome;
pub mod property_tests;
pub mod recorded;
pub mod reference;
pub mod reference_app;
pub mod reference_sdk;
pub mod report;
pub mod run;
pub mod scenarios;
pub mod sdk;
pub mod sdk_mutants;
pub mod sdk_variants;
pub mod snapshot;
mod time;
pub mod variants;
