//! Listeners that speak TLS, well and badly: does a client look at whom it talks to?
//!
//! The good one leads to the vendors. At the others nothing is ever answered; how far each client went is an event of the
//! default sandbox's history.

mod certificates;
mod host;

use std::sync::Arc;

use standin_contracts::history::TlsKind;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;

pub(crate) use certificates::Authority;
pub(crate) use host::{Host, listen};

/// A listener that speaks TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsOrigin {
    /// Where it is reached, without a slash at the end.
    pub url: String,
    /// The certificate of the authority that vouches for the good listener, as PEM: a client is to trust this one alone.
    pub authority: String,
}

/// Why a TLS listener can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A certificate can't be made.
    #[error("can't make a certificate")]
    Certificate(#[from] rcgen::Error),
    /// The library refuses what it is to show.
    #[error("can't speak TLS with the certificate")]
    Config(#[from] tokio_rustls::rustls::Error),
}

/// What makes a connection to a listener of this kind a TLS connection; nothing if it never becomes one.
pub(crate) fn acceptor(authority: &Authority, kind: TlsKind) -> Result<Option<TlsAcceptor>, TlsError> {
    if kind == TlsKind::OldProtocol {
        return Ok(None);
    }
    let identity = authority.identity(kind)?;
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![identity.certificate], identity.key)?;
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}
