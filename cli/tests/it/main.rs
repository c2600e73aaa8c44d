//! The program as its users meet it: run as a process, judged by what it prints and how it ends.

mod check;
mod contracts;
mod health;
mod judge;
mod property_tests;
mod sdk_cases;
mod serve;
mod snapshots;
mod support;
mod verify;
