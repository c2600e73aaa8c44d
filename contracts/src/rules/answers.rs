//! What an SDK may conclude from an answer: that it is done, that it is refused for good, or that it may try again.

use crate::history::Response;
use crate::protocol::ReplyName;

use super::tracker::Exchange;

/// What an answer means to whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnswerClass {
    Done,
    /// It is refused, and asking the same again changes nothing.
    InvalidFile,
    /// It may do later, or once the session is renewed.
    Later,
}

impl AnswerClass {
    /// What an answer means. Its status decides only where it says nothing that the contract knows: a success that can't be
    /// read, such as a captive portal's page, is none.
    pub(crate) fn of(answer: &Response) -> Self {
        match answer.reply {
            Some(ReplyName::Throttled | ReplyName::Unavailable | ReplyName::SessionExpired) => Self::Later,
            Some(reply) if reply.is_refusal() => Self::InvalidFile,
            Some(_) => Self::Done,
            None if matches!(answer.status, 408 | 425 | 429) => Self::Later,
            None if (400..500).contains(&answer.status) => Self::InvalidFile,
            None => Self::Later,
        }
    }
}

impl Exchange {
    /// What was heard, with its place in the history; nothing if no answer came through whole.
    pub(crate) fn heard(&self) -> Option<(u64, AnswerClass)> {
        self.delivered().map(|(seq, answer)| (seq, AnswerClass::of(answer)))
    }

    /// Where an answer came through that leaves nothing to try again.
    pub(crate) fn definitive(&self) -> Option<u64> {
        self.heard().filter(|(_, class)| *class != AnswerClass::Later).map(|(seq, _)| seq)
    }

    /// Where it was heard that what was asked is done.
    pub(crate) fn heard_done(&self) -> Option<u64> {
        self.heard().filter(|(_, class)| *class == AnswerClass::Done).map(|(seq, _)| seq)
    }

    /// True if the vendor did what was asked, whether anybody heard of it or not.
    pub(crate) fn is_done(&self) -> bool {
        self.answer().is_some_and(|answer| AnswerClass::of(answer) == AnswerClass::Done)
    }

    /// True if an attempt came to nothing before this place: it broke off, or was answered otherwise than with success.
    pub(crate) fn has_failed_before(&self, place: u64) -> bool {
        let answered = self.answer_in_place().map(|(seq, _)| seq);
        let is_over = answered.is_some_and(|seq| seq < place) || self.broken_off.is_some_and(|(seq, _)| seq < place);
        // What never got an answer was given up at some time that nothing tells.
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
        assert_eq!(AnswerClass::of(&refused(ReplyName::CredentialSpent)), AnswerClass::InvalidFile);
        assert_eq!(AnswerClass::of(&answered(ReplyName::BatchAccepted, serde_json::json!({}))), AnswerClass::Done);
        let refusal_as_200 = Response { status: 200, ..refused(ReplyName::UserUnknown) };
        assert_eq!(AnswerClass::of(&refusal_as_200), AnswerClass::InvalidFile);
    }

    #[test]
    fn without_a_reply_the_status_decides_and_an_unreadable_success_is_none() {
        for status in [200, 204, 307, 408, 425, 429, 500, 503] {
            assert_eq!(AnswerClass::of(&response(status)), AnswerClass::Later, "{status}");
        }
        for status in [400, 401, 403, 404, 409, 413, 422] {
            assert_eq!(AnswerClass::of(&response(status)), AnswerClass::InvalidFile, "{status}");
        }
    }
}
