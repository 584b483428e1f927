//! Texts as people write them, and as somebody writes them who means harm.

use super::*;
use crate::tui::theme::Theme;

fn lines(text: &str, wide: u16) -> Vec<String> {
    Markdown::read(text, None).lines(wide)
}

#[test]
fn headings_paragraphs_and_points_are_set_apart() {
    let text = "# StarDist\nPredicts *objects* in\nimages.\n\n## Use\n- one\n- two\n  - deeper\n\n3. third\n4. fourth\n\nThe end.";
    let expected = [
        " StarDist",
        "",
        " Predicts objects in images.",
        "",
        " Use",
        "",
        " - one",
        " - two",
        "   - deeper",
        "",
        "  3. third",
        "  4. fourth",
        "",
        " The end.",
    ];
    assert_eq!(lines(text, 60), expected);
}

#[test]
fn lines_are_broken_at_blanks_and_points_hang() {
    let text = "- a point that is longer than a line\n\nAveryveryverylongwordwithoutanyblank and more";
    assert_eq!(
        lines(text, 22),
        [" - a point that is", "   longer than a line", "", " Averyveryverylongwor", " dwithoutanyblank and", " more"]
    );
    for wide in 0..40 {
        let limit = usize::from(wide).max(14);
        for line in lines(text, wide) {
            assert!(width(&line) <= limit, "{wide}: {line:?}");
        }
    }
}

#[test]
fn code_keeps_its_blanks_and_lines() {
    let text = "Run\n\n```sh\nif true; then\n\techo  two\n\nfi\n```\nand `kab apps`.";
    assert_eq!(
        lines(text, 60),
        [" Run", "", "   if true; then", "       echo  two", "", "   fi", "", " and `kab apps`."]
    );
}

#[test]
fn links_have_numbers_and_stand_below() {
    let text = "See [the docs](https://a.org/x), [again](https://a.org/x), [below](#below),\n[a file](./docs/b.md) and <mailto:a@b.org>.";
    let read = Markdown::read(text, Some("https://github.com/u/r/tree/main"));
    let expected = ["https://a.org/x", "https://github.com/u/r/blob/main/docs/b.md", "mailto:a@b.org"];
    assert_eq!(read.links(), expected);
    let told = read.lines(100);
    assert_eq!(told[0], " See the docs [1], again [1], below, a file [2] and mailto:a@b.org [3].");
    assert_eq!(told[2], "  [1] https://a.org/x");
    let page = Prose::new(Theme::default(), 100);
    let drawn = read.drawn_links(&page);
    assert!(
        drawn.contains(&("[2]".into(), expected[1].into()))
            && drawn.contains(&(expected[0].into(), expected[0].into()))
    );
    assert!(drawn.iter().all(|(_, to)| to.starts_with("https://")), "what is no page leads nowhere: {drawn:?}");
    assert_eq!(Markdown::read("[a](docs/b.md)", None).links(), ["docs/b.md"], "without a page it stays as it is");
}

#[test]
fn pictures_and_html_become_words() {
    let text = "<p align=\"center\">\n  <img width=10 alt=\"A cell\" src=\"x.png\"><br>\n  <b>Best</b> &amp; only\n</p>\n\n![Logo](l.png) ![](no.png) [![CI](ci.svg)](https://ci.org) a<br>b <!-- c --> 1 < 2";
    assert_eq!(
        lines(text, 80),
        [
            " [image: A cell]",
            " Best & only",
            "",
            " [image: Logo] [image: CI] [1] a",
            " b 1 < 2",
            "",
            "  [1] https://ci.org"
        ]
    );
}

#[test]
fn quotations_tables_and_rules_are_calm() {
    let text = "> said\n> by somebody\n\n| A | B |\n| - | - |\n| 1 | 2 |\n\n---\n- [x] done";
    let read = lines(text, 60);
    let bar = Theme::default().glyphs.bar;
    assert_eq!(read[0], format!(" {bar} said by somebody"));
    assert_eq!(read[2..4], [" A | B", " 1 | 2"]);
    assert_eq!(read.last().map(String::as_str), Some(" - [x] done"));
}

#[test]
fn nothing_that_steers_a_terminal_gets_through() {
    let text = "a\u{1b}[31mb &#27;]0;title&#7; &#x9b;2J [x](https://a.org/&#27;]8) `\u{9d}c`\n\n    \u{1b}[2Jcode\n\n<img alt=\"\u{1b}]0;x\u{7}y\">\n\u{202e}back";
    let read = Markdown::read(text, None);
    for line in read.lines(30).iter().chain(read.links()) {
        assert_eq!(*line, crate::domain::clean(line), "{line:?}");
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}

#[test]
fn nothing_is_nothing() {
    for text in ["", "\n\n", "<!-- only this -->", "![](x.png)", "[a]: https://a.org"] {
        assert!(Markdown::read(text, None).is_empty(), "{text:?}");
    }
}

proptest::proptest! {
    #[test]
    fn whatever_is_written_is_set_within_its_width(text in "([a-z*_`<>#|!\\[\\]()~-]{0,9}[ \n\t\u{7}\u{1b}&#;0-9細]{0,3}){0,40}", wide in 0_u16..120) {
        let read = Markdown::read(&text, None);
        let mut page = Prose::new(Theme::default(), wide);
        read.write(&mut page);
        for line in &page.lines {
            let text = line.to_string();
            proptest::prop_assert!(!text.chars().any(char::is_control), "{:?}", text);
        }
    }
}
