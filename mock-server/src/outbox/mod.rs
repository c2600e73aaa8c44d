//! The outbox: the messages that a vendor has for a client backend's receiver. They are gathered in batches, and
//! delivered again until they are accepted or too old.
//!
//! Pure, as the engine is: it reads no clock and opens no connection. Its user asks what is due, delivers it, and
//! reports the result.

mod delivery_fault;

use schemars::JsonSchema;
use serde::Serialize;
use standin_contracts::contract::Facts;
use standin_contracts::history::Delivered;
use standin_contracts::protocol::{Millis, Timestamp};

pub use delivery_fault::DeliveryFault;

/// The most messages that wait for one receiver.
pub const MOST_MESSAGES: usize = 10_000;

/// The schedule of deliveries and retries, in sandbox time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The time for which messages are gathered into one batch.
    pub batch_interval: Millis,
    /// The approximate size of a full batch, in bytes.
    pub batch_bytes: u64,
    /// The pause before the first retry. Each further pause is twice the last.
    pub retry_base: Millis,
    /// The longest pause between two attempts.
    pub retry_cap: Millis,
    /// The age at which a message is dropped.
    pub lifetime: Millis,
    /// Whether a request delivers one message only.
    pub single: bool,
}

/// Messages that are delivered together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Batch {
    /// The batch's number in its outbox, counted from 1.
    pub number: u64,
    /// The messages of the batch.
    pub messages: Vec<Delivered>,
    /// The sandbox time of the next attempt.
    pub due: Timestamp,
    /// The number of attempts that the receiver did not accept.
    pub tries: u32,
    /// Whether the batch is being delivered now.
    pub on_its_way: bool,
    /// The number of copies that are sent at once.
    pub copies: u32,
    /// The number of deliveries that remain after the receiver has accepted the batch.
    pub again: u32,
    #[serde(skip)]
    open: bool,
    #[serde(skip)]
    bytes: u64,
}

/// An error: the outbox is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{MOST_MESSAGES} messages wait already; let them be delivered, or reset the sandbox")]
pub struct Full;

/// The messages that one receiver has not accepted yet.
#[derive(Debug, Clone)]
pub struct Outbox {
    schedule: Schedule,
    batches: Vec<Batch>,
    last: u64,
}

impl From<&Facts> for Schedule {
    fn from(facts: &Facts) -> Self {
        let facts = &facts.webhook;
        Self {
            batch_interval: facts.batch_interval.value,
            batch_bytes: facts.batch_bytes.value,
            retry_base: facts.retry_base.value,
            retry_cap: facts.retry_cap.value,
            lifetime: facts.lifetime.value,
            single: false,
        }
    }
}

impl Outbox {
    /// An empty outbox.
    pub fn new(schedule: Schedule) -> Self {
        Self { schedule, batches: Vec::new(), last: 0 }
    }

    /// Adds messages, each with its approximate size in bytes, and with the delivery fault that applies to them. Fails
    /// if more than [`MOST_MESSAGES`] would wait.
    pub fn queue(
        &mut self,
        now: Timestamp,
        messages: Vec<(Delivered, u64)>,
        delivery_fault: Option<DeliveryFault>,
    ) -> Result<(), Full> {
        let waiting: usize = self.batches.iter().map(|batch| batch.messages.len()).sum();
        if waiting + messages.len() > MOST_MESSAGES {
            return Err(Full);
        }
        match delivery_fault {
            None => messages.into_iter().for_each(|(message, bytes)| self.gather(now, message, bytes)),
            Some(delivery_fault) => delivery_fault.queue(self, now, messages),
        }
        Ok(())
    }

    /// Adds a message to the batch that is being gathered, or begins a new one.
    fn gather(&mut self, now: Timestamp, message: Delivered, bytes: u64) {
        let limit = self.schedule.batch_bytes;
        let open = self.batches.last_mut().filter(|batch| batch.open && !self.schedule.single);
        match open {
            Some(batch) if batch.bytes + bytes <= limit => {
                batch.messages.push(message);
                batch.bytes += bytes;
            }
            full => {
                // A full batch leaves at once.
                if let Some(batch) = full {
                    batch.open = false;
                    batch.due = now;
                }
                let due = now.after(self.schedule.batch_interval);
                let batch = self.begin(due, vec![message]);
                batch.open = true;
                batch.bytes = bytes;
            }
        }
    }

    /// Adds a new batch that is sent at this moment.
    fn begin(&mut self, due: Timestamp, messages: Vec<Delivered>) -> &mut Batch {
        self.last += 1;
        let place = self.batches.len();
        self.batches.push(Batch {
            number: self.last,
            messages,
            due,
            tries: 0,
            on_its_way: false,
            copies: 1,
            again: 0,
            open: false,
            bytes: 0,
        });
        &mut self.batches[place]
    }

    /// Adds batches with as many messages as one request delivers.
    fn begin_all(&mut self, due: Timestamp, messages: Vec<Delivered>, mut change: impl FnMut(&mut Batch)) {
        if self.schedule.single {
            for message in messages {
                change(self.begin(due, vec![message]));
            }
        } else {
            change(self.begin(due, messages));
        }
    }

