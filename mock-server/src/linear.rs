//! Is there an order in which a concurrent history makes sense? The search of Wing and Gong (1993), with what was tried kept.
//!
//! Each operation was under way from a moment before it was sent until a moment after its answer was read, and took effect
//! at some point in between. A history is linearizable if points can be chosen such that, one operation after the other,
//! every answer is the one that the object had to give.

use std::collections::HashSet;
use std::hash::Hash;

/// An operation with its answer, and the moments between which it took effect.
#[derive(Debug, Clone)]
pub struct Timed<O> {
    /// It had not taken effect by then.
    pub called: u64,
    /// It had taken effect by then.
    pub returned: u64,
    /// What it was, and how it was answered.
    pub done: O,
}

/// The order that explains the history, as places in it, if there is one.
///
/// `apply` gives the object's next state if it would answer so in this one. At most 64 operations.
pub fn linearize<O, S: Clone + Eq + Hash>(
    history: &[Timed<O>],
    start: S,
    apply: impl Fn(&S, &O) -> Option<S>,
) -> Option<Vec<usize>> {
    assert!(history.len() <= 64, "{} operations are too many", history.len());
    let mut search = Search { history, apply, tried: HashSet::new(), order: Vec::new() };
    search.from(0, &start).then_some(search.order)
}

struct Search<'h, O, S, A> {
    history: &'h [Timed<O>],
    apply: A,
    /// Which operations were placed, and the state after them: from there nothing new comes.
    tried: HashSet<(u64, S)>,
    order: Vec<usize>,
}

impl<O, S: Clone + Eq + Hash, A: Fn(&S, &O) -> Option<S>> Search<'_, O, S, A> {
    /// True if the operations that are not in `placed` can follow in this state.
    fn from(&mut self, placed: u64, state: &S) -> bool {
        if self.order.len() == self.history.len() {
            return true;
        }
        if !self.tried.insert((placed, state.clone())) {
            return false;
        }
        for (place, next) in self.next_steps(placed, state) {
            self.order.push(place);
            if self.from(placed | 1 << place, &next) {
                return true;
            }
            self.order.pop();
        }
        false
    }

    /// What can be next, with the state after it. Whatever changes nothing can as well be now: then nothing else is tried.
    fn next_steps(&self, placed: u64, state: &S) -> Vec<(usize, S)> {
        let first_ones = self.first_ones(placed).into_iter();
        let steps = first_ones.filter_map(|place| Some((place, (self.apply)(state, &self.history[place].done)?)));
        let steps: Vec<_> = steps.collect();
        match steps.iter().position(|(_, next)| next == state) {
            Some(idle) => steps.into_iter().skip(idle).take(1).collect(),
            None => steps,
        }
    }

    /// The operations that can be next: those that were called before any other that is left had returned.
    fn first_ones(&self, placed: u64) -> Vec<usize> {
        let left = || (0..self.history.len()).filter(|place| placed & 1 << place == 0);
        let first_return = left().map(|place| self.history[place].returned).min().unwrap_or(u64::MAX);
        left().filter(|place| self.history[*place].called < first_return).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Something that can be taken once: whether this attempt got it.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "states are handed to it as the search has them")]
    fn take(taken: &bool, got_it: &bool) -> Option<bool> {
        (*got_it != *taken).then_some(true)
    }

    fn at(called: u64, returned: u64, done: bool) -> Timed<bool> {
        Timed { called, returned, done }
    }

    #[test]
    fn of_two_that_overlap_either_may_have_been_first() {
        assert_eq!(linearize(&[at(0, 3, false), at(1, 2, true)], false, take), Some(vec![1, 0]));
        assert_eq!(linearize(&[at(0, 3, true), at(1, 2, false)], false, take), Some(vec![0, 1]));
    }

    #[test]
    fn two_that_both_got_what_can_be_taken_once_have_no_order() {
        assert_eq!(linearize(&[at(0, 3, true), at(1, 2, true)], false, take), None);
    }

    #[test]
    fn one_that_was_refused_before_anybody_took_it_has_no_place() {
        assert_eq!(linearize(&[at(0, 1, false), at(2, 3, true)], false, take), None);
    }

    #[test]
    fn a_history_of_many_that_overlap_is_searched_without_trying_every_order() {
        let lost = (0..40).map(|number| at(number, 1000 + number, false));
        let history: Vec<_> = lost.chain([at(50, 2000, true)]).collect();
        assert_eq!(linearize(&history, false, take).map(|order| order[0]), Some(40));
        let twice: Vec<_> = history.into_iter().chain([at(51, 2001, true)]).collect();
        assert_eq!(linearize(&twice, false, take), None);
    }

    #[test]
    fn nothing_that_happened_makes_sense() {
        assert_eq!(linearize(&[], false, take), Some(vec![]));
    }
}
