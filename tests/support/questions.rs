//! Finds in what a program sends whatever a terminal would answer: a question that stalls a start on a slow line, and whose
//! answer comes back as keys. It knows the kinds of sequences, not a list of those that programs usually send.

#![allow(dead_code, reason = "every test program that includes this file uses a part of it")]

/// Reports of the size, the place or the title of the window, by the number that asks for them.
const WINDOW: [&str; 9] = ["11", "13", "14", "15", "16", "18", "19", "20", "21"];

/// The first question in these bytes, in a form that can be read.
pub fn first_question(bytes: &[u8]) -> Option<String> {
    let mut at = 0;
    while at < bytes.len() {
        let (length, asks) = match bytes[at] {
            0x05 => (1, true),
            0x1b => escape(&bytes[at..]),
            _ => (1, false),
        };
        if asks {
            return Some(bytes[at..at + length].escape_ascii().to_string());
        }
        at += length;
    }
    None
}

/// How long the sequence at the start is, and whether it asks for something.
fn escape(bytes: &[u8]) -> (usize, bool) {
    match bytes.get(1) {
        Some(b'Z') => (2, true),
        Some(b'[') => control(bytes),
        Some(b'P' | b']' | b'_' | b'^' | b'X') => string(bytes),
        _ => (2.min(bytes.len()), false),
    }
}

/// `ESC [`, parameters, intermediates, a final byte.
fn control(bytes: &[u8]) -> (usize, bool) {
    let run = |from: usize, range: std::ops::RangeInclusive<u8>| {
        bytes[from..].iter().position(|byte| !range.contains(byte)).map_or(bytes.len(), |at| from + at)
    };
    let parameters_end = run(2, 0x30..=0x3f);
    let end = run(parameters_end, 0x20..=0x2f);
    let Some(last) = bytes.get(end) else { return (bytes.len(), false) };
    let parameters = String::from_utf8_lossy(&bytes[2..parameters_end]).into_owned();
    let first = parameters.split(';').next().unwrap_or_default();
    let asks = match (last, &bytes[parameters_end..end]) {
        // Attributes and parameters; a mode, the state of something, a checksum.
        (b'c' | b'x', b"") | (b'p' | b'u' | b'w', b"$") | (b'y', b"*") => true,
        // A state or the cursor's place. `ESC [ > … n` takes a setting back.
        (b'n', b"") => !parameters.starts_with('>'),
        // The version, the keyboard protocol, its modifiers, graphics.
        (b'q', b"") => parameters.starts_with('>'),
        (b'u' | b'm' | b'S', b"") => parameters.starts_with('?'),
        (b't', b"") => WINDOW.contains(&first),
        _ => false,
    };
    (end + 1, asks)
}

/// A string up to BEL or `ESC \`. What a multiplexer is to pass on counts as well.
fn string(bytes: &[u8]) -> (usize, bool) {
    let end = bytes[2..].iter().enumerate().position(|(at, byte)| match byte {
        0x07 => true,
        // Within a string for a multiplexer every escape is doubled.
        0x1b => bytes.get(2 + at + 1) == Some(&b'\\') && bytes[2 + at - 1] != 0x1b,
        _ => false,
    });
    let body = &bytes[2..end.map_or(bytes.len(), |end| end + 2)];
    let length = match end {
        None => bytes.len(),
        Some(end) if bytes[end + 2] == 0x07 => end + 3,
        Some(end) => end + 4,
    };
    let text = String::from_utf8_lossy(body);
    let asks = match bytes[1] {
        b']' => text.contains(";?"),
        b'_' => text.contains("a=q"),
        b'P' => match text.strip_prefix("tmux;") {
            Some(inner) => first_question(inner.replace("\u{1b}\u{1b}", "\u{1b}").as_bytes()).is_some(),
            None => text.starts_with("$q") || text.starts_with("+q"),
        },
        _ => false,
    };
    (length, asks)
}

#[test]
fn whatever_a_terminal_would_answer_is_a_question_and_nothing_else_is() {
    for question in [
        "\u{5}",
        "\x1bZ",
        "\x1b[c",
        "\x1b[0c",
        "\x1b[>c",
        "\x1b[>0c",
        "\x1b[=c",
        "\x1b[5n",
        "\x1b[6n",
        "\x1b[?6n",
        "\x1b[?996n",
        "\x1b[>q",
        "\x1b[>0q",
        "\x1b[?u",
        "\x1b[?4m",
        "\x1b[?1;1;0S",
        "\x1b[14t",
        "\x1b[18;2t",
        "\x1b[?2026$p",
        "\x1b[4$p",
        "\x1b[1$w",
        "\x1b[x",
        "\x1b]11;?\x07",
        "\x1b]10;?\x1b\\",
        "\x1b]4;1;?\x07",
        "\x1b]52;c;?\x07",
        "\x1bP+q544e\x1b\\",
        "\x1bP$qm\x1b\\",
        "\x1b_Gi=1,a=q;AAAA\x1b\\",
        "\x1bPtmux;\x1b\x1b[c\x1b\\",
        "\x1bPtmux;\x1b\x1b]11;?\x07\x1b\\",
    ] {
        let sent = format!("\x1b[2Jtext{question}\x1b[1mmore");
        assert!(first_question(sent.as_bytes()).is_some(), "{question:?}");
    }
    let harmless = "\x1b[?1049h\x1b[?2004h\x1b[22;2t\x1b]2;kab lab\x07\x1b[1;31mERROR ?\x1b[0m\x1b[>4;0m\x1b[2 q\x1b[>4n\
                    \x1b[3S\x1b[u\x1b]52;c;aGk=\x07\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\\x1b]8;;http://x/?a\x1b\\c\x1b[23;2t";
    assert_eq!(first_question(harmless.as_bytes()), None);
    let told = first_question(b"\x1b]52;c;aGk=\x07\x1b[6n");
    assert_eq!(told.as_deref(), Some("\\x1b[6n"), "what comes after a string is seen");
}
