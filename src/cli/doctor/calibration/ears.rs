//! What a terminal sends, taken apart: keys of the person, and answers of the terminal itself. An answer is never a key,
//! however late it comes.

/// Something that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// A letter, in lower case.
    Letter(char),
    /// `Enter`.
    Enter,
    /// `Esc`, Ctrl-c, or the end of the terminal.
    Stop,
    /// The terminal says in which column the cursor stands, from 1.
    Column(u16),
}

/// Whether more bytes may belong to what is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum More {
    /// They may be on their way.
    MayCome,
    /// Nothing came for a moment: a lone escape is the key.
    DoesNotCome,
}

/// Bytes that came and are not taken apart yet.
#[derive(Debug, Default)]
pub struct Ears {
    bytes: Vec<u8>,
}

const ESCAPE: u8 = 0x1b;

impl Ears {
    /// Bytes have come.
    pub fn take(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next thing among what came; what is nobody's is skipped.
    pub fn next(&mut self, more: More) -> Option<Heard> {
        while let Some(first) = self.bytes.first().copied() {
            if first == ESCAPE {
                match (self.sequence(), more) {
                    (Some(length), _) => {
                        let sequence: Vec<u8> = self.bytes.drain(..length).collect();
                        if let Some(column) = column_of(&sequence) {
                            return Some(Heard::Column(column));
                        }
                        continue;
                    }
                    (None, More::MayCome) => return None,
                    (None, More::DoesNotCome) => {
                        // The key alone; the head of an answer that broke off is nobody's.
                        let is_alone = self.bytes.len() == 1;
                        self.bytes.clear();
                        return is_alone.then_some(Heard::Stop);
                    }
                }
            }
            self.bytes.remove(0);
            match first {
                b'\r' | b'\n' => return Some(Heard::Enter),
                0x03 | 0x04 => return Some(Heard::Stop),
                b'!'..=b'~' => return Some(Heard::Letter(char::from(first.to_ascii_lowercase()))),
                _ => {}
            }
        }
        None
    }

    /// How long the escape sequence at the beginning is; `None`: its end has not come.
    fn sequence(&self) -> Option<usize> {
        match self.bytes.get(1)? {
            b'[' => self.bytes.iter().skip(2).position(|byte| (0x40..=0x7e).contains(byte)).map(|at| at + 3),
            // Strings end with BEL or with ESC and a backslash.
            b']' | b'P' | b'_' | b'^' | b'X' => {
                let bell = self.bytes.iter().position(|byte| *byte == 0x07).map(|at| at + 1);
                let end = self.bytes.windows(2).skip(1).position(|two| two == [ESCAPE, b'\\']).map(|at| at + 3);
                bell.into_iter().chain(end).min()
            }
            b'O' => self.bytes.get(2).map(|_| 3),
            // Two escapes are two keys.
            &ESCAPE => Some(1),
            _ => Some(2),
        }
    }
}

/// `ESC [ row ; column R`.
fn column_of(sequence: &[u8]) -> Option<u16> {
    let inner = sequence.strip_prefix(b"\x1b[")?.strip_suffix(b"R")?;
    std::str::from_utf8(inner).ok()?.split_once(';')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(pieces: &[&[u8]]) -> Vec<Heard> {
        let mut ears = Ears::default();
        let mut all = Vec::new();
        for piece in pieces {
            ears.take(piece);
            all.extend(std::iter::from_fn(|| ears.next(More::MayCome)));
        }
        all.extend(std::iter::from_fn(|| ears.next(More::DoesNotCome)));
        all
    }

    #[test]
    fn answers_and_keys_are_told_apart_however_they_come() {
        use Heard::{Column, Enter, Letter, Stop};
        assert_eq!(heard(&[b"\x1b[1;5R\x1b[24;80Ry"]), [Column(5), Column(80), Letter('y')]);
        assert_eq!(heard(&[b"\x1b", b"[1", b";5R", b"Y\r"]), [Column(5), Letter('y'), Enter]);
        assert_eq!(heard(&[b"3\x1b"]), [Letter('3'), Stop]);
        assert_eq!(heard(&[b"\x1b[?64;1;2c\x1b]11;rgb:0/0/0\x1b\\\x1bP>|x\x07n"]), [Letter('n')]);
        assert_eq!(heard(&[b"\x1b[A\x1bOB\x1bx\xc3\xa4 "]), [], "arrows, Alt and letters that no question knows");
        assert_eq!(heard(&[b"\x03"]), [Stop]);
        assert_eq!(heard(&[b"\x1b[1;"]), [], "an answer that broke off is no key");
    }
}
