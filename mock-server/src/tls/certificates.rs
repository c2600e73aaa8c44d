//! Certificates, created anew for each server: an authority, and certificates that it did or did not issue.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair, date_time_ymd,
};
use standin_contracts::history::TlsKind;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

const HOSTS: [&str; 2] = ["localhost", "127.0.0.1"];
/// A host name that no listener has (RFC 2606).
const OTHER_HOST: &str = "vendor.invalid";

/// A certificate authority that clients can be told to trust.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

pub(super) struct Identity {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) key: PrivateKeyDer<'static>,
}

impl Authority {
    pub(crate) fn new() -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name = named("Standin's authority");
        CertifiedIssuer::self_signed(params, KeyPair::generate()?).map(Self)
    }

    /// The authority's certificate as PEM, for clients that are to trust it.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// The certificate and key of a listener of this kind.
    pub(super) fn identity(&self, kind: TlsKind) -> Result<Identity, rcgen::Error> {
        let hosts =
            if kind == TlsKind::WrongHost { vec![OTHER_HOST.to_owned()] } else { HOSTS.map(str::to_owned).into() };
        let mut params = CertificateParams::new(hosts)?;
        params.distinguished_name = named("Standin");
        if kind == TlsKind::Expired {
            (params.not_before, params.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));
        }
        let key = KeyPair::generate()?;
        let certificate = match kind {
            TlsKind::SelfSigned => params.self_signed(&key)?,
            TlsKind::UntrustedAuthority => params.signed_by(&key, &Self::new()?.0)?,
            _ => params.signed_by(&key, &self.0)?,
        };
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Ok(Identity { certificate: certificate.der().clone(), key })
    }
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}
