//! A vendor's answer as a hyper response: whole, truncated, dripping, or a broken connection.

use std::sync::Arc;

use http::Response;
use http::request::Parts;
use hyper::body::Incoming;
use standin_contracts::contract::WireResponse;

use super::body::{Cut, ReplyBody, Whole};
use super::drip::drip;
use super::vendor::{self, Delivery};
use super::wire::Control;
use super::{Aborted, App, arrival};
use crate::sandbox::ExchangeGuard;

/// Serves one request to a vendor.
pub(super) async fn serve(
    app: &Arc<App>,
    control: &Arc<Control>,
    head: Parts,
    body: Incoming,
) -> Result<Response<ReplyBody>, Aborted> {
    let only_head = head.method == http::Method::HEAD;
    let arrived = arrival::read(app, head, body).await.ok_or(Aborted)?;
    match vendor::answer(app, arrived).await {
        Delivery::Whole(wire, guard) => Ok(whole(control, wire, Some(guard), only_head)),
        Delivery::Cut(wire, keep) => Ok(response(wire, |bytes| ReplyBody::Cut(Cut::new(bytes, keep, control.clone())))),
        Delivery::Drip(body) => {
            let control = control.clone();
            Ok(response(body.wire, |bytes| ReplyBody::Drip(drip(bytes, body.every, body.guard, body.release, control))))
        }
        Delivery::Broken => {
            control.reset();
            Err(Aborted)
        }
    }
}

/// A response that is sent whole and followed to its last byte. For a HEAD request, only the head is sent.
pub(super) fn whole(
    control: &Arc<Control>,
    wire: WireResponse,
    guard: Option<ExchangeGuard>,
    only_head: bool,
) -> Response<ReplyBody> {
    response(wire, |bytes| {
        let bytes = if only_head { Vec::new() } else { bytes };
        ReplyBody::Whole(Whole::new(bytes, guard, control.clone()))
    })
}

/// A response for hyper. A header that is not valid in HTTP is left out: the contract's loader checked the others.
pub(super) fn response(wire: WireResponse, body: impl FnOnce(Vec<u8>) -> ReplyBody) -> Response<ReplyBody> {
    let mut response = Response::new(body(wire.body));
    *response.status_mut() = http::StatusCode::from_u16(wire.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in wire.headers {
        if let (Ok(name), Ok(value)) = (http::HeaderName::try_from(name), http::HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
