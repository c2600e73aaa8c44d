//! Closed sets of words, each defined by one table.

/// A word outside a closed set, with the words of that set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no {kind}")]
pub struct UnknownWord {
    /// The word that was written.
    pub word: String,
    /// The kind of word that was expected, in plain English.
    pub kind: &'static str,
    /// All words of the set.
    pub known: Vec<&'static str>,
}

/// Defines an enum whose variants are words of a file format, from one table.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $kind:literal { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord,
            serde::Serialize, serde::Deserialize, schemars::JsonSchema,
        )]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// Every word, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word as files and reports spell it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::protocol::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|known| known.as_str() == word).ok_or_else(|| $crate::protocol::UnknownWord {
                    word: word.to_owned(),
                    kind: $kind,
                    known: Self::ALL.iter().map(|known| known.as_str()).collect(),
                })
            }
        }
    };
}

pub(super) use words;
