//! The vendor's messages in the harness: delivery to the backend's receiver, and probes of their effect.

use std::time::Duration;

use standin_contracts::contract::{WireRequest, WireResponse};
use standin_contracts::history::{AppIntent, Credentials, Delivered, Delivery, Login};
use standin_contracts::protocol::{CommandName, Millis, Timestamp};
use standin_mock_server::sandbox::VendorSetup;
use standin_mock_server::{DeliveryFault, NewMessages, Receipt, Receiver, WebhookError, deliver};

use super::{AT_MOST, BackendHarness};
use crate::driver::{Ask, Backend, CallTable, Halt, NoAnswer, UserTable, WebhookTable, app_outcome, app_request};

/// The credentials that unauthenticated requests show.
const UNAUTHENTICATED: &[Credentials] = &[
    Credentials::WrongPassword,
    Credentials::Absent,
    Credentials::WrongUser,
    Credentials::NotBase64,
    Credentials::WithoutColon,
    Credentials::OtherScheme,
    Credentials::Empty,
    Credentials::Twice,
    Credentials::Long,
];
/// The time limit for an effect to show, in real time.
const EFFECT: Duration = Duration::from_secs(1);
/// The same limit for a process. It may work messages off later, and has less of a busy machine than it needs.
const EFFECT_OF_PROCESS: Duration = Duration::from_secs(3);
/// The pause between two probes.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// The largest number of deliveries of one message.
const TRIES: u32 = 3;
/// The largest number of steps for a queue that no receiver accepts.
const MOST_JUMPS: u32 = 40;

impl BackendHarness {
    /// Registers the backend's webhook receiver at the vendor, if it has one.
    pub(super) fn register_receiver(&self) -> Result<(), Halt> {
        let Some(table) = self.config.webhook.as_ref().filter(|_| self.contract.has(CommandName::Webhook)) else {
            return Ok(());
        };
        let url = format!("{}{}", self.backend_url.lock(), table.path);
        let receiver = Receiver { url, key: self.told.partner_key.clone(), app_id: self.told.app_id.clone() };
        self.sandbox.register_receiver(&self.contract.vendor, receiver).map_err(halt)
    }

    fn webhook(&self) -> Option<&WebhookTable> {
        self.config.webhook.as_ref()
    }

    /// The vendor's message types.
    pub fn kinds(&self) -> Vec<String> {
        self.contract.message_types()
    }

    /// Whether the vendor asks receivers which app they belong to.
    pub fn asks_for_app(&self) -> bool {
        self.contract.has(CommandName::WebhookProbe)
    }

