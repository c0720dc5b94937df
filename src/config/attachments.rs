//! Which attachments are saved beside their note: `notes.attachment_limit` and `notes.attachment_skip`.

use super::rule::Glob;

/// Which attachments are saved; by default all.
#[derive(Debug, Clone, Default)]
pub struct Attachments {
    /// Larger ones are left in the mailbox; in octets.
    pub limit: Option<u64>,
    /// Those whose name or media type fits one of these are left there, too.
    pub skip: Vec<Glob>,
}

impl Attachments {
    /// True for one that is saved.
    pub fn wants(&self, name: &str, media_type: &str, size: usize) -> bool {
        let fits = self.limit.is_none_or(|limit| size as u64 <= limit);
        fits && !self.skip.iter().any(|glob| glob.fits(name) || glob.fits(media_type))
    }
}

/// `25 MB`, `500KB`, or `none`.
pub(super) fn limit(text: &str) -> Result<Option<u64>, String> {
    let text = text.trim().to_lowercase();
    if text == "none" {
        return Ok(None);
    }
    let shape = || format!("{text:?} is no size; write it like \"25 MB\" or \"500 KB\", or \"none\"");
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits).ok_or_else(shape)?;
    let factor = match unit.trim() {
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        _ => return Err(shape()),
    };
    number.parse::<u64>().ok().and_then(|n| n.checked_mul(factor)).map(Some).ok_or_else(shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, expect) in [
            ("none", Ok(None)),
            ("25 MB", Ok(Some(25_000_000))),
            ("0kb", Ok(Some(0))),
            (" 2 GB ", Ok(Some(2_000_000_000))),
            ("25", Err(())),
            ("MB", Err(())),
            ("-1 MB", Err(())),
            ("99999999999999999999 GB", Err(())),
        ] {
            assert_eq!(limit(text).map_err(drop), expect, "{text}");
        }
    }

    #[test]
    fn what_is_wanted() {
        let some = Attachments { limit: Some(1000), skip: vec![Glob::new("video/*"), Glob::new("*.exe")] };
        for (name, kind, size, expect) in [
            ("a.pdf", "application/pdf", 1000, true),
            ("a.pdf", "application/pdf", 1001, false),
            ("a.MP4", "video/mp4", 1, false),
            ("Setup.EXE", "application/octet-stream", 1, false),
            ("", "image/png", 1, true),
        ] {
            assert_eq!(some.wants(name, kind, size), expect, "{name}");
            assert!(Attachments::default().wants(name, kind, size));
        }
    }
}
