//! TLS listeners, good and bad ones, which test whether a client verifies the server.
//!
//! The good one forwards to the vendors. The others never answer a request. How far each client got is an event in the
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
    /// The listener's URL, without a slash at the end.
    pub url: String,
    /// The certificate of the authority that issued the good listener's certificate, as PEM. A client should trust this
    /// authority alone.
    pub authority: String,
}

/// The reason why a TLS listener can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A certificate can't be created.
    #[error("can't make a certificate")]
    Certificate(#[from] rcgen::Error),
    /// The TLS library refuses the certificate or key.
    #[error("can't speak TLS with the certificate")]
    Config(#[from] tokio_rustls::rustls::Error),
}

/// The acceptor for connections to a listener of this kind. None for the kind that refuses every hello.
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
