//! Octets and the charset that they are said to be in → text. Any octets give some text: where the label is missing, unknown or
//! plainly wrong, the charset is guessed from the octets.
//!
//! Labels are read as browsers read them (encoding_rs; iso-8859-1 is windows-1252 there, gb2312 is gb18030); what
//! browsers refuse (utf-7, iso-2022-kr, hz) is read, too. Nothing here knows of headers or parts.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{EUC_KR, Encoding, GB18030, ISO_2022_JP, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use mail_parser::decoders::charsets::map::charset_decoder;
use std::borrow::Cow;

/// So many octets are enough to guess from.
const SAMPLE: usize = 64 << 10;

/// The text that the octets stand for.
pub(super) fn decode<'a>(octets: &'a [u8], label: Option<&str>) -> Cow<'a, str> {
    let label = label.map(normal).unwrap_or_default();
    match known(&label) {
        Some(encoding) if encoding == UTF_8 => utf8_or_guess(octets),
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => utf16(octets, &label, encoding),
        // Much mail in UTF-8 goes under the name that somebody's mail program had as its default.
        Some(encoding) if encoding == WINDOWS_1252 => match std::str::from_utf8(octets) {
            Ok(text) => text.into(),
            Err(_) if is_ascii_label(&label) => utf8_or_guess(octets),
            Err(_) => encoding.decode_without_bom_handling(octets).0,
        },
        // Vendors' letters are in wide use under the standard's name.
        Some(encoding) if encoding == ISO_2022_JP => match utf8(octets) {
            Some(text) => text.into(),
            None => iso_2022_jp(octets),
        },
        Some(encoding) => labelled(octets, encoding),
        None => other(octets, &label).map_or_else(|| utf8_or_guess(octets), Cow::Owned),
    }
}

/// The text of octets that nobody labelled.
pub(super) fn guess(octets: &[u8]) -> Cow<'_, str> {
    if let Some(text) = utf8(octets) {
        return text.into();
    }
    if let Some(text) = utf16_by_mark(octets) {
        return text;
    }
    let sample = octets.get(..SAMPLE.min(octets.len())).unwrap_or_default();
    if has_escapes(octets) {
        return iso_2022_jp(octets);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(sample, sample.len() == octets.len());
    let encoding = detector.guess(None, Utf8Detection::Deny);
    let (text, wrong) = encoding.decode_without_bom_handling(octets);
    // Whatever else: windows-1252 has a letter for nearly every octet.
    if wrong && encoding != WINDOWS_1252 { WINDOWS_1252.decode_without_bom_handling(octets).0 } else { text }
}

/// Octets in a charset of many octets a letter that are no text in it, and are in UTF-8, are in UTF-8.
fn labelled<'a>(octets: &'a [u8], encoding: &'static Encoding) -> Cow<'a, str> {
    let (text, _, wrong) = encoding.decode(octets);
    match utf8(octets) {
        Some(utf8) if wrong => utf8.into(),
        _ if wrong && encoding == SHIFT_JIS && has_escapes(octets) => iso_2022_jp(octets),
        _ => text,
    }
}

/// UTF-8; where some of it is not, with a mark in its place; where most of it is not, something else.
fn utf8_or_guess(octets: &[u8]) -> Cow<'_, str> {
    if let Some(text) = utf8(octets) {
        return text.strip_prefix('\u{feff}').unwrap_or(text).into();
    }
    let (mut letters, mut wrong) = (0_usize, 0_usize);
    for chunk in octets.get(..SAMPLE.min(octets.len())).unwrap_or_default().utf8_chunks() {
        letters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        wrong += usize::from(!chunk.invalid().is_empty());
    }
    if letters > wrong { String::from_utf8_lossy(octets) } else { guess(octets) }
}

fn utf8(octets: &[u8]) -> Option<&str> {
    // Escapes are ASCII and yet mean something else.
    std::str::from_utf8(octets).ok().filter(|_| !has_escapes(octets))
}

/// Where writers joined pieces, one escape follows another, which browsers hold for an attack: only the last of them counts.
fn iso_2022_jp(octets: &[u8]) -> Cow<'_, str> {
    let doubled = |at: &usize| {
        let two = octets.get(*at..at + 4);
        two.is_some_and(|two| matches!(two, [_, b'(' | b'$', _, 0x1b]))
    };
    let places: Vec<usize> = memchr::memchr_iter(0x1b, octets).filter(doubled).collect();
    if places.is_empty() {
        return ISO_2022_JP.decode_without_bom_handling(octets).0;
    }
    let (mut single, mut from) = (Vec::with_capacity(octets.len()), 0);
    for at in places {
        single.extend_from_slice(octets.get(from..at).unwrap_or_default());
        from = at + 3;
    }
    single.extend_from_slice(octets.get(from..).unwrap_or_default());
    ISO_2022_JP.decode_without_bom_handling(&single).0.into_owned().into()
}