    /// The moment at which the next batch is due. None if no batch waits.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.batches.iter().filter(|batch| !batch.on_its_way).map(|batch| batch.due).min()
    }

    /// Returns the batches that are due, which count as being delivered from now on. Drops messages that are too old
    /// first.
    pub fn advance(&mut self, now: Timestamp) -> Vec<Batch> {
        let lifetime = self.schedule.lifetime;
        for batch in self.batches.iter_mut().filter(|batch| !batch.on_its_way) {
            batch.messages.retain(|message| now < message.at.after(lifetime));
        }
        self.batches.retain(|batch| !batch.messages.is_empty());
        let due = self.batches.iter_mut().filter(|batch| !batch.on_its_way && batch.due <= now);
        due.map(|batch| {
            batch.on_its_way = true;
            batch.open = false;
            batch.clone()
        })
        .collect()
    }

    /// Records whether the receiver accepted a batch.
    pub fn answered(&mut self, now: Timestamp, number: u64, taken: bool) {
        let Some(place) = self.batches.iter().position(|batch| batch.number == number) else { return };
        let batch = &mut self.batches[place];
        batch.on_its_way = false;
        if taken && batch.again == 0 {
            self.batches.remove(place);
        } else if taken {
            batch.again -= 1;
            batch.copies = 1;
            batch.due = now.after(self.schedule.retry_base);
        } else {
            let factor = 1_u64.checked_shl(batch.tries).unwrap_or(u64::MAX);
            let wait = self.schedule.retry_base.get().saturating_mul(factor).min(self.schedule.retry_cap.get());
            batch.tries += 1;
            batch.due = now.after(Millis::new(wait));
        }
    }

    /// All batches that wait or are being delivered, in the order in which they were queued.
    pub fn batches(&self) -> &[Batch] {
        &self.batches
    }

    /// Discards all batches.
    pub fn clear(&mut self) {
        self.batches.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_000_000);

    fn schedule() -> Schedule {
        Schedule {
            batch_interval: Millis::from_secs(5),
            batch_bytes: 1000,
            retry_base: Millis::new(100),
            retry_cap: Millis::from_secs(300),
            lifetime: Millis::from_secs(1800),
            single: false,
        }
    }

    fn message(nth: u64) -> (Delivered, u64) {
        let id = format!("m{nth}");
        let (user, user_id, kind) = ("alice".to_owned(), "u1".to_owned(), "transport".to_owned());
        (Delivered { id, user, user_id, kind, at: START, nth }, 300)
    }

    fn ids(batches: &[Batch]) -> Vec<Vec<&str>> {
        batches.iter().map(|batch| batch.messages.iter().map(|message| message.id.as_str()).collect()).collect()
    }

    fn at(millis: u64) -> Timestamp {
        START.after(Millis::new(millis))
    }

    #[test]
    fn messages_are_gathered_by_time_and_by_size() {
        let mut outbox = Outbox::new(schedule());
        outbox.queue(START, (1..=4).map(message).collect(), None).expect("room");
        assert_eq!(ids(&outbox.advance(START)), [vec!["m1", "m2", "m3"]], "a full batch leaves at once");
        assert_eq!(outbox.next_deadline(), Some(at(5000)));
        assert_eq!(ids(&outbox.advance(at(4999))), [] as [Vec<&str>; 0]);
        assert_eq!(ids(&outbox.advance(at(5000))), [vec!["m4"]]);
        assert_eq!(outbox.next_deadline(), None, "what is on its way is not waited for");
    }

    #[test]
    fn each_wait_is_twice_the_last_up_to_the_longest() {
        let mut outbox = Outbox::new(Schedule { lifetime: Millis::from_secs(86_400), ..schedule() });
        outbox.queue(START, vec![message(1)], None).expect("room");
        let mut now = at(5000);
        let mut waits = Vec::new();
        for _ in 0..14 {
            let number = outbox.advance(now)[0].number;
            outbox.answered(now, number, false);
            let due = outbox.next_deadline().expect("a next time");
            waits.push(due.since(now).get());
            now = due;
        }
        assert_eq!(waits[..4], [100, 200, 400, 800]);
        assert_eq!(waits[11..], [204_800, 300_000, 300_000]);
    }

    #[test]
    fn a_message_that_is_too_old_is_dropped() {
        let mut outbox = Outbox::new(schedule());
        outbox.queue(START, vec![message(1)], None).expect("room");
        assert_eq!(ids(&outbox.advance(at(1_800_000))), [] as [Vec<&str>; 0]);
        assert_eq!(outbox.next_deadline(), None);
    }

    #[test]
    fn delivery_faults_are_what_they_say() {
        let leave = |delivery_fault| {
            let mut outbox = Outbox::new(schedule());
            outbox.queue(START, (1..=2).map(message).collect(), Some(delivery_fault)).expect("room");
            outbox
        };
        assert_eq!(leave(DeliveryFault::Dropped {}).next_deadline(), None);
        assert_eq!(leave(DeliveryFault::Delayed { by: Millis::from_secs(60) }).next_deadline(), Some(at(65_000)));
        assert_eq!(leave(DeliveryFault::Concurrent { times: 3 }).advance(at(5000))[0].copies, 3);
        let mut reordered = leave(DeliveryFault::Reordered {});
        assert_eq!(ids(&reordered.advance(at(5000))), [["m2"]]);
        let mut twice = leave(DeliveryFault::Duplicated { times: 2 });
        let number = twice.advance(at(5000))[0].number;
        twice.answered(at(5000), number, true);
        assert_eq!(ids(&twice.advance(at(5100))), [vec!["m1", "m2"]]);
        twice.answered(at(5100), number, true);
        assert_eq!(twice.batches(), []);
    }

    #[test]
    fn an_outbox_has_an_end() {
        let mut outbox = Outbox::new(schedule());
        let many = (0..=MOST_MESSAGES as u64).map(message).collect();
        assert_eq!(outbox.queue(START, many, None), Err(Full));
    }
}
