//! The meaning of a vendor's answer for an SDK: done, refused for good, or to be tried again.

use crate::history::Response;
use crate::protocol::ReplyName;

use super::tracker::Exchange;

/// The meaning of an answer for the client that asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnswerClass {
    Done,
    /// The vendor refused. The same request would be refused again.
    Refused,
    /// The request may succeed later, or once the session is renewed.
    Later,
}

impl AnswerClass {
    /// Classifies an answer. The status counts only if the contract knows no reply for it. A success that the
    /// contract can't read, such as a captive portal's page, is not `Done`.
    pub(crate) fn of(answer: &Response) -> Self {
        match answer.reply {
            Some(ReplyName::Throttled | ReplyName::Unavailable | ReplyName::SessionExpired) => Self::Later,
            Some(reply) if reply.is_refusal() => Self::Refused,
            Some(_) => Self::Done,
            None if matches!(answer.status, 408 | 425 | 429) => Self::Later,
            None if (400..500).contains(&answer.status) => Self::Refused,
            None => Self::Later,
        }
    }
}

impl Exchange {
    /// The class of the answer, with its place in the history. `None` if no answer was delivered whole.
    pub(crate) fn heard(&self) -> Option<(u64, AnswerClass)> {
        self.delivered().map(|(seq, answer)| (seq, AnswerClass::of(answer)))
    }

    /// The place of a delivered answer after which a retry is pointless.
    pub(crate) fn definitive(&self) -> Option<u64> {
        self.heard().filter(|(_, class)| *class != AnswerClass::Later).map(|(seq, _)| seq)
    }

    /// The place of a delivered answer that says the request succeeded.
    pub(crate) fn heard_done(&self) -> Option<u64> {
        self.heard().filter(|(_, class)| *class == AnswerClass::Done).map(|(seq, _)| seq)
    }

    /// Whether the vendor carried the request out, even if its answer was lost.
    pub(crate) fn is_done(&self) -> bool {
        self.answer().is_some_and(|answer| AnswerClass::of(answer) == AnswerClass::Done)
    }

    /// Whether the request failed before `place`: it broke off, or its answer was not a success.
    pub(crate) fn has_failed_before(&self, place: u64) -> bool {
        let answered = self.answer_in_place().map(|(seq, _)| seq);
        let is_over = answered.is_some_and(|seq| seq < place) || self.broken_off.is_some_and(|(seq, _)| seq < place);
        // A request without any answer was given up at an unknown time.
        (is_over || answered.is_none()) && self.heard_done().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{answered, refused, response};

    #[test]
    fn a_reply_outweighs_its_status() {
        assert_eq!(AnswerClass::of(&refused(ReplyName::Throttled)), AnswerClass::Later);
        assert_eq!(AnswerClass::of(&refused(ReplyName::SessionExpired)), AnswerClass::Later);
        assert_eq!(AnswerClass::of(&refused(ReplyName::CredentialSpent)), AnswerClass::Refused);
        assert_eq!(AnswerClass::of(&answered(ReplyName::BatchAccepted, serde_json::json!({}))), AnswerClass::Done);
        let refusal_as_200 = Response { status: 200, ..refused(ReplyName::UserUnknown) };
        assert_eq!(AnswerClass::of(&refusal_as_200), AnswerClass::Refused);
    }

    #[test]
    fn without_a_reply_the_status_decides_and_an_unreadable_success_is_none() {
        for status in [200, 204, 307, 408, 425, 429, 500, 503] {
            assert_eq!(AnswerClass::of(&response(status)), AnswerClass::Later, "{status}");
        }
        for status in [400, 401, 403, 404, 409, 413, 422] {
            assert_eq!(AnswerClass::of(&response(status)), AnswerClass::Refused, "{status}");
        }
    }
}
