//! How much of a log is asked for, as it is chosen or typed.

use jiff::tz::TimeZone;

use crate::domain::Moment;

/// How much of a log is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// The newest lines.
    Newest(u32),
    /// What was written in the last minutes.
    Minutes(u32),
    /// What was written since the pod was started the last time.
    SinceStart,
    /// What was written since then.
    Since(Moment),
    /// Everything that the engine has.
    All,
}

impl Default for Reach {
    fn default() -> Self {
        Self::Newest(2_000)
    }
}

impl Reach {
    /// The ones that are offered.
    pub const ALL: [Self; 8] = [
        Self::Newest(200),
        Self::Newest(2_000),
        Self::Minutes(1),
        Self::Minutes(5),
        Self::Minutes(15),
        Self::Minutes(60),
        Self::SinceStart,
        Self::All,
    ];

    /// In words.
    pub fn text(self) -> String {
        let grouped = |count| crate::tui::widgets::text::grouped(usize::try_from(count).unwrap_or(usize::MAX));
        match self {
            Self::Newest(count) => format!("The newest {} lines", grouped(count)),
            Self::Minutes(1) => "The last minute".into(),
            Self::Minutes(60) => "The last hour".into(),
            Self::Minutes(count) => format!("The last {count} minutes"),
            Self::SinceStart => "Since the pod was started".into(),
            Self::Since(moment) => format!("Since {}", moment.to_iso()),
            Self::All => "Everything that the engine has".into(),
        }
    }

    /// What somebody typed: `500` lines, the last `90s`, `10m`, `2h` or `1d`, or since `14:30` on a clock of that zone.
    ///
    /// # Errors
    /// When it is none of these, in words.
    pub fn read(typed: &str, (now, zone): (Moment, &TimeZone)) -> Result<Self, String> {
        let typed = typed.trim();
        let count = |text: &str| text.trim().parse::<u32>().ok().filter(|count| *count > 0);
        let minutes = |text: &str, each: u32| Some(Self::Minutes(count(text)?.checked_mul(each)?));
        let read = match typed.chars().last() {
            Some('s') => {
                let seconds = count(&typed[..typed.len() - 1]);
                seconds.map(|seconds| Self::Since(Moment(now.0 - i64::from(seconds) * 1_000)))
            }
            Some('m') => minutes(&typed[..typed.len() - 1], 1),
            Some('h') => minutes(&typed[..typed.len() - 1], 60),
            Some('d') => minutes(&typed[..typed.len() - 1], 24 * 60),
            _ => count(typed)
                .map(Self::Newest)
                .or_else(|| clock(typed, now, zone).or_else(|| Moment::parse(typed)).map(Self::Since)),
        };
        read.ok_or_else(|| {
            format!("\"{typed}\" is no count such as 500, nothing like 90s, 10m, 2h or 1d, and no time such as 14:30")
        })
    }
}

/// The last time that a clock of the zone showed this.
fn clock(typed: &str, now: Moment, zone: &TimeZone) -> Option<Moment> {
    // A date with a time is read as a time alone, too.
    let time: jiff::civil::Time = typed.parse().ok().filter(|_| !typed.contains('-'))?;
    let today = jiff::Timestamp::from_millisecond(now.0).ok()?.to_zoned(zone.clone()).date();
    [today, today.yesterday().ok()?]
        .into_iter()
        .filter_map(|day| Some(Moment(day.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp().as_millisecond())))
        .find(|at| *at <= now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_a_span_or_a_time_of_day_can_be_typed() {
        let now = Moment::parse("2026-11-24T14:13:20Z").unwrap();
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let since = |text: &str| Some(Reach::Since(Moment::parse(text).unwrap()));
        for (typed, expected) in [
            ("500", Some(Reach::Newest(500))),
            (" 90s", since("2026-11-24T14:11:50Z")),
            ("10m", Some(Reach::Minutes(10))),
            ("2h", Some(Reach::Minutes(120))),
            ("3 d", Some(Reach::Minutes(4_320))),
            ("16:00", since("2026-11-24T14:00:00Z")),
            ("16:00:30", since("2026-11-24T14:00:30Z")),
            ("17:00", since("2026-11-23T15:00:00Z")),
            ("2026-11-20T08:00", since("2026-11-20T08:00:00Z")),
            ("0", None),
            ("", None),
            ("m", None),
            ("-5m", None),
            ("99999999d", None),
            ("25:00", None),
            ("für immer", None),
        ] {
            assert_eq!(Reach::read(typed, (now, &zone)).ok(), expected, "{typed}");
        }
        assert!(Reach::read("soon", (now, &zone)).unwrap_err().contains("no count such as 500"));
    }
}
