//! The core, tried.
