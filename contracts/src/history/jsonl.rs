//! Histories as JSON Lines, written a line at a time and readable after a kill at any byte.

use super::{Event, HISTORY_VERSION, Header};

/// A history that was read from its lines.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// The first line.
    pub header: Header,
    /// The events in order.
    pub events: Vec<Event>,
    /// Whether the last line is incomplete: the writer was killed, or is still writing.
    pub cut: bool,
}

/// The reason why a file is no history.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no complete first line.
    #[error("the file ends before its header line is complete")]
    NoHeader,
    /// The first line is no header.
    #[error("line 1 is no history header: {0}")]
    Header(serde_json::Error),
    /// The format is of another version.
    #[error("the history has format version {found}, this program reads version {HISTORY_VERSION}")]
    Version {
        /// The version in the file.
        found: u32,
    },
    /// A complete line is no event.
    #[error("line {line} is no event: {source}")]
    Event {
        /// The line, counted from 1.
        line: usize,
        /// The reason why it is none.
        source: serde_json::Error,
    },
    /// Events are missing or out of order.
    #[error("line {line} has event number {found}, expected {expected}")]
    Order {
        /// The line, counted from 1.
        line: usize,
        /// The number that was found.
        found: u64,
        /// The number that was expected.
        expected: u64,
    },
}

/// The header as one line, with its line end.
pub fn write_header(header: &Header) -> Vec<u8> {
    line(header)
}

/// The event as one line, with its line end.
pub fn write_event(event: &Event) -> Vec<u8> {
    line(event)
}

fn line(value: &impl serde::Serialize) -> Vec<u8> {
    // Serialisation fails only for map keys that are not strings, and no type here has such a map.
    let mut bytes = serde_json::to_vec(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// Reads a history. A last line without its end is left out, and [`History::cut`] is set.
pub fn read(bytes: &[u8]) -> Result<History, ReadError> {
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let header = lines.next().and_then(complete).ok_or(ReadError::NoHeader)?;
    let header = read_header(header)?;
    let mut events: Vec<Event> = Vec::new();
    for (index, raw) in lines.enumerate() {
        let Some(text) = complete(raw) else {
            return Ok(History { header, events, cut: true });
        };
        events.push(read_event(text, index + 2, events.last())?);
    }
    Ok(History { header, events, cut: false })
}

fn complete(line: &[u8]) -> Option<&[u8]> {
    line.strip_suffix(b"\n")
}

fn read_header(line: &[u8]) -> Result<Header, ReadError> {
    #[derive(serde::Deserialize)]
    struct Version {
        standin_history: u32,
    }
    let version: Version = serde_json::from_slice(line).map_err(ReadError::Header)?;
    if version.standin_history != HISTORY_VERSION {
        return Err(ReadError::Version { found: version.standin_history });
    }
    serde_json::from_slice(line).map_err(ReadError::Header)
}

fn read_event(text: &[u8], line: usize, last: Option<&Event>) -> Result<Event, ReadError> {
    let event: Event = serde_json::from_slice(text).map_err(|source| ReadError::Event { line, source })?;
    let expected = last.map_or(event.seq, |last| last.seq.saturating_add(1));
    // No event can follow the largest number.
    if event.seq == expected && last.is_none_or(|last| last.seq < expected) {
        return Ok(event);
    }
    Err(ReadError::Order { line, found: event.seq, expected })
}
