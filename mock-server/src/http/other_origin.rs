//! The other origin: a listener that is not the vendor's. It only records what is sent to it.

use std::sync::Arc;

use http::Response;
use http::request::Parts;
use hyper::body::Incoming;
use standin_contracts::codec::problem;
use standin_contracts::contract::{WireRequest, WireResponse};

use super::body::ReplyBody;
use super::wire::Control;
use super::{Aborted, App, answer, arrival};

/// Records a request in the default sandbox and refuses it.
pub(super) async fn serve(
    app: &Arc<App>,
    control: &Arc<Control>,
    head: Parts,
    body: Incoming,
) -> Result<Response<ReplyBody>, Aborted> {
    let only_head = head.method == http::Method::HEAD;
    let arrived = arrival::read(app, head, body).await.ok_or(Aborted)?;
    Ok(answer::whole(control, turn_away(app, arrived.wire), None, only_head))
}

/// Records a request in the default sandbox and returns the refusal.
pub(super) fn turn_away(app: &App, wire: WireRequest) -> WireResponse {
    let sandbox = &app.sandboxes.default;
    let mut answer = problem(404, "not the vendor", "this is another origin, to which a redirect led");
    crate::sandbox::add_standard_headers(&mut answer, sandbox.now(), None);
    sandbox.went_to_other_origin(wire, &answer);
    answer
}
