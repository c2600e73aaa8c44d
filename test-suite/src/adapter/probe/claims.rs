//! What an adapter claims must mean something, and be done.

use standin_contracts::advice::advice;
use standin_contracts::protocol::{CommandName, Field, OrderName};

use super::bench::Probed;
use super::unknown::words;
use super::{Bench, Breach, Integrity};
use crate::adapter::{AdapterError, CAPABILITIES, Kind, Order, Outcome, Storage};
use crate::driver::Halt;

pub(super) async fn probe(bench: &Bench, seen: &mut Integrity) -> Result<(), Halt> {
    let probed = bench.install(None).await?;
    for order in OrderName::ALL {
        // An order for apps that an SDK claims is told below; what an app's shim tells nobody orders.
        let fits = if bench.about.kind == Kind::App { !order.is_seen_in_app() } else { !order.is_for_app() };
        if let Some(sample) = sample(bench, *order).filter(|_| fits && bench.about.can(*order)) {
            seen.breaches.extend(undone(bench, &probed, sample).await?);
        }
    }
    for capability in &bench.about.capabilities {
        seen.breaches.extend(meaningless(capability, bench.about.kind));
    }
    probed.install.end().await?;
    seen.breaches.extend(storage(bench, &probed).await?);
    Ok(())
}

/// A breach if what can be done is answered as if it could not.
async fn undone(bench: &Bench, probed: &Probed, sample: Order) -> Result<Option<Breach>, Halt> {
    let order = sample.name();
    let outcome = bench.run(probed, sample).await?;
    let outcome = outcome.filter(|outcome| matches!(outcome, Outcome::Unsupported {}));
    let breach = |outcome| Breach::ClaimsUndone { capability: order.as_str().to_owned(), answer: words(&outcome) };
    let breach = outcome.map(breach);
    // What comes after has to be tried in an app that runs.
    if order == OrderName::Kill {
        probed.install.run(Order::Launch {}).await?;
    }
    Ok(breach)
}

fn meaningless(capability: &str, kind: Kind) -> Option<Breach> {
    let advice = match capability.parse::<OrderName>() {
        Ok(order) if order.is_for_app() && kind == Kind::Sdk => {
            "that is told to an app: its `kind` would be `app`".to_owned()
        }
        Ok(_) => return None,
        Err(_) if CAPABILITIES.contains(&capability) => return None,
        Err(_) => {
            let orders = OrderName::ALL.iter().filter(|order| kind == Kind::App || !order.is_for_app());
            advice(capability, orders.map(|order| order.as_str()).chain(CAPABILITIES.iter().copied()))
        }
    };
    Some(Breach::ClaimsUnknown { capability: capability.to_owned(), advice })
}

/// Breaches if an install can't be made with what an earlier one left.
async fn storage(bench: &Bench, ended: &Probed) -> Result<Vec<Breach>, Halt> {
    let of = ended.label.clone();
    let kinds = [("storage:same", Storage::Same { of: of.clone() }), ("storage:clone", Storage::Clone { of })];
    let mut breaches = Vec::new();
    for (capability, storage) in kinds {
        if !bench.about.capabilities.iter().any(|name| name == capability) {
            continue;
        }
        match bench.install_on(storage, None).await {
            Ok(probed) => probed.install.end().await?,
            Err(AdapterError::Broken(answer)) => {
                breaches.push(Breach::ClaimsUndone { capability: capability.to_owned(), answer });
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(breaches)
}

/// An order with something sensible in it; nothing for what nobody orders.
pub(super) fn sample(bench: &Bench, order: OrderName) -> Option<Order> {
    let category = category(bench);
    let sample = match order {
        OrderName::Init | OrderName::AskPermissions => return None,
        OrderName::Launch => Order::Launch {},
        OrderName::Kill => Order::Kill {},
        OrderName::Grant => Order::Grant { permissions: [(category, true)].into() },
        OrderName::CreateUser => {
            let issues = bench.contract.has(CommandName::IssueCredential);
            let credential = issues.then(|| "a-credential-that-nobody-issued".to_owned());
            Order::CreateUser { user_id: credential.is_none().then(|| "probe".to_owned()), credential }
        }
        OrderName::Record => Order::Record { id: "probe-item".to_owned(), category },
        OrderName::StartSync => Order::StartSync {},
        OrderName::StopSync => Order::StopSync {},
        OrderName::SetInterval => Order::SetInterval { seconds: 3600 },
        OrderName::SyncNow => Order::SyncNow {},
        OrderName::ForwardPush => Order::ForwardPush { payload: serde_json::Map::new() },
        OrderName::Reset => Order::Reset {},
        OrderName::Forget => Order::Forget {},
        OrderName::Network => Order::Network { online: true },
        OrderName::DeviceClock => Order::DeviceClock { offset_ms: 0 },
        OrderName::Advance => Order::Advance { by_ms: 0 },
        OrderName::Quiesce => Order::Quiesce {},
        OrderName::State => Order::State {},
        OrderName::Open => Order::Open {},
        OrderName::StartProcess => Order::StartProcess {},
        OrderName::LogIn => Order::LogIn {
            authorization: "Bearer a-login-that-nobody-has".to_owned(),
            user_id: Some("probe".to_owned()),
            email: None,
        },
        OrderName::LogOut => Order::LogOut {},
        OrderName::ReceivePush => Order::ReceivePush { payload: serde_json::Map::new() },
    };
    Some(sample)
}

/// A kind of data that the vendor takes.
fn category(bench: &Bench) -> String {
    let set = bench.contract.operations.iter().find_map(|operation| operation.set.text(&Field::Category));
    set.unwrap_or("general").to_owned()
}
