use std::collections::BTreeSet;

use crate::history::{Event, TlsAttempt, TlsKind, TlsProgress, What};
use crate::rules::{Evidence, Finding, Joined, Monitor};

rule! {
    /// Nothing is said to whom the certificate does not vouch for.
    ///
    /// ### What is wrong
    /// Where the vendor should be, somebody showed a certificate of an authority that nobody trusts, one for another host, one
    /// that had expired or one that vouches for itself, and the SDK sent a request all the same. Or it sent one in clear where
    /// its base URL begins with `https`: at once, or because the handshake had failed.
    ///
    /// ### Why it matters
    /// Whoever offers a network, in a café or by a stolen name, can stand between the SDK and its vendor. Then credentials,
    /// sessions and all that was recorded of a person are theirs. TLS keeps them out as long as certificates are looked at.
    ///
    /// ### How it is provoked
    /// The SDK is given the certificate of an authority, and a base URL at listeners of which each is bad in its way, and at a
    /// good one. Only an SDK that speaks with the good one shows by its silence at the others that it looked.
    ///
    /// ### What is right
    /// The HTTP library's own checks, with all of them on, and TLS 1.2 or later. After a handshake that failed the SDK is
    /// offline.
    ///
    /// ### Example
    /// ```text
    /// sdk -> impostor    hello, vendor.example
    /// impostor -> sdk    a certificate that I made myself
    /// sdk -> impostor    POST /sdk/users  {"code": …}                  <- to whom?
    /// ```
    {
        name: "transport/untrusted-tls",
        subjects: [Sdk],
        needs: [],
        precondition: "an SDK that came to a listener with a bad certificate, and spoke with the good one",
        on_wire: true,
        monitor: |context| {
            let evidence = Evidence { not_testable: context.lacks_commands(&["ca"]), ..Evidence::default() };
            Box::new(Watch { evidence, ..Watch::default() })
        },
    }
}

#[derive(Default)]
struct Watch {
    /// The bad listeners that the SDK connected to.
    bad: BTreeSet<&'static str>,
    spoke_with_good: bool,
    evidence: Evidence,
}

impl Monitor for Watch {
    fn observe(&mut self, event: &Event) {
        let What::Tls(attempt) = &event.event else { return };
        match shown(attempt.listener) {
            Some(shown) => drop(self.bad.insert(shown)),
            None => self.spoke_with_good |= attempt.went == TlsProgress::Spoke,
        }
        if let Some(message) = offence(*attempt) {
            self.evidence.findings.push(Finding::new(message, [event.seq]));
        }
    }

    fn found(&self) -> Option<&[Finding]> {
        Some(&self.evidence.findings)
    }

    fn finish(self: Box<Self>, _: &Joined<'_>) -> Evidence {
        let exercised = if self.spoke_with_good { self.bad.len() as u64 } else { 0 };
        Evidence { exercised, ..self.evidence }
    }
}

fn offence(attempt: TlsAttempt) -> Option<String> {
    match (attempt.went, shown(attempt.listener)) {
        (TlsProgress::InClear, shown) => {
            let whom = shown.unwrap_or("a good certificate");
            Some(format!(
                "the SDK sent a request in clear where it was told to speak TLS, to a listener that shows {whom}"
            ))
        }
        (TlsProgress::Spoke, Some(shown)) => Some(format!("the SDK sent a request to a listener that shows {shown}")),
        _ => None,
    }
}

/// The fault of a listener, if it has one.
const fn shown(listener: TlsKind) -> Option<&'static str> {
    match listener {
        TlsKind::Good => None,
        TlsKind::UntrustedAuthority => Some("a certificate of an authority that is not trusted"),
        TlsKind::WrongHost => Some("a certificate for another host"),
        TlsKind::Expired => Some("a certificate that has expired"),
        TlsKind::SelfSigned => Some("a certificate that vouches for itself"),
        TlsKind::OldProtocol => Some("no TLS of version 1.2 or later"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Story, no_occasion, same_occasion};

    fn story(attempts: &[(TlsKind, TlsProgress)]) -> Story {
        let mut story = Story::of(&["sdk", "sdk:ca"]);
        for (listener, went) in attempts {
            story.event(What::Tls(TlsAttempt { listener: *listener, went: *went }));
        }
        story
    }

    const BAD: [TlsKind; 4] = [TlsKind::UntrustedAuthority, TlsKind::WrongHost, TlsKind::Expired, TlsKind::SelfSigned];

    #[test]
    fn who_leaves_at_a_bad_certificate_and_speaks_with_the_good_one_holds() {
        let mut attempts = BAD.map(|kind| (kind, TlsProgress::TurnedAway)).to_vec();
        attempts.extend([(TlsKind::OldProtocol, TlsProgress::TurnedAway), (TlsKind::Good, TlsProgress::Spoke)]);
        assert_eq!(story(&attempts).passed(&RULE), 5);
    }

    #[test]
    fn a_handshake_without_a_word_after_it_holds_and_the_same_one_with_a_request_is_found() {
        let came = |went| story(&[(TlsKind::Good, TlsProgress::Spoke), (TlsKind::Expired, went)]);
        same_occasion(&RULE, &came(TlsProgress::Silent), &came(TlsProgress::Spoke));
        no_occasion(&RULE, &story(&[(TlsKind::Expired, TlsProgress::Silent)]));
    }

    #[test]
    fn who_fails_at_the_good_one_too_shows_nothing() {
        let attempts = [(TlsKind::WrongHost, TlsProgress::TurnedAway), (TlsKind::Good, TlsProgress::TurnedAway)];
        assert_eq!(story(&attempts).passed(&RULE), 0);
    }

    #[test]
    fn a_request_after_each_bad_certificate_is_found() {
        for kind in BAD {
            let message = format!("the SDK sent a request to a listener that shows {}", shown(kind).unwrap());
            assert_eq!(story(&[(kind, TlsProgress::Spoke)]).findings(&RULE), [(message, vec![1])]);
        }
    }

    #[test]
    fn a_request_in_clear_is_found_wherever_it_comes() {
        for kind in [TlsKind::Good, TlsKind::OldProtocol] {
            let story = story(&[(kind, TlsProgress::TurnedAway), (kind, TlsProgress::InClear)]);
            assert_eq!(story.findings(&RULE)[0].1, [2]);
        }
    }

    #[test]
    fn an_sdk_that_takes_no_authority_is_not_testable() {
        let evidence = Story::of(&["sdk"]).evidence(&RULE);
        assert_eq!(evidence.not_testable.as_deref(), Some("the adapter does not have the capability `ca`"));
    }
}
