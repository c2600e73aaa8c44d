//! The program from outside: run as a process, judged by its output and exit code.

mod break_it;
mod check;
mod clock_snippets;
mod contracts;
mod docs;
mod health;
mod judge;
mod property_tests;
mod sdk_cases;
mod serve;
mod snapshots;
mod support;
mod verify;
mod words;
