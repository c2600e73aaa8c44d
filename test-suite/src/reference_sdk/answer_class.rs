//! Classes of vendor answers, by what the SDK has to do.

use standin_contracts::protocol::ReplyName;

use super::message::VendorAnswer;

/// The class of a vendor answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerClass {
    /// A success.
    Done,
    /// A temporary failure: the request may succeed later.
    Passing,
    /// The session token was refused.
    SessionRefused,
    /// The app's key was refused.
    KeyRefused,
    /// Another device has replaced this install, or the vendor has disabled the user or install.
    Deactivated,
    /// The user was erased.
    Erased,
    /// The request was too large.
    TooLarge,
    /// A permanent refusal: a retry changes nothing.
    Hopeless,
}

impl AnswerClass {
    /// The class of an answer, by its replies, or by its status if it has none.
    pub fn of(answer: &VendorAnswer) -> Self {
        Self::by_words(&answer.replies).unwrap_or_else(|| Self::by_status(answer.status))
    }

    /// The class of an answer by its possible replies. Several replies may look alike on the wire; then the least
    /// harmful class counts.
    fn by_words(replies: &[ReplyName]) -> Option<Self> {
        use ReplyName as R;
        let any = |wanted: &[ReplyName]| replies.iter().any(|reply| wanted.contains(reply));
        if replies.iter().any(|reply| !reply.is_refusal()) {
            return Some(Self::Done);
        }
        if any(&[R::SessionExpired, R::SessionUnknown, R::SessionMissing, R::SessionWasEnded]) {
            return Some(Self::SessionRefused);
        }
        if any(&[R::InstallDeactivated, R::UserDisabled, R::InstallDisabled]) {
            return Some(Self::Deactivated);
        }
        if any(&[R::UserWasErased]) {
            return Some(Self::Erased);
        }
        if any(&[R::BatchTooLarge, R::TooLarge]) {
            return Some(Self::TooLarge);
        }
        if any(&[R::Throttled, R::Unavailable]) {
            return Some(Self::Passing);
        }
        replies.iter().any(|reply| reply.is_about_key()).then_some(Self::KeyRefused)
    }

    /// The class of an answer that can't be parsed. A 2xx or 3xx counts as temporary, since something between the SDK
    /// and the vendor may have sent it.
    const fn by_status(status: u16) -> Self {
        match status {
            401 => Self::SessionRefused,
            413 => Self::TooLarge,
            408 | 425 | 429 | 500..=599 | 200..=399 => Self::Passing,
            _ => Self::Hopeless,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(status: u16, replies: &[ReplyName]) -> AnswerClass {
        AnswerClass::of(&VendorAnswer { status, replies: replies.to_vec(), ..VendorAnswer::default() })
    }

    #[test]
    fn where_there_are_no_words_the_status_decides() {
        for status in [408, 425, 429, 500, 502, 503, 504, 599, 200, 302] {
            assert_eq!(class(status, &[]), AnswerClass::Passing, "{status}");
        }
        for status in [400, 403, 404, 405, 409, 415, 422] {
            assert_eq!(class(status, &[]), AnswerClass::Hopeless, "{status}");
        }
        assert_eq!(class(413, &[]), AnswerClass::TooLarge);
    }

    #[test]
    fn words_count_for_more_than_the_status() {
        assert_eq!(class(403, &[ReplyName::InstallDeactivated]), AnswerClass::Deactivated);
        assert_eq!(class(403, &[ReplyName::SessionExpired]), AnswerClass::SessionRefused);
        assert_eq!(class(200, &[ReplyName::BatchAccepted]), AnswerClass::Done);
    }

    #[test]
    fn of_refusals_that_look_alike_the_least_harmful_counts() {
        let alike = [ReplyName::KeyUnknown, ReplyName::UserWasErased, ReplyName::SessionUnknown];
        assert_eq!(class(401, &alike), AnswerClass::SessionRefused);
    }
}
