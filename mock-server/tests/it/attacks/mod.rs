//! Attacks through HTTP: literal bytes on raw sockets, against vendor and admin routes alike. Every answer is short and
//! gives the reason. The attack leaves a trace if it can, and no other client is affected.

mod any_bytes;
mod bodies;
mod crowds;
mod heads;
mod lengths;
mod paths;
mod server_under_attack;
mod slow;
