//! How an SDK under test comes to be, until it is known that its adapter can be relied upon.

use std::path::PathBuf;
use std::sync::Arc;

use standin_contracts::contract::Contract;
use standin_contracts::protocol::OrderName;
use standin_mock_server::Sandbox;

use super::world::halt;
use crate::adapter::probe::probe;
use crate::adapter::{self, About, Adapter, AdapterError, Running};
use crate::driver::{Halt, SdkTable};
use crate::reference_sdk::{ReferenceSdk, SdkConduct};
use crate::run::Progress;

/// How an SDK comes to be.
pub enum Sdk {
    /// The reference SDK, or one that differs from it in its conduct.
    Reference(Arc<dyn SdkConduct>),
    /// An SDK in this program, through the adapter's interface.
    Adapter(Arc<dyn Adapter>),
    /// Whatever a file's adapter drives, and the file's folder.
    Outside(Box<SdkTable>, PathBuf),
}

/// An SDK that can be driven.
pub(crate) struct Driven {
    about: About,
    by: DrivenBy,
}

enum DrivenBy {
    Reference(ReferenceSdk),
    Adapter(Arc<dyn Adapter>),
    /// An adapter that was started from a file: it has to be stopped.
    Running(Arc<Running>),
}

impl Sdk {
    /// Starts the adapter and finds out whether it can be relied upon; the reference SDK is.
    pub(crate) async fn start(
        &self,
        contract: &Arc<Contract>,
        seed: u64,
        progress: Progress<'_>,
    ) -> Result<Driven, Halt> {
        match self {
            Self::Reference(conduct) => {
                let sdk = ReferenceSdk::new(contract.clone(), conduct.clone(), seed);
                Ok(Driven { about: sdk.about().await.map_err(halt)?, by: DrivenBy::Reference(sdk) })
            }
            Self::Adapter(adapter) => {
                let about = probed(adapter.clone(), contract, progress).await?;
                Ok(Driven { about, by: DrivenBy::Adapter(adapter.clone()) })
            }
            Self::Outside(table, folder) => {
                progress("starting the adapter");
                let running = Arc::new(adapter::start(table, folder).await?);
                let about = probed(running.clone(), contract, progress).await?;
                Ok(Driven { about, by: DrivenBy::Running(running) })
            }
        }
    }
}

/// What an adapter tells of itself, once it was found that it can be relied upon.
async fn probed(adapter: Arc<dyn Adapter>, contract: &Arc<Contract>, progress: Progress<'_>) -> Result<About, Halt> {
    progress("probing the adapter");
    let about = adapter.about().await.map_err(halt)?;
    let integrity = probe(adapter, contract.clone()).await?;
    let breaches: Vec<String> = integrity.breaches.iter().map(ToString::to_string).collect();
    if breaches.is_empty() { Ok(about) } else { Err(halt(AdapterError::Broken(breaches.join("; ")))) }
}

impl Driven {
    /// What it told of itself.
    pub(crate) fn about(&self) -> &About {
        &self.about
    }

    /// True if time can be moved for it.
    pub(crate) fn has_clock(&self) -> bool {
        self.about.capabilities.iter().any(|name| name == OrderName::Advance.as_str())
    }

    /// Its capabilities, as histories name them.
    pub(crate) fn capabilities(&self) -> impl Iterator<Item = String> {
        self.about.capabilities.iter().map(|name| format!("sdk:{name}"))
    }

    /// What drives it against the vendor in this sandbox.
    pub(crate) fn adapter(&self, sandbox: Sandbox) -> Arc<dyn Adapter> {
        match &self.by {
            DrivenBy::Reference(sdk) => Arc::new(sdk.clone().beside(sandbox)),
            DrivenBy::Adapter(adapter) => adapter.clone(),
            DrivenBy::Running(running) => running.clone(),
        }
    }

    /// Ends an adapter that was started, and all that it started.
    pub(crate) async fn stop(self) {
        if let DrivenBy::Running(running) = self.by
            && let Ok(running) = Arc::try_unwrap(running)
        {
            running.stop().await;
        }
    }
}
