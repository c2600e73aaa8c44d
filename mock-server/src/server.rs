//! The whole server in one value, for tests and for the command line.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use standin_contracts::contract::{Contract, Secrets};
use standin_contracts::history::TlsKind;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::ClockStart;
use crate::engine::KeyRing;
use crate::http::{self, App, DirectLine, Origin};
use crate::limits::Limits;
use crate::sandbox::{HISTORY_LIMIT, NewSandbox, Sandbox, SandboxError, SandboxSetup, Sandboxes, VendorSetup};
use crate::tls::{self, Authority, Host, TlsError, TlsOrigin};

/// The settings of a server.
#[derive(Debug, Clone)]
pub struct MockConfig {
    /// The vendors to serve.
    pub contracts: Vec<Arc<Contract>>,
    /// The address to listen on. Port 0 takes any free port.
    pub listen: SocketAddr,
    /// Seed for all randomness.
    pub seed: u64,
    /// The limits for clients. A client that exceeds one is refused or disconnected.
    pub limits: Limits,
    /// Keys of the default sandbox in place of the default ones, by vendor.
    pub keys: BTreeMap<String, KeyRing>,
    /// Secrets in place of the default ones, by vendor.
    pub secrets: BTreeMap<String, Secrets>,
    /// The folder in which each sandbox writes its history. None: no history is written.
    pub history_dir: Option<PathBuf>,
    /// The number of events that a sandbox keeps in memory.
    pub history_limit: usize,
    /// The initial state of the sandboxes' clocks.
    pub clock: ClockStart,
    /// Whether all that comes is the subject's, as in a run: the admin API isn't served, and no person's browser is
    /// expected. A call to the admin API is then like any other to an unknown path.
    pub subject_only: bool,
}

/// The reason why a server can't be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no contract to serve.
    #[error("there is no contract to serve; give at least one")]
    NoContract,
    /// Two contracts have the same name, and so the same path.
    #[error("two contracts are named `{0}`; give one of them another `x-standin.vendor`")]
    SameVendor(String),
    /// The settings name a vendor that is not served.
    #[error("there are keys or secrets for `{name}`, which isn't served; there is: {}", known.join(", "))]
    UnknownVendor {
        /// The name in the settings.
        name: String,
        /// The names of the vendors that are served.
        known: Vec<String>,
    },
    /// Another program listens on this address.
    #[error("port {} of {} is in use by another program; stop that one, or take another port (0 takes any)", .0.port(), .0.ip())]
    InUse(SocketAddr),
    /// The folder for histories can't be created.
    #[error("can't keep histories in {}", folder.display())]
    History {
        /// The folder for histories.
        folder: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A TLS listener can't be created.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The operating system refuses the address.
    #[error("can't listen on {address}")]
    Listen {
        /// The address to listen on.
        address: SocketAddr,
        /// The error of the operating system.
        source: std::io::Error,
    },
}

/// A running server. It stops when it is dropped.
pub struct MockServer {
    app: Arc<App>,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    listening: JoinHandle<()>,
    other_origin: Option<JoinHandle<()>>,
    tls: Vec<JoinHandle<()>>,
    /// Created with the first TLS listener.
    authority: Option<Authority>,
}

impl MockConfig {
    /// A server for these vendors on a free loopback port, with the default keys and a running clock.
    pub fn new(contracts: Vec<Arc<Contract>>) -> Self {
        Self {
            contracts,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: 0,
            limits: Limits::default(),
            keys: BTreeMap::new(),
            secrets: BTreeMap::new(),
            history_dir: None,
            history_limit: HISTORY_LIMIT,
            clock: ClockStart::Real,
            subject_only: false,
        }
    }

    fn check(&self) -> Result<(), StartError> {
        if self.contracts.is_empty() {
            return Err(StartError::NoContract);
        }
        let known: Vec<String> = self.contracts.iter().map(|contract| contract.vendor.clone()).collect();
        if let Some((_, twice)) = known.iter().enumerate().find(|(place, name)| known[..*place].contains(name)) {
            return Err(StartError::SameVendor(twice.clone()));
        }
        match self.keys.keys().chain(self.secrets.keys()).find(|name| !known.contains(name)) {
            Some(name) => Err(StartError::UnknownVendor { name: name.clone(), known }),
            None => Ok(()),
        }
    }

    fn vendors(&self) -> Vec<VendorSetup> {
        let setup = |contract: &Arc<Contract>| {
            let mut setup = VendorSetup::new(contract.clone());
            if let Some(keys) = self.keys.get(&contract.vendor) {
                setup.keys = keys.clone();
            }
            if let Some(secrets) = self.secrets.get(&contract.vendor) {
                setup.secrets = secrets.clone();
            }
            setup
        };
        self.contracts.iter().map(setup).collect()
    }

    fn app(self, address: SocketAddr) -> Arc<App> {
        let vendors = self.vendors();
        let secrets = vendors.iter().map(|vendor| vendor.secrets.clone()).collect();
        let pattern = SandboxSetup {
            name: String::new(),
            seed: self.seed,
            vendors,
            clock: self.clock,
            history_limit: self.history_limit,
            history_dir: self.history_dir,
        };
        Arc::new_cyclic(|app| App {
            sandboxes: Sandboxes::new(pattern),
            contracts: self.contracts,
            secrets,
            limits: self.limits,
            unreadable: AtomicU64::new(0),
            url: url(address),
            admin: (!self.subject_only).then(|| http::admin_router(app.clone())),
        })
    }
}

