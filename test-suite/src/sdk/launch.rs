//! How an SDK under test is started, and its adapter's integrity checked.

use std::path::PathBuf;
use std::sync::Arc;

use standin_contracts::contract::Contract;
use standin_contracts::history::Subject;
use standin_contracts::protocol::{Millis, SdkCommandName};
use standin_mock_server::Sandbox;

use super::harness::halt;
use crate::adapter::probe::probe;
use crate::adapter::{self, About, Adapter, AdapterError, Kind, Running};
use crate::driver::{Halt, SdkTable};
use crate::network::Network;
use crate::reference_app::{AppBehaviour, ReferenceApp};
use crate::reference_sdk::{ConformingSdk, ReferenceSdk, SdkBehaviour};
use crate::run::Progress;

/// The kinds of SDKs that can be under test.
pub enum Sdk {
    /// The reference SDK, or a variation of its behaviour.
    Reference(Arc<dyn SdkBehaviour>),
    /// The reference app around the reference SDK, or a variation of its behaviour.
    App(Arc<dyn AppBehaviour>),
    /// An SDK in this program, through the adapter's interface.
    Adapter(Arc<dyn Adapter>),
    /// The SDK behind a file's adapter, and the file's folder.
    Outside(Box<SdkTable>, PathBuf),
}

/// An SDK that can be driven.
pub(crate) struct Driven {
    about: About,
    by: DrivenBy,
    /// The SDK's timeout for its vendor, where its file gives one.
    vendor_timeout: Option<Millis>,
}

enum DrivenBy {
    Reference(ReferenceSdk),
    App(ReferenceApp),
    Adapter(Arc<dyn Adapter>),
    /// An adapter that was started from a file and has to be stopped.
    Running(Arc<Running>),
}

impl Sdk {
    /// Whether it is in this program and needs no sockets.
    pub(crate) fn is_of_program(&self) -> bool {
        matches!(self, Self::Reference(_) | Self::App(_))
    }

    /// Starts the adapter and checks that it can be relied upon. The reference SDK's needs no check.
    pub(crate) async fn start(
        &self,
        contract: &Arc<Contract>,
        seed: u64,
        progress: Progress<'_>,
    ) -> Result<Driven, Halt> {
        let driven = self.start_again(contract, seed, progress).await?;
        driven.probe(contract, progress).await?;
        Ok(driven)
    }

    /// Starts an adapter that passed its checks before, without checking again.
    pub(crate) async fn start_again(
        &self,
        contract: &Arc<Contract>,
        seed: u64,
        progress: Progress<'_>,
    ) -> Result<Driven, Halt> {
        let by = match self {
            Self::Reference(behaviour) => {
                DrivenBy::Reference(ReferenceSdk::new(contract.clone(), behaviour.clone(), seed))
            }
            Self::App(behaviour) => {
                let sdk = ReferenceSdk::new(contract.clone(), Arc::new(ConformingSdk), seed);
                DrivenBy::App(ReferenceApp::new(sdk, contract.clone(), behaviour.clone()))
            }
            Self::Adapter(adapter) => DrivenBy::Adapter(adapter.clone()),
            Self::Outside(table, folder) => {
                progress("starting the adapter");
                DrivenBy::Running(Arc::new(adapter::start(table, folder).await?))
            }
        };
        let about = by.about().await.map_err(halt)?;
        let vendor_timeout = match self {
            Self::Outside(table, _) => Some(table.vendor_timeout),
            _ => None,
        };
        Ok(Driven { about, by, vendor_timeout })
    }
}

impl DrivenBy {
    async fn about(&self) -> Result<About, AdapterError> {
        match self {
            Self::Reference(sdk) => sdk.about().await,
            Self::App(app) => app.about().await,
            Self::Adapter(adapter) => adapter.about().await,
            Self::Running(running) => running.about().await,
        }
    }
}

impl Driven {
    /// Checks whether an adapter that isn't Standin's own can be relied upon.
    async fn probe(&self, contract: &Arc<Contract>, progress: Progress<'_>) -> Result<(), Halt> {
        let adapter: Arc<dyn Adapter> = match &self.by {
            DrivenBy::Reference(_) | DrivenBy::App(_) => return Ok(()),
            DrivenBy::Adapter(adapter) => adapter.clone(),
            DrivenBy::Running(running) => running.clone(),
        };
        progress("probing the adapter");
        let integrity = probe(adapter, contract.clone()).await?;
        let violations: Vec<String> = integrity.violations.iter().map(ToString::to_string).collect();
        if violations.is_empty() { Ok(()) } else { Err(halt(AdapterError::Broken(violations.join("; ")))) }
    }

    /// The subjects under test: an app, and the SDK in it.
    pub(crate) fn subjects(&self) -> &'static [Subject] {
        match self.about.kind {
            Kind::Sdk => &[Subject::Sdk],
            Kind::App => &[Subject::App, Subject::Sdk],
        }
    }

    /// Whether it can be told which certificate authority to trust.
    pub(crate) fn takes_ca(&self) -> bool {
        self.has("ca")
    }

    fn has(&self, capability: &str) -> bool {
        self.about.capabilities.iter().any(|name| name == capability)
    }

    pub(crate) fn about(&self) -> &About {
        &self.about
    }

    /// Whether its time can be moved.
    pub(crate) fn has_clock(&self) -> bool {
        self.has(SdkCommandName::Advance.as_str())
    }

    /// Its capabilities, as histories name them.
    pub(crate) fn capabilities(&self) -> impl Iterator<Item = String> {
        let (named, besides) = match self.about.kind {
            Kind::Sdk => ("sdk", &["sdk"][..]),
            Kind::App => ("app", &["app", "personal"][..]),
        };
        let besides = besides.iter().map(|name| (*name).to_owned());
        let timeout = self.vendor_timeout.map(|timeout| format!("sdk_timeout:{timeout}"));
        besides.chain(self.about.capabilities.iter().map(move |name| format!("{named}:{name}"))).chain(timeout)
    }

    /// The adapter that drives it against the vendor in this sandbox. A network inside this program carries the requests
    /// of those who are in it too.
    pub(crate) fn adapter(&self, sandbox: Sandbox, network: Option<&Network>) -> Arc<dyn Adapter> {
        match &self.by {
            DrivenBy::Reference(sdk) => {
                let sdk = sdk.clone().beside(sandbox);
                Arc::new(network.map(Network::vendors).into_iter().fold(sdk, ReferenceSdk::through))
            }
            DrivenBy::App(app) => Arc::new(network.into_iter().fold(app.clone().beside(sandbox), ReferenceApp::on)),
            DrivenBy::Adapter(adapter) => adapter.clone(),
            DrivenBy::Running(running) => running.clone(),
        }
    }

    /// Stops an adapter that was started, and its child processes.
    pub(crate) async fn stop(&self) {
        if let DrivenBy::Running(running) = &self.by {
            running.stop().await;
        }
    }
}
