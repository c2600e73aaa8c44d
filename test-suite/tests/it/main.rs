//! The judge, tried from outside: on what conforms, on what does not, and on real processes.

mod adapter_page;
mod adapters;
mod app;
mod bad_configs;
mod both;
mod hunt;
mod junit;
mod kill_matrix;
mod lawful;
mod lives;
mod mutants;
mod outcomes;
mod probes;
mod processes;
mod recorded;
mod reference_sdk;
mod report;
mod sdk;
mod sdk_examples;
mod sdk_matrix;
mod snapshots;
mod support;