/// What ISO-2022-JP begins its letters with.
fn has_escapes(octets: &[u8]) -> bool {
    memchr::memmem::find(octets, b"\x1b$B").is_some() || memchr::memmem::find(octets, b"\x1b$@").is_some()
}

/// Without a mark, RFC 2781 says that UTF-16 begins with the high octet; writers do not. Latin letters tell.
fn utf16<'a>(octets: &'a [u8], label: &str, encoding: &'static Encoding) -> Cow<'a, str> {
    if let Some(text) = utf16_by_mark(octets) {
        return text;
    }
    let zeros = |first: usize| octets.iter().skip(first).step_by(2).take(SAMPLE).filter(|b| **b == 0).count();
    match zeros(0).cmp(&zeros(1)) {
        // No text in UTF-16 is valid UTF-8 without a zero.
        std::cmp::Ordering::Equal if zeros(0) == 0 => {
            utf8(octets).map_or_else(|| encoding.decode_without_bom_handling(octets).0, Cow::Borrowed)
        }
        _ if label != "utf-16" && label != "unicode" => encoding.decode_without_bom_handling(octets).0,
        std::cmp::Ordering::Less => UTF_16LE.decode_without_bom_handling(octets).0,
        _ => UTF_16BE.decode_without_bom_handling(octets).0,
    }
}

fn utf16_by_mark(octets: &[u8]) -> Option<Cow<'_, str>> {
    let encoding = Encoding::for_bom(octets).map(|(e, _)| e).filter(|e| *e == UTF_16LE || *e == UTF_16BE)?;
    Some(encoding.decode_with_bom_removal(octets).0)
}

fn normal(label: &str) -> String {
    let label = label.trim().trim_matches(['"', '\'']).trim().to_ascii_lowercase();
    // A language may follow (RFC 2231 §5).
    label.split('*').next().unwrap_or_default().replace('_', "-")
}

fn is_ascii_label(label: &str) -> bool {
    matches!(label, "us-ascii" | "ascii" | "ansi-x3.4-1968" | "iso-ir-6" | "7bit" | "8bit")
}

fn known(label: &str) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label_no_replacement(label.as_bytes());
    // Names that are in use and no standard's.
    encoding.or_else(|| match label {
        "gb2312" | "gb-2312" | "gb-2312-80" | "cp936" | "ms936" | "windows-936" | "x-gbk" => Some(GB18030),
        "cp932" | "ms932" | "windows-31j" | "x-sjis" | "x-ms-cp932" | "shift-jis" => Some(SHIFT_JIS),
        "cp949" | "ms949" | "ks-c-5601" | "ks-c-5601-1987" | "ksc5601" | "ks-c-5601-1992" | "x-windows-949" => {
            Some(EUC_KR)
        }
        "iso-2022-jp-1" | "iso-2022-jp-2" | "iso-2022-jp-3" | "iso-2022-jp-ms" | "cp50220" | "cp50221" => {
            Some(ISO_2022_JP)
        }
        "utf8mb4" | "utf" | "utf-8-bom" | "8859-8" => Some(UTF_8),
        "7bit" | "8bit" => Some(WINDOWS_1252),
        _ => {
            let bare = label.strip_prefix("x-").or_else(|| label.strip_prefix("charset="))?;
            Encoding::for_label_no_replacement(bare.as_bytes())
        }
    })
}

/// What browsers have no decoder for.
fn other(octets: &[u8], label: &str) -> Option<String> {
    match label {
        "hz-gb-2312" | "hz" => Some(GB18030.decode_without_bom_handling(&hz(octets)).0.into_owned()),
        "iso-2022-kr" | "csiso2022kr" => Some(EUC_KR.decode_without_bom_handling(&shifted(octets)).0.into_owned()),
        "iso-2022-cn" | "iso-2022-cn-ext" => Some(GB18030.decode_without_bom_handling(&shifted(octets)).0.into_owned()),
        "" | "replacement" => None,
        _ => charset_decoder(label.as_bytes()).map(|decode| decode(octets)),
    }
}

