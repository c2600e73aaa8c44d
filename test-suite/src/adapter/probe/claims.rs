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
        // An order for apps that an SDK claims is told below.
        if bench.about.can(*order) && order.is_ordered_of(bench.about.kind == Kind::App) {
            seen.breaches.extend(undone(bench, &probed, *order).await?);
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
async fn undone(bench: &Bench, probed: &Probed, order: OrderName) -> Result<Option<Breach>, Halt> {
    let outcome = bench.run(probed, sample(bench, order)).await?;
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
        Ok(order) if kind == Kind::Sdk && !order.is_ordered_of(false) => {
            "that is told to an app: its `kind` would be `app`".to_owned()
        }
        Ok(_) => return None,
        Err(_) if CAPABILITIES.contains(&capability) => return None,
        Err(_) => {
            let orders = OrderName::ALL.iter().filter(|order| kind == Kind::App || order.is_ordered_of(false));
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

/// An order with something sensible in it.
pub(super) fn sample(bench: &Bench, order: OrderName) -> Order {
    let category = category(bench);
    match order {
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
        OrderName::PushToken => Order::PushToken { token: "probe-token".to_owned() },
        OrderName::Reset => Order::Reset {},
        OrderName::Forget => Order::Forget {},
        OrderName::Network => Order::Network { online: true },
        OrderName::DeviceClock => Order::DeviceClock { offset_ms: 0 },
        OrderName::Advance => Order::Advance { by_ms: 0 },
        OrderName::Quiesce => Order::Quiesce {},
        // The last two are never ordered.
        OrderName::State | OrderName::Init | OrderName::AskPermissions => Order::State {},
        OrderName::Open => Order::Open {},
        OrderName::StartProcess => Order::StartProcess {},
        OrderName::LogIn => Order::LogIn {
            authorization: "Bearer a-login-that-nobody-has".to_owned(),
            user_id: Some("probe".to_owned()),
            email: None,
        },
        OrderName::LogOut => Order::LogOut {},
        OrderName::ReceivePush => Order::ReceivePush { payload: serde_json::Map::new() },
    }
}

/// A kind of data that the vendor takes.
fn category(bench: &Bench) -> String {
    let set = bench.contract.operations.iter().find_map(|operation| operation.set.text(&Field::Category));
    set.unwrap_or("general").to_owned()
}
