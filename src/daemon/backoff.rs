//! How long to wait before something is tried again.

use std::time::Duration;

/// The first pause.
const FIRST: Duration = Duration::from_secs(1);
/// The longest one.
const MOST: Duration = Duration::from_secs(5 * 60);

/// The pause after so many failures in a row: twice as long each time, and up to half of it by chance, so that not
/// everybody comes back at the same moment.
pub(super) fn pause(failures: u32) -> Duration {
    let whole = FIRST.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1).min(16))).min(MOST);
    whole / 2 + random_below(whole / 2)
}

/// A length of time below `limit`, by chance.
pub(super) fn random_below(limit: Duration) -> Duration {
    let limit = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    // A ULID's random part is randomness enough to spread clients over some seconds.
    let random = ulid::Ulid::new().random() % u128::from(limit.max(1));
    Duration::from_millis(u64::try_from(random).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_and_ends_growing() {
        for (failures, seconds) in [(0, 1), (1, 1), (2, 2), (3, 4), (5, 16), (9, 256), (10, 300), (u32::MAX, 300)] {
            let (least, most) = (Duration::from_millis(seconds * 500), Duration::from_secs(seconds));
            for _ in 0..50 {
                let pause = pause(failures);
                assert!(pause >= least && pause <= most, "{failures}: {pause:?}");
            }
        }
        assert_eq!(random_below(Duration::ZERO), Duration::ZERO);
    }
}
