//! Did you mean: names that are spelled nearly as what was typed.

use super::fold::fold;

/// Words shorter than this are near too many others.
const LEAST: usize = 4;

/// The word that is nearest to one typed word among some texts (folded, words between anything that is no letter), at a
/// distance of one, or of two for words of seven letters and more. `None` where no word is near, or more than one word
/// was typed.
pub(super) fn nearest<'a>(typed: &str, texts: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut words = typed.split_whitespace();
    let (Some(word), None) = (words.next(), words.next()) else { return None };
    let word = fold(word);
    let length = word.chars().count();
    if length < LEAST {
        return None;
    }
    let most = if length < 7 { 1 } else { 2 };
    let mut best: Option<(usize, &str)> = None;
    for text in texts {
        for candidate in text.split(|c: char| !c.is_alphanumeric() && c != '-').chain([text]) {
            if candidate.chars().count().abs_diff(length) > most || candidate.contains('\n') {
                continue;
            }
            let distance = strsim::osa_distance(&word, candidate);
            if distance > 0 && distance <= most && best.is_none_or(|(known, _)| distance < known) {
                best = Some((distance, candidate));
            }
        }
    }
    best.map(|(_, candidate)| candidate.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(typed: &str) -> Option<String> {
        nearest(typed, ["stardist", "cellpose", "label image", "care"].into_iter())
    }

    #[test]
    fn typing_errors_are_recognised() {
        for typed in ["stardits", "stradist", "Stardst", "sttardist"] {
            assert_eq!(of(typed).as_deref(), Some("stardist"), "{typed}");
        }
        assert_eq!(of("labek").as_deref(), Some("label"));
    }

    #[test]
    fn what_is_far_from_everything_is_no_error() {
        for typed in ["", "car", "cart3", "segmentation", "stardist cellpse"] {
            assert_eq!(of(typed), None, "{typed}");
        }
    }
}
