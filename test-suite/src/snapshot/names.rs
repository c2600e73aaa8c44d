//! Text with ids that have no names yet, and the names that they get in order of appearance.

use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text that stays as it is.
    Text(String),
    Id(Id),
}

/// A value that is only distinguished from others of its kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id {
    /// Its kind, such as `credential`.
    pub(super) kind: String,
    /// The value itself, or its placeholder.
    pub(super) value: String,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    pub(super) depth: usize,
    pub(super) pieces: Vec<Piece>,
}

impl Line {
    pub(super) fn new(depth: usize, pieces: Vec<Piece>) -> Self {
        Self { depth, pieces }
    }

    pub(super) fn text(depth: usize, text: impl Into<String>) -> Self {
        Self::new(depth, vec![Piece::Text(text.into())])
    }

    /// Reduces near times to whether they are earlier or later.
    pub(super) fn blur_times(&mut self) {
        for piece in &mut self.pieces {
            let Piece::Text(text) = piece else { continue };
            match text.strip_suffix('>').map(|rest| rest.split_at_checked(2)) {
                Some(Some(("<-", _))) => "<earlier>".clone_into(text),
                Some(Some(("<+", _))) => "<later>".clone_into(text),
                _ => {}
            }
        }
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &Id> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Id(id) => Some(id),
            Piece::Text(_) => None,
        })
    }

    /// The line, with each id worded by `word`.
    pub(super) fn write(&self, mut word: impl FnMut(&Id) -> String) -> String {
        let mut line = "  ".repeat(self.depth);
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => line += text,
                Piece::Id(id) => line += &word(id),
            }
        }
        line
    }
}

/// The names given to ids so far.
#[derive(Debug, Default)]
pub(super) struct IdNames {
    names: BTreeMap<Id, String>,
    last: BTreeMap<String, usize>,
}

impl IdNames {
    /// The name of an id, if it has one.
    pub(super) fn known(&self, id: &Id) -> Option<&str> {
        self.names.get(id).map(String::as_str)
    }

    /// The name of an id; the next number of its kind if it has none.
    pub(super) fn name(&mut self, id: &Id) -> String {
        if let Some(name) = self.names.get(id) {
            return name.clone();
        }
        let last = self.last.entry(id.kind.clone()).or_default();
        *last += 1;
        let name = format!("{}#{last}", id.kind);
        self.names.insert(id.clone(), name.clone());
        name
    }
}
