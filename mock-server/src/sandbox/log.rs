//! The history of one sandbox: bounded in memory, complete on disk.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use standin_contracts::history::{ContractRef, Event, HISTORY_VERSION, Header, What, write_event, write_header};
use standin_contracts::protocol::Timestamp;

use super::{SandboxSetup, VendorSetup};

/// The most bytes of history kept in memory, even if that is few events.
const MOST_BYTES: usize = 256 * 1024 * 1024;
/// The most file names that are tried for one sandbox before writing is given up.
const MOST_FILES: u32 = 100_000;

#[derive(Debug)]
pub(super) struct Log {
    pub(super) header: Header,
    /// The events without gaps: the first is number 1, or states how many events were dropped before it.
    events: VecDeque<Arc<Event>>,
    last: u64,
    limit: usize,
    /// The approximate size of the events in memory, in bytes.
    held: usize,
    disk: Disk,
}

#[derive(Debug)]
enum Disk {
    None,
    /// The folder of a file that is created with the first event, when the header is complete.
    Wanted(PathBuf),
    Open(BufWriter<File>),
}

impl Log {
    pub(super) fn new(setup: &SandboxSetup) -> Self {
        Self {
            header: header(setup),
            events: VecDeque::new(),
            last: 0,
            // One event, and the note of the dropped ones.
            limit: setup.history_limit.max(2),
            held: 0,
            disk: setup.history_dir.clone().map_or(Disk::None, Disk::Wanted),
        }
    }

    /// The number of the last event.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    pub(super) fn append(&mut self, at: Timestamp, mono_us: u64, what: What) {
        self.last += 1;
        let event = Event { seq: self.last, at, mono_us, event: what };
        self.write(&event);
        self.held += size(&event);
        self.events.push_back(Arc::new(event));
        if self.events.len() > self.limit || self.held > MOST_BYTES {
            self.drop_oldest();
        }
    }

    pub(super) fn after(&self, seq: u64, limit: usize) -> Vec<Arc<Event>> {
        let first = self.events.front().map_or(1, |event| event.seq);
        let skip = usize::try_from(seq.saturating_add(1).saturating_sub(first)).unwrap_or(usize::MAX);
        self.events.iter().skip(skip).take(limit).cloned().collect()
    }

    /// Drops the oldest events. The note of the dropped ones gets the number of the last of them.
    fn drop_oldest(&mut self) {
        while self.events.len() > 1 && (self.events.len() >= self.limit || self.held > MOST_BYTES) {
            if let Some(oldest) = self.events.pop_front() {
                self.held -= size(&oldest);
            }
        }
        let Some(first) = self.events.front() else { return };
        let seq = first.seq - 1;
        let note = Event { seq, at: first.at, mono_us: first.mono_us, event: What::Dropped { events: seq } };
        self.held += size(&note);
        self.events.push_front(Arc::new(note));
    }

    fn write(&mut self, event: &Event) {
        if matches!(self.disk, Disk::None) {
            return;
        }
        if let Err(error) = self.try_write(event) {
            tracing::error!(sandbox = self.header.sandbox, %error, "the history can't be written any more");
            self.disk = Disk::None;
        }
    }

    fn try_write(&mut self, event: &Event) -> std::io::Result<()> {
        if let Disk::Wanted(folder) = &self.disk {
            let mut file = BufWriter::new(new_file(folder, &self.header.sandbox)?);
            file.write_all(&write_header(&self.header))?;
            self.disk = Disk::Open(file);
        }
        if let Disk::Open(file) = &mut self.disk {
            file.write_all(&write_event(event))?;
            file.flush()?;
        }
        Ok(())
    }
}

/// The approximate size of an event in bytes: its target, headers and body, and a constant for the rest.
fn size(event: &Event) -> usize {
    const REST: usize = 1024;
    let (target, headers, body) = match &event.event {
        What::Request(request) => (request.target.len(), &request.headers[..], request.body.as_ref()),
        What::Response(response) => (0, &response.headers[..], response.body.as_ref()),
        _ => (0, &[][..], None),
    };
    let headers: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    // Twice the body's size, since the reply's fields repeat parts of it.
    REST + target + headers + 2 * body.map_or(0, |body| body.text.len())
}

