//! Where an SDK can be led beside its vendor: another origin, and listeners that speak TLS well and badly.

use standin_contracts::history::TlsKind;
use standin_mock_server::tls::TlsOrigin;
use standin_mock_server::{MockServer, StartError};

/// Where else than at the vendor an SDK can be led.
#[derive(Debug, Default)]
pub struct Origins {
    /// Another origin, without a slash at the end.
    pub other_origin: String,
    /// Listeners that speak TLS badly, each in its own way.
    pub bad: Vec<TlsOrigin>,
    /// One that speaks it well, and leads to the vendor.
    pub good: Option<TlsOrigin>,
}

impl Origins {
    /// Opens them beside a mock; those with TLS only for an SDK that can be told whom to trust.
    ///
    /// # Errors
    /// If one can't be opened.
    pub async fn open(mock: &mut MockServer, tls: bool) -> Result<Self, StartError> {
        use TlsKind as K;
        let other_origin = mock.open_other_origin().await?;
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
