//! The table of admin routes. The router and the OpenAPI document are both built from it.

use std::sync::Weak;

use axum::routing::{MethodRouter, delete, get, post, put};
use http::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use standin_contracts::history::Delivered;

use super::{clock, contracts, faults, history, installs, keys, openapi, overview, sandboxes, webhooks};
use crate::fault::{FaultSpec, FaultState};
use crate::http::App;
use crate::sandbox::NewSandbox;
use crate::webhook_dispatcher::Receipt;

/// Generates a type's schema when the document is built.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

fn schema<T: JsonSchema>(types: &mut SchemaGenerator) -> Schema {
    types.subschema_for::<T>()
}

pub(super) struct AdminRoute {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    /// The schema of the request body, if the route takes one.
    pub(super) input: Option<SchemaOf>,
    /// Whether the request body may be left out.
    pub(super) input_is_optional: bool,
    /// The names of the query parameters, with their descriptions. All are whole numbers.
    pub(super) query: &'static [(&'static str, &'static str)],
    /// The status on success, and the schema of the response body.
    pub(super) success: (u16, Option<SchemaOf>),
    /// The media type of the response body.
    pub(super) media: &'static str,
    pub(super) handler: fn() -> MethodRouter<Weak<App>>,
}

const PLAIN: AdminRoute = AdminRoute {
    method: Method::GET,
    path: "",
    id: "",
    summary: "",
    input: None,
    input_is_optional: false,
    query: &[],
    success: (204, None),
    media: "application/json",
    handler: MethodRouter::new,
};

