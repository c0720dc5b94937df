//! A time of day to wait for, by two clocks: one may be set, the other stands still while the machine sleeps.

use crate::pass::now;
use jiff::Zoned;
use std::time::Duration;
use tokio::time::Instant;

/// More than this between the two clocks, and the machine slept or its clock was set.
const JUMP: Duration = Duration::from_secs(60);

/// A time that is waited for.
#[derive(Debug, Clone)]
pub(super) struct Moment {
    zoned: Zoned,
    steady: Instant,
}

impl Moment {
    /// That time of day.
    pub(super) fn at(zoned: Zoned) -> Moment {
        let span = Duration::try_from(now().duration_until(&zoned)).unwrap_or_default();
        // A year is for ever here, and fits every clock.
        Moment { steady: Instant::now() + span.min(Duration::from_secs(366 * 86_400)), zoned }
    }

    /// True once either clock says so.
    pub(super) fn is_here(&self) -> bool {
        now() >= self.zoned || Instant::now() >= self.steady
    }

    /// When it will be, unless a clock jumps.
    pub(super) fn instant(&self) -> Instant {
        self.steady
    }

    /// The time of day.
    pub(super) fn zoned(&self) -> &Zoned {
        &self.zoned
    }
}

/// Both clocks at one moment.
#[derive(Debug)]
pub(super) struct Clocks {
    zoned: Zoned,
    steady: Instant,
}

impl Clocks {
    /// Both, now.
    pub(super) fn now() -> Clocks {
        Clocks { zoned: now(), steady: Instant::now() }
    }

    /// True when the time of day has run ahead since the last call: connections may be dead, and nobody said so.
    pub(super) fn jumped(&mut self) -> bool {
        let before = std::mem::replace(self, Clocks::now());
        let day = Duration::try_from(before.zoned.duration_until(&self.zoned)).unwrap_or_default();
        day > self.steady.duration_since(before.steady) + JUMP
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    #[test]
    fn whichever_clock_is_there_first() {
        let before = |span: jiff::Span| now().checked_sub(span).expect("a time");
        assert!(Moment::at(before(1.second())).is_here());
        assert!(!Moment::at(before(-1.hour())).is_here());
        // The clock was set back by a day: what was an hour away is not a day and an hour away.
        let set_back = Moment { zoned: before(-25.hours()), steady: Instant::now() };
        assert!(set_back.is_here());
        assert!(Moment::at(before(-9999.weeks())).instant() > Instant::now());
    }

    #[test]
    fn a_machine_that_slept_is_noticed_once() {
        let mut clocks = Clocks::now();
        assert!(!clocks.jumped());
        clocks.zoned = now().checked_sub(1.hour()).expect("a time");
        assert!(clocks.jumped());
        assert!(!clocks.jumped());
        clocks.zoned = now().checked_add(1.hour()).expect("a time");
        assert!(!clocks.jumped());
    }
}