    /// The credentials that unauthenticated requests to the receiver may show.
    pub fn unauthenticated(&self) -> &'static [Credentials] {
        let has_key = self.sandbox.vendors().iter().any(VendorSetup::shows_partner_key);
        if has_key { UNAUTHENTICATED } else { &UNAUTHENTICATED[..1] }
    }

    /// Makes every user known to the vendor.
    pub async fn all_known(&self) -> Result<(), Halt> {
        for user in self.users() {
            if let Some(call) = self.calls().first().filter(|_| self.external_id(user).is_none()) {
                self.ask_and_sign_in(call, user).await?;
            }
        }
        Ok(())
    }

    /// The id by which messages name a user: the vendor's id, or the client's own id for vendors that use that.
    fn message_user(&self, user: &UserTable) -> Result<String, Halt> {
        let external_id = self.external_id(user).unwrap_or_else(|| user.name.clone());
        let known = self.sandbox.message_user(&self.contract.vendor, &external_id).map_err(halt)?;
        let by_own_id = self.sandbox.vendors().iter().any(VendorSetup::names_by_external_id);
        let learned = self.vendor_users.lock().get(&user.name).cloned();
        Ok(learned.filter(|_| !by_own_id).unwrap_or(known))
    }

    /// Creates messages of these types about a user. The first of them is dated `at`.
    pub fn make(&self, user: &UserTable, kinds: &[String], at: Timestamp) -> Result<Vec<Delivered>, Halt> {
        let id = self.message_user(user)?;
        let new = NewMessages { user: &id, label: &user.name, kinds, at: Some(at) };
        self.sandbox.make_messages(&self.contract.vendor, &new).map_err(halt)
    }

    /// Delivers one message at once, without a retry.
    pub async fn deliver(&self, message: &Delivered, credentials: Credentials) -> Result<Receipt, Halt> {
        self.attempt(Delivery { credentials, test: false, app_id: None, messages: vec![message.clone()] }).await
    }

    /// Delivers one message until it is accepted, three times at most. Between two deliveries the clock advances by
    /// the vendor's retry pause.
    pub async fn deliver_until_taken(&self, message: &Delivered) -> Result<(), Halt> {
        for _ in 0..TRIES {
            if self.deliver(message, Credentials::Valid).await?.is_taken() {
                break;
            }
            self.sandbox.advance(self.contract.facts.webhook.retry_base.value);
        }
        Ok(())
    }

    /// Delivers a test post.
    pub async fn deliver_test(&self, message: Delivered) -> Result<(), Halt> {
        let messages = vec![message];
        self.attempt(Delivery { credentials: Credentials::Valid, test: true, app_id: None, messages }).await.map(drop)
    }

    /// Asks the receiver which app it belongs to.
    pub async fn ask_for_app(&self, credentials: Credentials) -> Result<(), Halt> {
        let app_id = Some(self.told.app_id.clone());
        self.attempt(Delivery { credentials, test: false, app_id, messages: Vec::new() }).await.map(drop)
    }

    async fn attempt(&self, delivery: Delivery) -> Result<Receipt, Halt> {
        let receipt = deliver(&self.sandbox, &self.contract.vendor, delivery).await.map_err(halt)?;
        self.still_there().await?;
        Ok(receipt)
    }

    /// Queues messages for delivery by the vendor's schedule.
    pub fn queue(&self, messages: Vec<Delivered>, delivery_fault: Option<DeliveryFault>) -> Result<(), Halt> {
        self.sandbox.queue(&self.contract.vendor, messages, delivery_fault).map_err(halt)
    }

    /// Advances the clock from one delivery to the next until all messages are accepted or given up.
    pub async fn deliver_all(&self) -> Result<(), Halt> {
        let mut posted = self.sandbox.posted();
        for _ in 0..MOST_JUMPS {
            posted.mark_unchanged();
            let waiting = self.sandbox.pending(&self.contract.vendor).map_err(halt)?;
            if waiting.is_empty() {
                return self.still_there().await;
            }
            let due = waiting.iter().filter(|batch| !batch.on_its_way).map(|batch| batch.due).min();
            let ahead = due.map_or(Millis::new(0), |due| due.since(self.sandbox.now()));
            if waiting.iter().all(|batch| !batch.on_its_way) && ahead > Millis::new(0) {
                self.sandbox.advance(ahead);
            }
            let _ = tokio::time::timeout(AT_MOST, posted.changed()).await;
        }
        self.sandbox.forget_pending(&self.contract.vendor).map_err(halt)?;
        self.still_there().await
    }

    /// The effect of messages on a user, from the file's probe, once it no longer changes. None if there is no probe
    /// or it fails.
    pub async fn look(&self, user: &UserTable) -> Result<Option<String>, Halt> {
        self.look_after(user, None).await
    }

    /// Probes after a delivery. It first waits for an effect, since a backend may accept a message and process it
    /// later.
    pub async fn look_for_change(&self, user: &UserTable, before: Option<&String>) -> Result<Option<String>, Halt> {
        self.look_after(user, before).await
    }

    /// Probes until the outcome is stable and differs from `before`, if that is given. Only the last probe is
    /// recorded.
    async fn look_after(&self, user: &UserTable, before: Option<&String>) -> Result<Option<String>, Halt> {
        let Some(probe) = self.webhook().and_then(|table| table.probe.as_ref()) else { return Ok(None) };
        let call = probe.about(&self.message_user(user)?);
        let vendor_user = self.vendor_users.lock().get(&user.name).cloned().unwrap_or_default();
        let request = app_request(&call, &Ask::valid("probe", user), self.users(), &vendor_user);
        let settled = self.settled(&call, &request, before);
        let within = if self.is_done_when_answered().await { EFFECT } else { EFFECT_OF_PROCESS };
        let _ = tokio::time::timeout(within, settled).await;
        let intent = AppIntent::new("probe", user.name.clone(), Login::Valid);
        let exchange = self.sandbox.record_look(&request, intent);
        let shown = match self.peek(&request).await {
            Ok(response) => {
                let outcome = app_outcome(&call, &response);
                self.sandbox.record_app_response(exchange, &response, Some(outcome.clone()));
                outcome.value
            }
            Err(missing) => {
                self.sandbox.record_app_failure(exchange, &missing.why);
                None
            }
        };
        self.still_there().await?;
        Ok(shown)
    }

    /// Waits until the probe's outcome differs from `before` and then stays the same for a while.
    async fn settled(&self, call: &CallTable, request: &WireRequest, before: Option<&String>) {
        let calm = self.backend.lock().await.as_ref().map_or(Duration::ZERO, Backend::calm);
        let enough = 1 + calm.as_millis() / LOOK_AGAIN.as_millis();
        let mut again = tokio::time::interval(LOOK_AGAIN);
        let (mut last, mut same) = (None, 0);
        while same < enough {
            again.tick().await;
            let Ok(response) = self.peek(request).await else { return };
            let shown = app_outcome(call, &response).value;
            let is_news = shown.is_some() && shown.as_ref() != before;
            same = if is_news && shown == last { same + 1 } else { 0 };
            last = shown;
        }
    }

    async fn peek(&self, request: &WireRequest) -> Result<WireResponse, NoAnswer> {
        let url = self.backend_url.lock().clone();
        self.app.send(&url, request).await
    }
}

fn halt(error: WebhookError) -> Halt {
    Halt::Harness(format!("can't deliver a webhook: {error}"))
}
