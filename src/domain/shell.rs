//! Command lines with places for values, for a person's own actions. Values come from servers, so that each is quoted as
//! one word of the shell, and twice where a second shell reads it (behind `ssh HOST`, `sh -c`, `eval`, `watch`). A place
//! where quoting would not hold (within quotes, backticks, comments, arithmetic) is refused when the line is read. Where
//! it cannot be told for sure how many shells read a value (substitutions, a shell within a shell), only plain values of
//! servers are filled in.

use super::nearest;
use super::nested::{Reading, is_plain, reading};

/// A command line with places for values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
    reading: Reading,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Value {
        name: String,
        /// How many shells read it.
        shells: usize,
        /// Whether a word begins with it, so that it could be taken for an option.
        begins: bool,
    },
}

/// Variables whose values the person types; these may look like options.
const TYPED: &str = "input.";

/// A text as a shell reads it back as one word; quoted only where that is needed, as people write it.
pub fn word(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.@/:".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) { text.to_owned() } else { quoted(text) }
}

/// A text as one quoted word of a shell.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

impl Template {
    /// Reads a line in which `{name}` stands for a value; braces of the shell are written twice.
    ///
    /// # Errors
    /// What is wrong with it: a name that is not known, or a place where no value can be.
    pub fn read(line: &str, known: &[&str]) -> Result<Self, String> {
        if line.trim().is_empty() {
            return Err("there is nothing to run".into());
        }
        if line.contains(['\n', '\r', '\0']) {
            return Err("a command is one line; put the rest into a script".into());
        }
        let mut reader = Reader::default();
        let mut letters = line.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '{' if letters.next_if_eq(&'{').is_some() => reader.push('{'),
                '}' if letters.next_if_eq(&'}').is_some() => reader.push('}'),
                // The shell's own variable.
                '{' if reader.text.ends_with('$') => {
                    reader.push('{');
                    for letter in letters.by_ref() {
                        reader.text.push(letter);
                        if letter == '}' {
                            break;
                        }
                    }
                }
                '{' => {
                    let mut name = String::new();
                    let is_closed = loop {
                        match letters.next() {
                            Some('}') => break true,
                            Some(letter) => name.push(letter),
                            None => break false,
                        }
                    };
                    if !is_closed {
                        return Err(format!("{{{name} has no end; a brace of the shell is written twice: {{{{"));
                    }
                    reader.value(name, known)?;
                }
                other => reader.push(other),
            }
        }
        reader.end_text();
        Ok(Self { parts: reader.parts, reading: reading(line) })
    }

    /// The names of its values.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Value { name, .. } => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The line with its values.
    ///
    /// # Errors
    /// Which value is missing, or would be taken for something else.
    pub fn fill(&self, value: impl Fn(&str) -> Option<String>) -> Result<String, String> {
        let mut line = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => line.push_str(text),
                Part::Value { name, shells, begins } => {
                    let value = value(name).ok_or_else(|| format!("{name} is not known here"))?;
                    if value.contains('\0') {
                        return Err(format!("{name} holds a letter that no command takes"));
                    }
                    if self.reading == Reading::Doubtful && !is_plain(&value) && !name.starts_with(TYPED) {
                        return Err(format!(
                            "{name} is {value:?}, and a shell within this command could take it for more than a text; put \
                             the command into a script that takes {name} as its argument"
                        ));
                    }
                    if *begins && value.starts_with('-') && !name.starts_with(TYPED) {
                        return Err(format!("{name} is {value:?}, which the command would take for an option"));
                    }
                    let word = (0..*shells).fold(value, |word, _| quoted(&word));
                    line.push_str(&word);
                }
            }
        }
        Ok(line)
    }
}

/// Which text of the shell is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Within {
    #[default]
    Nothing,
    Single,
    Double,
    Backticks,
    Comment,
    Arithmetic,
}

impl Within {
    fn name(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Single | Self::Double => "quotes; kab quotes it, so take them away",
            Self::Backticks => "backticks; write $(...)",
            Self::Comment => "a comment",
            Self::Arithmetic => "arithmetic",
        }
    }
}

/// Who reads the words of the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Audience {
    /// The program itself.
    #[default]
    Program,
    /// `ssh`, before its host; whether an option waits for its word.
    Ssh { waits: bool },
    /// A shell, before `-c`.
    Shell,
    /// A shell, the word behind `-c`.
    Line,
    /// Another shell, all words from here on.
    Another,
}

#[derive(Debug, Default)]
struct Reader {
    parts: Vec<Part>,
    text: String,
    /// The word so far, with a letter in the place of each value.
    word: String,
    within: Within,
    escaped: bool,
    audience: Audience,
}

