//! The program as its users meet it: run as a process, judged by what it prints and how it ends.

mod check;
mod contracts;
mod health;
mod hunt;
mod judge;
mod lives;
mod serve;
mod snapshots;
mod support;
mod verify;
