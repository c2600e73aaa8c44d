//! Attacks through HTTP: literal bytes on raw sockets, against vendor and admin routes alike. Whatever comes, the answer is short
//! and tells, a trace of it is left where one can be, and nobody else notices.

mod any_bytes;
mod bodies;
mod crowds;
mod heads;
mod lengths;
mod paths;
mod server_under_attack;
mod slow;
