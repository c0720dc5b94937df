//! A header section → its fields, as they stand in the message (RFC 5322 §2.2), and where the body begins.
//!
//! What is no field is passed over where fields follow it, and else begins the body: a missing blank line costs no text.

use crate::mail::clean;

/// What of a field's value is looked at.
const MAX_VALUE: usize = 64 << 10;
/// What follows this many fields is passed over.
const MAX_FIELDS: usize = 100_000;

/// One field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field<'a> {
    pub(super) name: &'a str,
    /// What follows the colon, with the lines that it is folded over.
    pub(super) value: &'a [u8],
}

/// The fields of one header section, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fields<'a>(Vec<Field<'a>>);

impl<'a> Fields<'a> {
    /// Reads the section that begins at `from` and ends before a line that is an `end`; also says where the body begins.
    pub(super) fn read(raw: &'a [u8], from: usize, end: impl Fn(&[u8]) -> bool) -> (Self, usize) {
        Self::read_some(raw, from, end, |_| true)
    }

    /// The same, with only those fields kept whose names are wanted.
    pub(super) fn read_some(
        raw: &'a [u8],
        from: usize,
        end: impl Fn(&[u8]) -> bool,
        wanted: impl Fn(&str) -> bool,
    ) -> (Self, usize) {
        let is_end = end;
        let (mut fields, mut at) = (Vec::new(), from);
        // Where the value of the field begins that the last lines belong to; `None` of one that is passed over.
        let (mut value, mut any) = (None, false);
        while let Some(line) = line(raw, at).filter(|line| !is_end(line)) {
            let end = at + line.len();
            let next = || self::line(raw, end).unwrap_or_default();
            let goes_on = |line: &[u8]| name(line).is_some() || is_folded(line);
            let bare = line.trim_ascii();
            if bare.is_empty() && !(is_folded(line) && any && goes_on(next())) {
                return (Fields(fields), end);
            }
            if is_folded(line) && any {
                if let (Some(value), Some(Field { value: last, .. })) = (value, fields.last_mut()) {
                    *last = raw.get(value..end).unwrap_or_default();
                }
            } else if let Some(name) = name(line) {
                any = true;
                value = None;
                if fields.len() < MAX_FIELDS && wanted(name) {
                    let start = at + memchr::memchr(b':', line).unwrap_or_default() + 1;
                    fields.push(Field { name, value: raw.get(start..end).unwrap_or_default() });
                    value = Some(start);
                }
            } else if name(next()).is_none() {
                return (Fields(fields), at);
            }
            at = end;
        }
        (Fields(fields), at)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every field of that name, in order.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.0.iter().filter(move |f| f.name.eq_ignore_ascii_case(name)).map(|f| prefix(f.value))
    }

    /// Every field of one of two names, in order.
    pub(super) fn either(&self, one: &str, other: &str) -> impl Iterator<Item = &'a [u8]> {
        let is = move |f: &&Field<'_>| f.name.eq_ignore_ascii_case(one) || f.name.eq_ignore_ascii_case(other);
        self.0.iter().filter(is).map(|f| prefix(f.value))
    }

    /// The value of the first field of that name.
    pub(super) fn first(&self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// The first field's value on one line, not decoded; `None` when it is empty.
    pub(super) fn line(&self, name: &str) -> Option<String> {
        self.first(name).map(one_line).filter(|v| !v.is_empty())
    }
}

/// A value on one line, not decoded.
pub(super) fn one_line(value: &[u8]) -> String {
    clean::header(&String::from_utf8_lossy(value))
}

fn prefix(value: &[u8]) -> &[u8] {
    value.get(..value.len().min(MAX_VALUE)).unwrap_or_default()
}

/// The line at `at`, with its end; `None` behind the last.
fn line(raw: &[u8], at: usize) -> Option<&[u8]> {
    let rest = raw.get(at..).filter(|rest| !rest.is_empty())?;
    rest.get(..memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1))
}

fn is_folded(line: &[u8]) -> bool {
    line.first().is_some_and(|b| matches!(b, b' ' | b'\t'))
}

/// The name of the field that begins in this line.
pub(super) fn name(line: &[u8]) -> Option<&str> {
    let name = line.get(..memchr::memchr(b':', line)?)?.trim_ascii_end();
    let ok = !name.is_empty() && name.len() <= 200 && name.iter().all(u8::is_ascii_graphic);
    ok.then(|| std::str::from_utf8(name).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> (Vec<(&str, String)>, &str) {
        let (fields, body) = Fields::read(raw.as_bytes(), 0, |line| line == b"--end\n");
        let fields = fields.0.iter().map(|f| (f.name, one_line(f.value))).collect();
        (fields, raw.get(body..).expect("a place between letters"))
    }

    #[test]
    fn there_is_an_end_to_fields() {
        let raw = "A: 1\n 2\n".repeat(MAX_FIELDS + 10);
        let (fields, body) = Fields::read(raw.as_bytes(), 0, |_| false);
        assert_eq!((fields.0.len(), body), (MAX_FIELDS, (MAX_FIELDS + 10) * 8));
        assert!(fields.all("a").all(|value| one_line(value) == "1 2"));
        let (fields, body) = Fields::read_some(b"A: 1\n 2\nB: 3\n 4\nA: 5\n\n", 0, |_| false, |name| name == "B");
        assert_eq!((fields.0.len(), fields.line("b").as_deref(), body), (1, Some("3 4"), 22));
    }

    #[test]
    fn sections_are_read() {
        for (raw, fields, body) in [
            ("A: 1\r\nB: 2\r\n 3\r\n\r\nbody\r\n", &[("A", "1"), ("B", "2 3")][..], "body\r\n"),
            ("A: 1\nB : 2\n\tx\n\n\nbody", &[("A", "1"), ("B", "2 x")], "\nbody"),
            // Lines that are none, and a missing blank line.
            ("From x@y Mon\nA: 1\nno field\nB: 2\n\nbody", &[("A", "1"), ("B", "2")], "body"),
            ("A: 1\nHello there,\nhow are you?\n", &[("A", "1")], "Hello there,\nhow are you?\n"),
            ("A: 1\n \nB: 2\n\nbody", &[("A", "1"), ("B", "2")], "body"),
            ("A: 1\n \nbody", &[("A", "1")], "body"),
            ("A: 1", &[("A", "1")], ""),
            ("\nbody", &[], "body"),
            ("A: 1\n--end\nB: 2\n\n", &[("A", "1")], "--end\nB: 2\n\n"),
            ("", &[], ""),
            ("body", &[], "body"),
            (" folded\nA: 1\n\nx", &[("A", "1")], "x"),
        ] {
            let expect: Vec<_> = fields.iter().map(|(n, v)| (*n, (*v).to_owned())).collect();
            assert_eq!(read(raw), (expect, body), "{raw:?}");
        }
    }
}
