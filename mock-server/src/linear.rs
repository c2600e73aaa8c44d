//! A linearizability checker for concurrent histories: the search of Wing and Gong (1993), with memoisation.
//!
//! Each operation is called before its request is sent, and returns after its answer is read. It takes effect at some
//! point in between. A history is linearizable if these points can be chosen such that every answer is right. Right
//! means: the object gives this answer if the operations run one after the other, in the order of the points.

use std::collections::HashSet;
use std::hash::Hash;

/// An operation with its answer, and the interval in which it took effect.
#[derive(Debug, Clone)]
pub struct Timed<O> {
    /// The start of the interval: the operation took effect after it.
    pub called: u64,
    /// The end of the interval: the operation took effect before it.
    pub returned: u64,
    /// The operation and its answer.
    pub done: O,
}

/// An order that explains the history, as indexes into it. None if there is no such order.
///
/// `apply` returns the object's next state, or none if the object would not give this answer in this state. The history
/// has at most 64 operations.
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
    /// The sets of placed operations that were tried, each with the state after them.
    tried: HashSet<(u64, S)>,
    order: Vec<usize>,
}

impl<O, S: Clone + Eq + Hash, A: Fn(&S, &O) -> Option<S>> Search<'_, O, S, A> {
    /// Whether the operations that are not in `placed` can follow in this state. Extends `order` with them.
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

    /// The operations that can be next, each with the state after it. An operation that leaves the state unchanged can
    /// always be next, so no other one needs to be tried.
    fn next_steps(&self, placed: u64, state: &S) -> Vec<(usize, S)> {
        let first_ones = self.first_ones(placed).into_iter();
        let steps = first_ones.filter_map(|place| Some((place, (self.apply)(state, &self.history[place].done)?)));
        let steps: Vec<_> = steps.collect();
        match steps.iter().position(|(_, next)| next == state) {
            Some(idle) => steps.into_iter().skip(idle).take(1).collect(),
            None => steps,
        }
    }

    /// The operations that can be next: those called before any other remaining one had returned.
    fn first_ones(&self, placed: u64) -> Vec<usize> {
        let left = || (0..self.history.len()).filter(|place| placed & 1 << place == 0);
        let first_return = left().map(|place| self.history[place].returned).min().unwrap_or(u64::MAX);
        left().filter(|place| self.history[*place].called < first_return).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An object that can be taken once. The operation is whether an attempt got it.
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
