//! A network inside this program: requests reach the vendor and client backends as values, without sockets. So the
//! order of events depends on no machine.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use parking_lot::Mutex;
use standin_contracts::contract::{WireRequest, WireResponse};
use standin_mock_server::{DirectLine, MockServer, ReceiverLine};

/// The URL of an origin that is neither the vendor's nor a host's. What is sent there is recorded, and refused.
pub(crate) const OTHER_ORIGIN: &str = "http://other-origin.invalid";

/// A server inside this program.
pub(crate) trait Host: Send + Sync {
    /// The answer to a request. None if the server ends before it has answered.
    fn answer(&self, request: WireRequest) -> BoxFuture<'static, Option<WireResponse>>;
}

/// The vendors of one mock, and the client backends that listen beside it. Its clones are the same network.
#[derive(Clone)]
pub struct Network {
    vendors: DirectLine,
    hosts: Arc<Mutex<Hosts>>,
}

#[derive(Default)]
struct Hosts {
    /// Every address that was given, with its host while one listens there.
    by_url: BTreeMap<String, Option<Arc<dyn Host>>>,
}

impl Network {
    /// A network with the vendors of this mock, on which nothing else listens yet.
    pub fn of(mock: &MockServer) -> Self {
        Self { vendors: mock.direct(), hosts: Arc::default() }
    }

    /// The connection to the vendors alone.
    pub(crate) fn vendors(&self) -> DirectLine {
        self.vendors.clone()
    }

    /// A URL at which a host can listen. No two are the same.
    pub(crate) fn address(&self) -> String {
        let mut hosts = self.hosts.lock();
        let url = format!("http://backend-{}.test", hosts.by_url.len() + 1);
        hosts.by_url.insert(url.clone(), None);
        url
    }

    /// Lets a host listen at a URL.
    pub(crate) fn open(&self, url: &str, host: Arc<dyn Host>) {
        self.hosts.lock().by_url.insert(url.to_owned(), Some(host));
    }

    pub(crate) fn close(&self, url: &str) {
        self.hosts.lock().by_url.insert(url.to_owned(), None);
    }

    /// Whether a host listens at a URL.
    pub(crate) fn is_open(&self, url: &str) -> bool {
        self.hosts.lock().by_url.get(url).is_some_and(Option::is_some)
    }

    /// Sends a request to the server at a base URL, and calls `heard` with the size of each part of a vendor's answer.
    /// None if no complete answer came.
    pub(crate) async fn send(
        &self,
        base: &str,
        request: &WireRequest,
        heard: impl Fn(usize) + Send,
    ) -> Option<WireResponse> {
        if self.vendors.leads_to(base) {
            return self.vendors.ask_at(base, request, heard).await;
        }
        let at = |path: &str| WireRequest { target: format!("{path}{}", request.target), ..request.clone() };
        match self.host(base) {
            Some((host, below)) => host?.answer(at(&below)).await,
            None => Some(self.vendors.ask_other_origin(at(path(base)))),
        }
    }

    /// The host at the address to which a URL belongs, if one listens there, and the rest of the URL.
    fn host(&self, base: &str) -> Option<(Option<Arc<dyn Host>>, String)> {
        let hosts = self.hosts.lock();
        let mut all = hosts.by_url.iter();
        all.find_map(|(url, host)| Some((host.clone(), below(base, url)?.to_owned())))
    }
}

/// What follows a server's URL in a longer one.
fn below<'u>(base: &'u str, url: &str) -> Option<&'u str> {
    base.strip_prefix(url).filter(|below| below.is_empty() || below.starts_with('/'))
}

/// The path of a URL, and what follows it.
fn path(url: &str) -> &str {
    let authority = url.find("://").map_or(0, |at| at + 3);
    url[authority..].find('/').map_or("", |at| &url[authority + at..])
}

impl ReceiverLine for Network {
    fn send(&self, url: &str, request: WireRequest) -> BoxFuture<'static, Option<WireResponse>> {
        match self.host(url) {
            Some((Some(host), below)) => {
                host.answer(WireRequest { target: format!("{below}{}", request.target), ..request })
            }
            _ => Box::pin(std::future::ready(None)),
        }
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").field("vendors", &self.vendors).finish_non_exhaustive()
    }
}
