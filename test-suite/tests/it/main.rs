//! Tests of the test suite from outside: on conforming subjects, on mutants, and on real processes.

mod adapter_page;
mod adapters;
mod again;
mod app;
mod backend_profiles;
mod bad_configs;
mod both;
mod conforming;
mod junit;
mod kill_matrix;
mod mutants;
mod outcomes;
mod probes;
mod processes;
mod profiles;
mod property_tests;
mod recorded;
mod reference_sdk;
mod report;
mod sdk;
mod sdk_cases;
mod sdk_examples;
mod sdk_matrix;
mod snapshots;
mod support;
mod time_contract;
