//! Case and accents folded away, so that `Müller` is found by `muller`.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Lower case without accents.
///
/// ```
/// # use kab::search::fold;
/// assert_eq!(fold("Résumé Ünit"), "resume unit");
/// ```
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkd().filter(|character| !is_combining_mark(*character)).flat_map(char::to_lowercase).collect()
}

/// A bit for each letter and digit, one for everything else: a word whose bits are not all in a text cannot match it.
pub(super) fn mask(folded: &str) -> u64 {
    folded.bytes().fold(0, |bits, byte| {
        bits | match byte {
            b'a'..=b'z' => 1 << (byte - b'a'),
            b'0'..=b'9' => 1 << (26 + byte - b'0'),
            b'.' => 1 << 36,
            b'-' | b'_' => 1 << 37,
            b'/' | b'@' => 1 << 38,
            b' ' => 1 << 39,
            _ => 1 << 40,
        }
    })
}
