//! The clock that the binary sees: standing still, so that two runs can be compared byte for byte; or in haste, so
//! that nobody waits for a backoff.

use super::{Case, root};
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// 2026-06-15 12:00 UTC.
const NOON: i64 = 1_781_524_800;

/// The library that is preloaded; made once for each test process.
fn library() -> &'static PathBuf {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("clock-{}.so", std::process::id()));
        let source = root().join("tests/it/support/clock.c");
        let made = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&file).arg(&source).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        file
    })
}

impl Case {
    /// From now on the wall clock says 2026-06-15 12:00 UTC at every run.
    pub fn stop_clock(&mut self) {
        self.env("LD_PRELOAD", library().to_str().unwrap());
        self.env("POSTNOTE_TEST_NOW", &NOON.to_string());
    }

    /// From now on the wall clock says what it is now, this much later; 0 is the truth again.
    pub fn shift_clock(&mut self, days: i64) {
        #[expect(clippy::disallowed_methods, reason = "what the binary's clock is shifted from")]
        let now = jiff::Timestamp::now().as_second();
        self.env("LD_PRELOAD", library().to_str().unwrap());
        self.env("POSTNOTE_TEST_NOW", &if days == 0 { "0".to_owned() } else { (now + days * 86_400).to_string() });
    }

    /// From now on a second of waiting takes a twentieth of one.
    pub fn hurry(&mut self) {
        self.hurry_by(20);
    }

    /// From now on waiting takes so many times less.
    pub fn hurry_by(&mut self, times: u32) {
        self.env("LD_PRELOAD", library().to_str().unwrap());
        self.env("POSTNOTE_TEST_HASTE", &times.to_string());
    }
}