/// Creates `<sandbox>.jsonl`, or the first `<sandbox>.<n>.jsonl` that does not exist yet. No history is ever
/// overwritten.
fn new_file(folder: &Path, sandbox: &str) -> std::io::Result<File> {
    std::fs::create_dir_all(folder)?;
    for number in 1..MOST_FILES {
        let name = if number == 1 { format!("{sandbox}.jsonl") } else { format!("{sandbox}.{number}.jsonl") };
        match OpenOptions::new().create_new(true).append(true).open(folder.join(name)) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            done => return done,
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

fn header(setup: &SandboxSetup) -> Header {
    Header {
        standin_history: HISTORY_VERSION,
        sandbox: setup.name.clone(),
        seed: setup.seed,
        contracts: setup.vendors.iter().map(contract_ref).collect(),
        users: Vec::new(),
        capabilities: Vec::new(),
        subjects: Vec::new(),
    }
}

fn contract_ref(vendor: &VendorSetup) -> ContractRef {
    let facts = vendor.contract.facts.list().map(|(name, value, _)| (name.to_owned(), value)).collect();
    ContractRef { vendor: vendor.contract.vendor.clone(), digest: vendor.contract.digest.clone(), facts }
}

#[cfg(test)]
mod tests {
    use standin_contracts::history::{Leg, Request};

    use super::*;
    use crate::clock::ClockStart;

    fn log(limit: usize, history_dir: Option<PathBuf>) -> Log {
        let clock = ClockStart::Real;
        Log::new(&SandboxSetup { name: "s".into(), seed: 1, vendors: vec![], clock, history_limit: limit, history_dir })
    }

    fn request(exchange: u64) -> Request {
        let (method, target) = ("GET".to_owned(), "/".to_owned());
        let leg = Leg::BackendToVendor;
        let (vendor, operation, body, step, intent, delivery) = (None, None, None, None, None, None);
        let (headers, placeholders) = (Vec::new(), Vec::new());
        Request {
            exchange,
            leg,
            vendor,
            install: None,
            operation,
            method,
            target,
            headers,
            body,
            placeholders,
            step,
            intent,
            delivery,
        }
    }

    fn fill(log: &mut Log, count: usize) {
        for _ in 0..count {
            log.append(Timestamp::from_millis(0), 0, What::Quiescent);
        }
    }

    #[test]
    fn a_full_history_drops_the_oldest_and_says_how_many() {
        let mut log = log(10, None);
        fill(&mut log, 25);
        let events = log.after(0, usize::MAX);
        assert_eq!(events.len(), 10);
        assert_eq!(events[0].event, What::Dropped { events: 16 });
        let numbers: Vec<u64> = events.iter().map(|event| event.seq).collect();
        assert_eq!(numbers, (16..=25).collect::<Vec<u64>>());
    }

    #[test]
    fn large_bodies_fill_a_history_sooner() {
        let mut log = log(1_000_000, None);
        let target = "x".repeat(1024 * 1024);
        for exchange in 0..300 {
            let request = Request { target: target.clone(), ..request(exchange) };
            log.append(Timestamp::from_millis(0), 0, What::Request(request.into()));
        }
        assert!(matches!(log.after(0, 1)[0].event, What::Dropped { events: 10.. }));
        assert!(log.held <= MOST_BYTES);
    }

    #[test]
    fn a_reader_who_is_up_to_date_gets_only_what_is_new() {
        let mut log = log(10, None);
        fill(&mut log, 5);
        assert_eq!(log.after(3, 1).iter().map(|event| event.seq).collect::<Vec<_>>(), [4]);
        assert!(log.after(5, 10).is_empty());
        assert!(log.after(u64::MAX - 1, 10).is_empty());
    }

    #[test]
    fn on_disk_nothing_is_dropped_and_nothing_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            fill(&mut log(2, Some(folder.path().to_owned())), 5);
        }
        for name in ["s.jsonl", "s.2.jsonl"] {
            let bytes = std::fs::read(folder.path().join(name)).unwrap();
            assert_eq!(standin_contracts::history::read(&bytes).unwrap().events.len(), 5);
        }
    }
}
