//! "Did you mean …?": the known word that is closest to one that is not known.

/// The known word with the fewest letters to change, where that are few enough for its length to be meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = if word.chars().count() < 5 { 1 } else { 3 };
    known
        .into_iter()
        .map(|known| (edit_distance(word, known), known))
        .min_by_key(|(apart, _)| *apart)
        .filter(|(apart, _)| *apart <= most)
        .map(|(_, known)| known)
}

/// How many letters have to be put in, left out or changed to get from one text to the other.
pub fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood_and_another_word_is_not() {
        assert_eq!(nearest("stpo", ["start", "stop"]), None);
        assert_eq!(nearest("sto", ["start", "stop"]), Some("stop"));
        assert_eq!(nearest("restrat", ["start", "restart"]), Some("restart"));
        assert_eq!(nearest("quit", ["palette"]), None);
        assert_eq!(edit_distance("kitten", "sitting"), 3);
    }
}