impl Reader {
    fn push(&mut self, letter: char) {
        let before = self.text.chars().last();
        self.text.push(letter);
        if std::mem::take(&mut self.escaped) {
            self.word.push(letter);
            return;
        }
        match (self.within, letter) {
            (Within::Nothing | Within::Double, '\\') => self.escaped = true,
            (Within::Nothing, '\'') => self.within = Within::Single,
            (Within::Nothing, '"') => self.within = Within::Double,
            (Within::Nothing, '`') => self.within = Within::Backticks,
            (Within::Nothing, '#') if self.word.is_empty() && before.is_none_or(|it| !it.is_alphanumeric()) => {
                self.within = Within::Comment;
            }
            (Within::Nothing, '(') if self.text.ends_with("$((") => self.within = Within::Arithmetic,
            (Within::Arithmetic, ')') if self.text.ends_with("))") => self.within = Within::Nothing,
            (Within::Single, '\'') | (Within::Double, '"') | (Within::Backticks, '`') => self.within = Within::Nothing,
            (Within::Nothing, ';' | '|' | '&' | '(' | ')') => {
                self.end_word();
                self.audience = Audience::Program;
                return;
            }
            (Within::Nothing, ' ' | '\t') => {
                self.end_word();
                return;
            }
            _ => {}
        }
        self.word.push(letter);
    }

    fn value(&mut self, name: String, known: &[&str]) -> Result<(), String> {
        if !known.contains(&name.as_str()) {
            return Err(match nearest(&name, known.iter().copied()) {
                Some(near) => format!("there is no {{{name}}}; did you mean {{{near}}}?"),
                None => format!("there is no {{{name}}}; there are {{{}}}", known.join("}, {")),
            });
        }
        if self.escaped || self.text.ends_with('$') {
            return Err(format!("{{{name}}} cannot stand behind a backslash or a dollar"));
        }
        if self.within != Within::Nothing {
            return Err(format!("{{{name}}} cannot stand within {}", self.within.name()));
        }
        let shells = if matches!(self.audience, Audience::Line | Audience::Another) { 2 } else { 1 };
        let begins = self.word.is_empty();
        self.end_text();
        self.parts.push(Part::Value { name, shells, begins });
        self.word.push('x');
        Ok(())
    }