/// HZ (RFC 1843) as EUC: between `~{` and `~}` stand the same octets without their high bits.
fn hz(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len());
    let (mut rest, mut high) = (octets, 0);
    loop {
        match rest {
            [b'~', b'{', tail @ ..] => (high, rest) = (0x80, tail),
            [b'~', b'}', tail @ ..] => (high, rest) = (0, tail),
            [b'~', b'~', tail @ ..] if high == 0 => {
                out.push(b'~');
                rest = tail;
            }
            [b'~', b'\n', tail @ ..] => rest = tail,
            [b, tail @ ..] => {
                high = if *b == b'\n' { 0 } else { high };
                out.push(b | high);
                rest = tail;
            }
            [] => return out,
        }
    }
}

/// ISO-2022-KR (RFC 1557) as EUC: between SO and SI stand the same octets without their high bits.
fn shifted(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len());
    let (mut rest, mut high) = (octets, 0);
    loop {
        match rest {
            [0x1b, b'$', b')', _, tail @ ..] => rest = tail,
            [0x0e, tail @ ..] => (high, rest) = (0x80, tail),
            [0x0f, tail @ ..] => (high, rest) = (0, tail),
            [b, tail @ ..] => {
                out.push(if *b > 0x20 { b | high } else { *b });
                rest = tail;
            }
            [] => return out,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_believed_where_they_can_be() {
        for (octets, label, expect) in [
            (&b"plain"[..], None, "plain"),
            (b"caf\xe9", Some("iso-8859-1"), "café"),
            (b"It\x92s \x805", Some("ISO-8859-1"), "It’s €5"),
            ("Grüße".as_bytes(), Some("iso-8859-1"), "Grüße"),
            ("Grüße".as_bytes(), Some("us-ascii"), "Grüße"),
            (b"Gr\xfc\xdfe aus M\xfcnchen", Some("us-ascii"), "Grüße aus München"),
            (b"Gr\xfc\xdfe aus M\xfcnchen", Some("x-unknown-99"), "Grüße aus München"),
            (b"Gr\xfc\xdfe aus M\xfcnchen", Some("utf-8"), "Grüße aus München"),
            (b"\xf0\xd2\xc9\xd7\xc5\xd4", Some("koi8-r"), "Привет"),
            (b"\x1b$B%O%m!<\x1b(B!", Some("iso-2022-jp"), "ハロー!"),
            (b"\x1b$B%O%m!<\x1b(B!", None, "ハロー!"),
            (b"\x1b$B%O\x1b(B\x1b$B%m!<\x1b(B\x1b(B!", Some("iso-2022-jp"), "ハロー!"),
            (b"\xc4\xe3\xba\xc3", Some("gb2312"), "你好"),
            (b"\xbe\xc8\xb3\xe7", Some("ks_c_5601-1987"), "안녕"),
            (b"\x1b$)C\x0e>H3g\x0f ok", Some("iso-2022-kr"), "안녕 ok"),
            (b"~{Dc:C~} ok ~~", Some("hz-gb-2312"), "你好 ok ~"),
            (b"+ZYeB9FH6ckh5Pg-, 1980.", Some("utf-7"), "文致出版社, 1980."),
            (b"\xff\xfeh\0i\0", Some("utf-16"), "hi"),
            (b"\xfe\xff\0h\0i", Some("utf-16"), "hi"),
            (b"\0h\0i", Some("utf-16"), "hi"),
            (b"h\0i\0", Some("utf-16"), "hi"),
            (b"\xef\xbb\xbfhi", Some("utf-8"), "hi"),
            (b"\x9b", Some("ibm850"), "ø"),
            (b"caf\xe9", Some("\"latin1\""), "café"),
            (b"\xa4", Some("iso-8859-15*de"), "€"),
        ] {
            assert_eq!(decode(octets, label), expect, "{octets:?} {label:?}");
        }
    }

    #[test]
    fn a_letter_cut_in_two_spoils_only_itself() {
        let octets = [&b"\xa9"[..], "Grüße, 見積 und mehr".as_bytes()].concat();
        assert_eq!(decode(&octets, Some("utf-8")), "\u{fffd}Grüße, 見積 und mehr");
        assert_eq!(decode(&octets, None), "\u{fffd}Grüße, 見積 und mehr");
    }

    #[test]
    fn charsets_are_guessed() {
        for (octets, expect) in [
            ("Größe für rohes".as_bytes(), "Größe für rohes"),
            (b"Gr\xf6\xdfe f\xfcr rohes", "Größe für rohes"),
            (b"\xcf\xf0\xe8\xe2\xe5\xf2, \xea\xe0\xea \xe4\xe5\xeb\xe0?", "Привет, как дела?"),
        ] {
            assert_eq!(guess(octets), expect);
        }
    }
}
