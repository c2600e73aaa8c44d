//! The other servers that an SDK can be led to: another origin, and listeners with valid and invalid TLS.

use standin_contracts::history::TlsKind;
use standin_mock_server::tls::TlsOrigin;
use standin_mock_server::{MockServer, StartError};

/// The servers, other than the vendor's, that an SDK can be led to.
#[derive(Debug, Default)]
pub struct Origins {
    /// Another origin, without a trailing slash.
    pub other_origin: String,
    /// Listeners whose TLS is invalid, each in its own way.
    pub bad: Vec<TlsOrigin>,
    /// A listener with valid TLS that leads to the vendor.
    pub good: Option<TlsOrigin>,
}

impl Origins {
    /// Opens those with TLS beside a mock and another origin. They need an SDK that takes a certificate authority.
    ///
    /// # Errors
    /// If one can't be opened.
    pub async fn open(mock: &mut MockServer, other_origin: String, tls: bool) -> Result<Self, StartError> {
        use TlsKind as K;
        let (mut bad, mut good) = (Vec::new(), None);
        if tls {
            for kind in [K::UntrustedAuthority, K::WrongHost, K::Expired, K::SelfSigned, K::OldProtocol] {
                bad.push(mock.open_tls(kind).await?);
            }
            good = Some(mock.open_tls(K::Good).await?);
        }
        Ok(Self { other_origin, bad, good })
    }
}
