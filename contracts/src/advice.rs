//! Advice for a misspelt word: the one that was probably meant.

/// The known word nearest to `word`, as advice; with all words where none is near.
pub fn advice<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    near(word, known.iter().copied()).unwrap_or_else(|| format!("one of: {}", known.join(", ")))
}

/// The known word nearest to `word`, as advice, if one is near enough to be meant.
pub fn near<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<String> {
    let (far, near) = nearest(word, known)?;
    (far <= 2.max(word.len() / 4)).then(|| format!("did you mean `{near}`?"))
}

/// The known word nearest to `word`, and how many letters lie between.
fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<(usize, &'w str)> {
    // A long text is no misspelt word, and measuring it would take long.
    let longest = 2 * word.len() + 8;
    let close = known.into_iter().filter(|other| word.len() < 200 && other.len() <= longest);
    close.map(|other| (distance(word, other), other)).min()
}

/// How many letters lie between two words. A word that breaks off is nearer to the whole than one that is spelt otherwise.
fn distance(word: &str, other: &str) -> usize {
    let far = strsim::levenshtein(word, other);
    if word.len() >= 4 && other.starts_with(word) { far / 2 } else { far }
}