impl MockServer {
    /// Starts a server on the caller's runtime. It accepts connections when this returns.
    pub async fn start(config: MockConfig) -> Result<Self, StartError> {
        config.check()?;
        if let Some(folder) = &config.history_dir {
            let refused = |source| StartError::History { folder: folder.clone(), source };
            std::fs::create_dir_all(folder).map_err(refused)?;
        }
        let wanted = config.listen;
        let listener = TcpListener::bind(wanted).await.map_err(|source| refused(wanted, source))?;
        let address = listener.local_addr().map_err(|source| refused(wanted, source))?;
        let app = config.app(address);
        let (stop, stopped) = watch::channel(false);
        let listening = tokio::spawn(http::listen(app.clone(), Origin::Vendors, listener, stopped));
        Ok(Self { app, address, stop, listening, other_origin: None, tls: Vec::new(), authority: None })
    }

    /// Opens one more origin on a free loopback port. Requests to it are recorded in the default sandbox, on a leg of
    /// their own. Returns its URL, without a slash at the end.
    pub async fn open_other_origin(&mut self) -> Result<String, StartError> {
        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = TcpListener::bind(wanted).await.map_err(|source| refused(wanted, source))?;
        let address = listener.local_addr().map_err(|source| refused(wanted, source))?;
        let listening = http::listen(self.app.clone(), Origin::OtherOrigin, listener, self.stop.subscribe());
        self.other_origin = Some(tokio::spawn(listening));
        Ok(url(address))
    }

    /// Opens a TLS listener of this kind on a free loopback port. The good kind forwards to the vendors. Each
    /// connection and how far it got is recorded in the default sandbox.
    pub async fn open_tls(&mut self, kind: TlsKind) -> Result<TlsOrigin, StartError> {
        let authority = match self.authority.take() {
            Some(authority) => authority,
            None => Authority::new().map_err(TlsError::from)?,
        };
        let authority = self.authority.insert(authority);
        let acceptor = tls::acceptor(authority, kind)?;
        let pem = authority.pem();
        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = TcpListener::bind(wanted).await.map_err(|source| refused(wanted, source))?;
        let address = listener.local_addr().map_err(|source| refused(wanted, source))?;
        let (sandbox, limits) = (self.sandbox(), self.app.limits.clone());
        let host = Host { kind, acceptor, sandbox, vendors: reached(self.address), limits };
        self.tls.push(tokio::spawn(tls::listen(host, listener, self.stop.subscribe())));
        Ok(TlsOrigin { url: format!("https://{address}"), authority: pem })
    }

    /// The server's URL, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.app.url
    }

    /// The address that the server listens on.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL of a vendor in the default sandbox.
    pub fn vendor_url(&self, vendor: &str) -> String {
        format!("{}/{vendor}", self.app.url)
    }

    /// The base URL of a vendor in the default sandbox for one install. Requests below it are recorded as this
    /// install's.
    pub fn install_url(&self, install: &str, vendor: &str) -> String {
        format!("{}/i/{install}/{vendor}", self.app.url)
    }

    /// An in-process connection to the vendors, which needs no network.
    pub fn direct(&self) -> DirectLine {
        DirectLine::new(self.app.clone())
    }

    /// The default sandbox.
    pub fn sandbox(&self) -> Sandbox {
        self.app.sandboxes.default.clone()
    }

    /// The sandbox with this name.
    pub fn sandbox_named(&self, name: &str) -> Result<Sandbox, SandboxError> {
        self.app.sandboxes.get(name)
    }

    /// A receiver of all sandboxes, the default one first. It is updated whenever one is created or deleted.
    pub fn sandboxes(&self) -> watch::Receiver<Vec<Sandbox>> {
        self.app.sandboxes.told()
    }

    /// Creates a sandbox.
    pub fn make_sandbox(&self, asked: NewSandbox) -> Result<Sandbox, SandboxError> {
        self.app.sandboxes.make(asked)
    }

    /// Stops accepting connections, waits briefly for answers that are being sent, and stops the server.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        for listening in
            [Some(&mut self.listening), self.other_origin.as_mut()].into_iter().flatten().chain(&mut self.tls)
        {
            if let Err(error) = listening.await {
                tracing::error!(%error, "an accept loop had ended by itself");
            }
        }
    }
}

impl Drop for MockServer {
    fn drop(&mut self) {
        self.listening.abort();
        self.other_origin.iter().chain(&self.tls).for_each(JoinHandle::abort);
        self.app.sandboxes.all().iter().for_each(Sandbox::close);
    }
}

impl fmt::Debug for MockServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockServer").field("url", &self.app.url).finish_non_exhaustive()
    }
}

fn refused(address: SocketAddr, source: std::io::Error) -> StartError {
    match source.kind() {
        std::io::ErrorKind::AddrInUse => StartError::InUse(address),
        _ => StartError::Listen { address, source },
    }
}

/// The URL of a server that listens on this address. For an unspecified address, the URL names the loopback.
pub fn url(address: SocketAddr) -> String {
    format!("http://{}", reached(address))
}

/// The address at which clients reach a listener on this address.
fn reached(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            Ipv4Addr::LOCALHOST.into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        });
    }
    address
}