    fn end_text(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(Part::Text(std::mem::take(&mut self.text)));
        }
    }

    fn end_word(&mut self) {
        let word = std::mem::take(&mut self.word);
        if word.is_empty() {
            return;
        }
        let program = word.rsplit('/').next().unwrap_or_default();
        self.audience = match self.audience {
            Audience::Program => match program {
                "ssh" => Audience::Ssh { waits: false },
                "eval" | "watch" => Audience::Another,
                "sh" | "bash" | "dash" | "ksh" | "zsh" | "su" => Audience::Shell,
                _ => Audience::Program,
            },
            Audience::Ssh { waits: true } => Audience::Ssh { waits: false },
            Audience::Ssh { waits: false } => match word.strip_prefix('-') {
                Some(option) if option.len() == 1 => Audience::Ssh { waits: "BbcDEeFIiJLlmOopQRSWw".contains(option) },
                Some(_) => Audience::Ssh { waits: false },
                None => Audience::Another,
            },
            Audience::Shell if word.starts_with('-') && word.ends_with('c') => Audience::Line,
            Audience::Shell if word.starts_with('-') => Audience::Shell,
            Audience::Shell | Audience::Line => Audience::Program,
            Audience::Another => Audience::Another,
        };
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    const KNOWN: &[&str] = &["pod.id", "pod.name", "engine.host", "input.since"];

    /// Values that would do something if they were not quoted.
    const HOSTILE: [&str; 9] = [
        "plain",
        "",
        "a b\tc",
        "it's \"so\"",
        "$(touch hacked)`touch hacked`",
        "; touch hacked # \\",
        "first\nsecond; touch hacked\n",
        "'; touch hacked; '",
        "${HOME} $HOME * ? [a] ~ ! \u{202e}",
    ];

    fn line(template: &str, value: &str) -> String {
        Template::read(template, KNOWN).unwrap().fill(|_| Some(value.to_owned())).unwrap()
    }

    fn output(line: &str) -> (String, bool) {
        let folder = tempfile::tempdir().unwrap();
        let output = Command::new("/bin/sh").arg("-c").arg(line).current_dir(folder.path()).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), folder.path().join("hacked").exists())
    }

    #[test]
    fn a_hostile_value_is_one_word_and_nothing_else_in_every_shell_that_reads_it() {
        // As ssh does it: the words are joined with blanks, and another shell reads them.
        let ssh = "ssh() { while [ \"$1\" != host ]; do shift; done; shift; sh -c \"$*\"; }; ";
        for value in HOSTILE {
            for template in [
                "printf '<%s>' {pod.name}",
                "true | true; printf '<%s>' {pod.name}",
                "sh -c 'printf \"<%s>\" \"$1\"' _ {pod.name}",
                "ssh -p 22 -q host printf '\"<%s>\"' {pod.name}",
            ] {
                let line = format!("{ssh}{}", line(template, value));
                assert_eq!(output(&line), (format!("<{value}>"), false), "{line}");
            }
            for template in ["eval {pod.name}", "sh -c {pod.name}"] {
                assert!(!output(&line(template, value)).1, "{template} {value}");
            }
        }
    }

    #[test]
    fn where_nobody_can_tell_how_many_shells_read_it_only_a_plain_value_of_a_server_is_filled_in() {
        for template in [
            "notify-send \"$(basename \"a\")\" {pod.name}",
            "echo $(echo {pod.name})",
            "ssh host journalctl --since $(date +%F) -u {pod.name}",
            "ssh host 2>&1 echo {pod.name}",
            "ssh gateway ssh host echo {pod.name}",
            "watch -n5 ssh host echo --name {pod.name}",
            "ssh host sudo sh -c {pod.name}",
            "\\ssh host echo {pod.name}",
            "pdsh -w host echo {pod.name}",
            "autossh host echo {pod.name}",
            "ssh -o ProxyCommand={pod.name} host",
            "sbatch --wrap={pod.name}",
            "find . | xargs echo {pod.name}",
            "echo $'a' {pod.name}",
        ] {
            let template = Template::read(template, KNOWN).unwrap();
            let plain = template.fill(|_| Some("stardist-8c1f20e4".into()));
            assert!(plain.is_ok(), "{plain:?}");
            for value in HOSTILE.iter().filter(|value| !is_plain(value)) {
                let why = template.fill(|_| Some((*value).to_owned())).unwrap_err();
                assert!(why.contains("put the command into a script"), "{why}");
            }
        }
        let nested = Template::read("notify-send \"$(basename \"{pod.name}\")\"", KNOWN);
        let filled = nested.map(|template| template.fill(|_| Some("$(touch hacked)".into())));
        assert!(matches!(filled, Err(_) | Ok(Err(_))), "{filled:?}");
    }

    #[test]
    fn where_quoting_would_not_hold_no_value_can_be() {
        for (template, word) in [
            ("echo '{pod.id}'", "quotes"),
            ("echo \"a {pod.id}\"", "quotes"),
            ("echo `echo {pod.id}`", "backticks"),
            ("echo a # {pod.id}", "comment"),
            ("echo $((1 + {pod.id}))", "arithmetic"),
            ("echo \\{pod.id}", "backslash"),
            ("echo {pod.idd}", "did you mean {pod.id}?"),
            ("echo {HOME}", "there are {pod.id}"),
            ("echo {pod.id", "has no end"),
            ("echo\ndate", "one line"),
            (" ", "nothing to run"),
        ] {
            let why = Template::read(template, KNOWN).unwrap_err();
            assert!(why.contains(word), "{template}: {why}");
        }
        let well = Template::read("awk '{{print $1}}' ${HOME}/x \"$(date)\" a#b {pod.id}", KNOWN).unwrap();
        assert_eq!(well.fill(|_| Some("1".into())).unwrap(), "awk '{print $1}' ${HOME}/x \"$(date)\" a#b '1'");
        assert_eq!(well.names().collect::<Vec<_>>(), ["pod.id"]);
    }

    #[test]
    fn a_value_of_a_server_is_never_an_option() {
        let ssh = Template::read("ssh {engine.host} journalctl --since={input.since} -u {pod.id}", KNOWN).unwrap();
        let fill = |host: &str, id: &str| {
            ssh.fill(|name| Some(if name == "engine.host" { host } else { id }.to_owned())).map_err(|why| why.len())
        };
        assert_eq!(fill("lab", "5").unwrap(), "ssh 'lab' journalctl --since=''\\''5'\\''' -u ''\\''5'\\'''");
        assert!(fill("-oProxyCommand=x", "5").is_err() && fill("lab", "-x").is_err() && fill("lab", "a\0").is_err());
        let typed = Template::read("ls {input.since}", KNOWN).unwrap();
        assert_eq!(typed.fill(|_| Some("-l".into())).unwrap(), "ls '-l'");
        assert!(typed.fill(|_| None).is_err());
    }
}
