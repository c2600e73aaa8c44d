//! A vendor's contract: an OpenAPI 3.1 document with Standin's annotations, loaded, checked and compiled.
//!
//! [`Contract::load`] reports every mistake of a document at once, each with its place in the file. A loaded contract
//! needs no further checks: the codec and the mock rely on it.

mod annotation;
mod builtin;
mod diagnostic;
mod facts;
mod load;
mod model;
mod needs;
mod proof;
mod route;
mod schema;
mod settings;
mod shape;
mod success;
mod token;
mod yaml;

pub use annotation::{Annotations, Is, Provenance, annotation_schema};
pub use builtin::{VENDORS, builtin};
pub use diagnostic::{Diagnostic, InvalidFile};
pub use facts::{Fact, Facts};
pub use model::{
    BodyKind, Contract, KeyPlace, KeyScheme, Location, Media, Operation, Parameter, Push, RequestBody, ResponseCase,
    ResponseContent, SchemeUse, WireRequest, WireResponse,
};
pub use needs::{Need, lacking};
pub use proof::{Proof, Subject};
pub use route::Route;
pub use schema::{Broken, Schema};
pub use settings::FactError;
pub use shape::{Leaf, Member, Shape, ShapeKind, TimeFormat};
pub use success::{BadSuccess, Success};
pub use token::{Secrets, TokenFormat};
