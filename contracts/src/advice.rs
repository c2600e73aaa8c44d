//! Suggestions for misspelt words.

/// A hint for a misspelt word: the nearest known word, or all known words if none is near.
pub fn advice<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    near(word, known.iter().copied()).unwrap_or_else(|| format!("one of: {}", known.join(", ")))
}

/// A hint with the known word nearest to `word`. None if no word is near enough to be meant.
pub fn near<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<String> {
    let (far, near) = nearest(word, known)?;
    (far <= 2.max(word.len() / 4)).then(|| format!("did you mean `{near}`?"))
}

/// The known word nearest to `word`, with its distance.
fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<(usize, &'w str)> {
    // A long text is no misspelt word, and measuring its distance would take long.
    let longest = 2 * word.len() + 8;
    let close = known.into_iter().filter(|other| word.len() < 200 && other.len() <= longest);
    close.map(|other| (distance(word, other), other)).min()
}

/// The edit distance of two words. It is halved if `word` is a prefix of `other` with at least four letters.
fn distance(word: &str, other: &str) -> usize {
    let far = strsim::levenshtein(word, other);
    if word.len() >= 4 && other.starts_with(word) { far / 2 } else { far }
}
