//! What an answer means for the one who asked.

use standin_contracts::protocol::ReplyName;

use super::message::VendorAnswer;

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerClass {
    /// It was done.
    Done,
    /// It may be done if it is asked again later.
    Passing,
    /// The session's token is not taken.
    SessionRefused,
    /// The app's key is not taken.
    KeyRefused,
    /// Another device has taken this install's place, or the vendor switched the user off on it.
    Deactivated,
    /// The user is gone.
    Erased,
    /// It was too much at once.
    TooLarge,
    /// Asking again changes nothing.
    Hopeless,
}

impl AnswerClass {
    /// What the answer means by its words, and by its status where it has none.
    pub fn of(answer: &VendorAnswer) -> Self {
        Self::by_words(&answer.replies).unwrap_or_else(|| Self::by_status(answer.status))
    }

    /// Several replies may look alike on the wire: the one that does the least harm if it is wrong counts.
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

    /// A success that can't be read is none: something between the SDK and the vendor may have answered.
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