/// Every admin route, in the order of the documentation. Paths are relative to the admin API's own.
pub(super) const ROUTES: &[AdminRoute] = &[
    AdminRoute {
        path: "/health",
        id: "health",
        summary: "The server's health, and the number of requests that the default sandbox served without naming it",
        success: (200, Some(schema::<overview::Health>)),
        handler: || get(overview::health),
        ..PLAIN
    },
    AdminRoute {
        path: "/ready",
        id: "ready",
        summary: "Answers as soon as the server serves",
        success: (200, Some(schema::<overview::Ready>)),
        handler: || get(overview::ready),
        ..PLAIN
    },
    AdminRoute {
        path: "/version",
        id: "version",
        summary: "The name and version of the server",
        success: (200, Some(schema::<overview::Version>)),
        handler: || get(overview::version),
        ..PLAIN
    },
    AdminRoute {
        path: "/openapi.json",
        id: "openapi",
        summary: "This document",
        success: (200, Some(schema::<serde_json::Value>)),
        handler: || get(openapi::serve),
        ..PLAIN
    },
    AdminRoute {
        path: "/contracts/{vendor}",
        id: "showContract",
        summary: "A vendor's contract, an OpenAPI document, as it was written; changed facts are not in it",
        success: (200, Some(schema::<serde_json::Value>)),
        media: contracts::YAML,
        handler: || get(contracts::show),
        ..PLAIN
    },
    AdminRoute {
        path: "/sandboxes",
        id: "listSandboxes",
        summary: "All sandboxes, with the URLs and keys of their vendors",
        success: (200, Some(schema::<Vec<sandboxes::SandboxView>>)),
        handler: || get(sandboxes::list),
        ..PLAIN
    },
    AdminRoute {
        method: Method::POST,
        path: "/sandboxes",
        id: "makeSandbox",
        summary: "Make a sandbox with keys of its own",
        input: Some(schema::<NewSandbox>),
        input_is_optional: true,
        success: (201, Some(schema::<sandboxes::SandboxView>)),
        handler: || post(sandboxes::make),
        ..PLAIN
    },
    AdminRoute {
        path: "/sandboxes/{name}",
        id: "showSandbox",
        summary: "One sandbox, with the URLs and keys of its vendors",
        success: (200, Some(schema::<sandboxes::SandboxView>)),
        handler: || get(sandboxes::show),
        ..PLAIN
    },
    AdminRoute {
        method: Method::DELETE,
        path: "/sandboxes/{name}",
        id: "deleteSandbox",
        summary: "Delete a sandbox; the default one stays",
        handler: || delete(sandboxes::remove),
        ..PLAIN
    },
    AdminRoute {
        method: Method::POST,
        path: "/sandboxes/{name}/reset",
        id: "resetSandbox",
        summary: "Reset a sandbox: no users, no faults, valid keys, an empty history",
        handler: || post(sandboxes::reset),
        ..PLAIN
    },
    AdminRoute {
        path: "/sandboxes/{name}/clock",
        id: "showClock",
        summary: "The sandbox's time, and whether it passes by itself",
        success: (200, Some(schema::<clock::ClockView>)),
        handler: || get(clock::show),
        ..PLAIN
    },
    AdminRoute {
        method: Method::PUT,
        path: "/sandboxes/{name}/clock",
        id: "changeClock",
        summary: "Freeze the clock, let it run, or advance it",
        input: Some(schema::<clock::ClockCommand>),
        success: (200, Some(schema::<clock::ClockView>)),
        handler: || put(clock::change),
        ..PLAIN
    },
    AdminRoute {
        path: "/sandboxes/{name}/faults",
        id: "listFaults",
        summary: "The faults that are set, each with its state",
        success: (200, Some(schema::<Vec<FaultState>>)),
        handler: || get(faults::list),
        ..PLAIN
    },
    AdminRoute {
        method: Method::POST,
        path: "/sandboxes/{name}/faults",
        id: "setFault",
        summary: "Set a fault",
        input: Some(schema::<FaultSpec>),
        success: (201, Some(schema::<faults::SetFault>)),
        handler: || post(faults::set),
        ..PLAIN
    },
    AdminRoute {
        method: Method::DELETE,
        path: "/sandboxes/{name}/faults",
        id: "clearFaults",
        summary: "Remove all faults and release the exchanges that they hold",
        handler: || delete(faults::clear),
        ..PLAIN
    },
    AdminRoute {
        method: Method::POST,
        path: "/sandboxes/{name}/faults/{id}/release",
        id: "releaseFault",
        summary: "Release the exchanges that a fault holds",
        handler: || post(faults::release),
        ..PLAIN
    },
    AdminRoute {
        method: Method::PUT,
        path: "/sandboxes/{name}/keys",
        id: "changeKey",
        summary: "Revoke a key, let it expire, take its scopes, or make it valid again",
        input: Some(schema::<keys::KeyCommand>),
        handler: || put(keys::change),
        ..PLAIN
    },
    AdminRoute {
        method: Method::PUT,
        path: "/sandboxes/{name}/installs",
        id: "changeInstall",
        summary: "Switch an install off until it creates its user again",
        input: Some(schema::<installs::InstallCommand>),
        handler: || put(installs::change),
        ..PLAIN
    },
    AdminRoute {
        path: "/sandboxes/{name}/history",
        id: "readHistory",
        summary: "The history's header, and its events after a number",
        query: &[
            ("after", "only events after the one of this number; default 0"),
            ("limit", "the largest number of events; default 1000, at most 10000"),
        ],
        success: (200, Some(schema::<history::Page>)),
        handler: || get(history::read),
        ..PLAIN
    },
    AdminRoute {
        method: Method::PUT,
        path: "/sandboxes/{name}/webhooks/{vendor}/receiver",
        id: "registerReceiver",
        summary: "Set the receiver of a vendor's webhooks; queued messages are delivered to it from then on",
        input: Some(schema::<webhooks::ReceiverCommand>),
        handler: || put(webhooks::register),
        ..PLAIN
    },
    AdminRoute {
        path: "/sandboxes/{name}/webhooks/{vendor}/receiver",
        id: "showReceiver",
        summary: "The receiver of a vendor's webhooks, without its password",
        success: (200, Some(schema::<webhooks::ReceiverView>)),
        handler: || get(webhooks::show),
        ..PLAIN
    },
    AdminRoute {
        method: Method::DELETE,
        path: "/sandboxes/{name}/webhooks/{vendor}/receiver",
        id: "removeReceiver",
        summary: "Remove the receiver; queued messages go on waiting",
        handler: || delete(webhooks::remove),
        ..PLAIN
    },
    AdminRoute {
        method: Method::POST,
        path: "/sandboxes/{name}/webhooks/{vendor}/messages",
        id: "queueMessages",
        summary: "Make messages about a user, and queue them",
        input: Some(schema::<webhooks::MessagesCommand>),
        success: (202, Some(schema::<Vec<Delivered>>)),
        handler: || post(webhooks::queue),
        ..PLAIN
    },
    AdminRoute {
        path: "/sandboxes/{name}/webhooks/{vendor}/messages",
        id: "listMessages",
        summary: "The messages that wait to be delivered, or are on their way",
        success: (200, Some(schema::<webhooks::Pending>)),
        handler: || get(webhooks::pending),
        ..PLAIN
    },
    AdminRoute {
        method: Method::DELETE,
        path: "/sandboxes/{name}/webhooks/{vendor}/messages",
        id: "forgetMessages",
        summary: "Discard the messages that wait",
        handler: || delete(webhooks::forget),
        ..PLAIN
    },
    AdminRoute {
        method: Method::POST,
        path: "/sandboxes/{name}/webhooks/{vendor}/probe",
        id: "probeReceiver",
        summary: "Ask the receiver for its app's id, with good credentials or others",
        input: Some(schema::<webhooks::TryCommand>),
        input_is_optional: true,
        success: (200, Some(schema::<Receipt>)),
        handler: || post(webhooks::probe),
        ..PLAIN
    },
    AdminRoute {
        method: Method::POST,
        path: "/sandboxes/{name}/webhooks/{vendor}/test",
        id: "testReceiver",
        summary: "Deliver a test post at once, with good credentials or others",
        input: Some(schema::<webhooks::TryCommand>),
        input_is_optional: true,
        success: (200, Some(schema::<Receipt>)),
        handler: || post(webhooks::test),
        ..PLAIN
    },
];
