//! Timestamps of sandbox time.

use std::fmt;
use std::str::FromStr;

use jiff::fmt::rfc2822::DateTimePrinter;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Millis;

/// A moment in whole milliseconds since 1970-01-01T00:00:00Z, in the years 1 to 9999. Written as ISO 8601 with
/// milliseconds and `Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("format" = "date-time"))]
pub struct Timestamp(i64);

/// A text that is no timestamp of the expected format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no ISO 8601 moment such as 2026-11-20T08:00:00.000Z")]
pub struct BadTimestamp(pub String);

/// The first moment of the year 1, and the last moment that the calendar library supports. That is 26 hours before
/// the year 10000, so that it stays in the year 9999 in every time zone.
const RANGE: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_207_200_000;

impl Timestamp {
    /// The moment `millis` milliseconds after 1970 began.
    /// A moment outside the years 1 to 9999 becomes the nearest inside.
    pub const fn from_millis(millis: i64) -> Self {
        if millis < *RANGE.start() {
            return Self(*RANGE.start());
        }
        if millis > *RANGE.end() {
            return Self(*RANGE.end());
        }
        Self(millis)
    }

    /// Milliseconds since 1970 began.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Seconds since 1970 began, rounded down.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The moment `span` later, capped at the last timestamp.
    pub fn after(self, span: Millis) -> Self {
        let span = i64::try_from(span.get()).unwrap_or(i64::MAX);
        Self::from_millis(self.0.saturating_add(span))
    }

    /// This moment, rounded down to a whole number of steps since 1970 began.
    pub fn rounded_down(self, step: Millis) -> Self {
        let step = i64::try_from(step.get()).unwrap_or(i64::MAX).max(1);
        Self::from_millis(self.0 - self.0.rem_euclid(step))
    }

    /// The time from `earlier` to this moment. Zero if this moment is not later.
    pub fn since(self, earlier: Self) -> Millis {
        Millis::new(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The moment in the calendar library's type.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }

    /// Reads an HTTP date.
    pub fn from_http_date(text: &str) -> Result<Self, BadTimestamp> {
        let moment = jiff::fmt::rfc2822::parse(text).map_err(|_| BadTimestamp(text.to_owned()))?;
        Ok(Self::from_millis(moment.timestamp().as_millisecond()))
    }

    /// The moment as an HTTP date (RFC 9110, section 5.6.7), in whole seconds.
    pub fn to_http_date(self) -> String {
        // Fails only for years before the year 1.
        DateTimePrinter::new().timestamp_to_rfc9110_string(&self.to_jiff()).unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.to_jiff())
    }
}

impl FromStr for Timestamp {
    type Err = BadTimestamp;

    fn from_str(text: &str) -> Result<Self, BadTimestamp> {
        let moment: jiff::Timestamp = text.parse().map_err(|_| BadTimestamp(text.to_owned()))?;
        Ok(Self::from_millis(moment.as_millisecond()))
    }
}

impl TryFrom<String> for Timestamp {
    type Error = BadTimestamp;

    fn try_from(text: String) -> Result<Self, BadTimestamp> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(moment: Timestamp) -> Self {
        moment.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_back_as_it_was_written() {
        let text = "2021-02-03T14:32:03.076Z";
        assert_eq!(text.parse::<Timestamp>().map(|moment| moment.to_string()).as_deref(), Ok(text));
    }

    #[test]
    fn the_first_and_the_last_moment_are_written_as_what_they_are() {
        assert_eq!(Timestamp::from_millis(i64::MIN).to_string(), "0001-01-01T00:00:00.000Z");
        assert_eq!(Timestamp::from_millis(i64::MAX).to_string(), "9999-12-30T22:00:00.000Z");
    }

    #[test]
    fn a_moment_is_rounded_to_the_step_before_it() {
        let rounded = |millis| Timestamp::from_millis(millis).rounded_down(Millis::from_secs(1)).as_millis();
        assert_eq!([1999, 2000, -1].map(rounded), [1000, 2000, -1000]);
        assert_eq!(Timestamp::from_millis(1999).rounded_down(Millis::new(0)).as_millis(), 1999);
    }

    #[test]
    fn an_http_date_is_in_whole_seconds() {
        let moment = Timestamp::from_millis(1_551_889_818_900);
        let text = "Wed, 06 Mar 2019 16:30:18 GMT";
        assert_eq!(moment.to_http_date(), text);
        assert_eq!(Timestamp::from_http_date(text).map(Timestamp::as_millis), Ok(1_551_889_818_000));
        assert!(Timestamp::from_http_date("soon").is_err());
    }
}
