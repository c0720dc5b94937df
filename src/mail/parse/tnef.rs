//! `winmail.dat` (MS-OXTNEF), in which Outlook wraps what it should attach: the files in it, and the text.
//!
//! A walk over attributes of stated length; what is cut off or makes no sense ends it. Nothing is larger than what it is in,
//! and a message within is not unpacked: then the whole is kept beside what was found.

use super::{MAX_BODY, charset};
use crate::mail::clean;

const SIGNATURE: u32 = 0x223e_9f78;
const MAX_FILES: usize = 200;
const MAX_PROPERTIES: u32 = 2000;
const MAX_NAME: usize = 1000;

/// What was found in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Unpacked<'a> {
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
    pub(super) files: Vec<File<'a>>,
    /// There is nothing else that a reader would miss.
    pub(super) whole: bool,
}

/// A file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct File<'a> {
    pub(super) name: String,
    pub(super) media_type: Option<String>,
    pub(super) content_id: Option<String>,
    pub(super) bytes: &'a [u8],
}

/// What is still to be read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    /// Octets of a stated length; what fills up to four is passed over.
    fn padded(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.u32()?).ok()?;
        let value = self.take(length)?;
        self.take(length.wrapping_neg() % 4)?;
        Some(value)
    }
}

/// Unpacks it; `None` for what is no TNEF.
pub(super) fn unpack(bytes: &[u8]) -> Option<Unpacked<'_>> {
    let mut rest = Rest(bytes);
    if rest.u32()? != SIGNATURE {
        return None;
    }
    rest.u16()?;
    let mut found = Unpacked { whole: true, ..Unpacked::default() };
    let mut codepage = "windows-1252".to_owned();
    while !rest.0.is_empty() {
        if attribute(&mut rest, &mut found, &mut codepage).is_none() {
            found.whole = false;
            break;
        }
    }
    let empty = |file: &File<'_>| file.bytes.is_empty();
    found.whole &= !found.files.iter().any(empty);
    found.files.retain(|file| !empty(file));
    Some(found)
}

fn attribute<'a>(rest: &mut Rest<'a>, found: &mut Unpacked<'a>, codepage: &mut String) -> Option<()> {
    rest.take(1)?;
    let id = rest.u32()? & 0xffff;
    let length = usize::try_from(rest.u32()?).ok()?;
    let value = rest.take(length)?;
    // The sum of the octets says only whether the way was good.
    rest.u16()?;
    match id {
        // attOemCodepage
        0x9007 => *codepage = format!("windows-{}", Rest(value).u32()?),
        // attBody
        0x800c => found.text = Some(string(value, codepage)),
        // attMsgProps
        0x9003 => properties(value, codepage, &mut |property| match property.id {
            0x1000 => found.text = Some(property.text()),
            0x1013 => found.html = Some(property.text()),
            _ => {}
        })?,
        // attAttachRendData: here the next file begins
        0x9002 => {
            found.whole &= found.files.len() < MAX_FILES;
            found.files.truncate(MAX_FILES - 1);
            found.files.push(File::default());
        }
        // attAttachTitle, attAttachData
        0x8010 => found.files.last_mut()?.name = name(&string(value, codepage)),
        0x800f => found.files.last_mut()?.bytes = value,
        // attAttachment
        0x9005 => {
            let file = found.files.last_mut()?;
            let mut long = false;
            properties(value, codepage, &mut |property| match property.id {
                0x3707 => (file.name, long) = (name(&property.text()), true),
                0x3704 if !long && file.name.is_empty() => file.name = name(&property.text()),
                0x370e => file.media_type = Some(name(&property.text()).to_lowercase()),
                0x3712 => file.content_id = Some(name(property.text().trim_matches(['<', '>']))),
                0x3701 if property.kind == BINARY && file.bytes.is_empty() => file.bytes = property.value,
                _ => {}
            })?;
        }
        _ => {}
    }
    Some(())
}

const STRING: u16 = 0x1e;
const UNICODE: u16 = 0x1f;
const OBJECT: u16 = 0x0d;
const BINARY: u16 = 0x102;

struct Property<'a, 'c> {
    id: u16,
    kind: u16,
    value: &'a [u8],
    codepage: &'c str,
}

impl Property<'_, '_> {
    fn text(&self) -> String {
        match self.kind {
            UNICODE => {
                let units = self.value.chunks_exact(2).filter_map(|two| Some(u16::from_le_bytes(two.try_into().ok()?)));
                let text: String =
                    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
                text.trim_end_matches('\0').to_owned()
            }
            _ => string(self.value, self.codepage),
        }
    }
}

/// Gives each property that has a value of some length; others are passed over.
fn properties<'a>(value: &'a [u8], codepage: &str, on: &mut dyn FnMut(Property<'a, '_>)) -> Option<()> {
    let mut rest = Rest(value);
    for _ in 0..rest.u32()?.min(MAX_PROPERTIES) {
        let (kind, id) = (rest.u16()?, rest.u16()?);
        if id >= 0x8000 {
            rest.take(16)?;
            match rest.u32()? {
                0 => drop(rest.u32()?),
                _ => drop(rest.padded()?),
            }
        }
        let (single, many) = (kind & !0x1000, kind & 0x1000 != 0);
        let varies = matches!(single, STRING | UNICODE | OBJECT | BINARY);
        let count = if many || varies { rest.u32()? } else { 1 };
        for _ in 0..count.min(MAX_PROPERTIES) {
            if varies {
                let value = rest.padded()?;
                on(Property { id, kind: single, value, codepage });
            } else {
                rest.take(match single {
                    0x02 | 0x03 | 0x04 | 0x0a | 0x0b | 0x01 => 4,
                    0x05 | 0x06 | 0x07 | 0x14 | 0x40 => 8,
                    0x48 => 16,
                    _ => return None,
                })?;
            }
        }
    }
    Some(())
}

fn string(value: &[u8], codepage: &str) -> String {
    let value = value.get(..value.len().min(MAX_BODY)).unwrap_or_default();
    let end = value.iter().rposition(|b| *b != 0).map_or(0, |at| at + 1);
    charset::decode(value.get(..end).unwrap_or_default(), Some(codepage)).into_owned()
}

fn name(text: &str) -> String {
    clean::header(clean::prefix(text, MAX_NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(id: u32, value: &[u8]) -> Vec<u8> {
        let length = u32::try_from(value.len()).expect("small");
        [&[1][..], &id.to_le_bytes(), &length.to_le_bytes(), value, &[0, 0]].concat()
    }

    fn property(kind: u16, id: u16, value: &[u8]) -> Vec<u8> {
        let length = u32::try_from(value.len()).expect("small").to_le_bytes();
        let pad = vec![0; value.len().wrapping_neg() % 4];
        [&kind.to_le_bytes()[..], &id.to_le_bytes(), &[1, 0, 0, 0], &length, value, &pad].concat()
    }

    fn sample() -> Vec<u8> {
        let name: Vec<u8> = "plän.pdf\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let fixed = [&0x0b_u16.to_le_bytes()[..], &0x7ffe_u16.to_le_bytes(), &[1, 0, 0, 0]].concat();
        let named = [
            &0x03_u16.to_le_bytes()[..],
            &0x8001_u16.to_le_bytes(),
            &[7; 16],
            &1_u32.to_le_bytes(),
            &4_u32.to_le_bytes(),
            b"a\0b\0",
            &[9, 0, 0, 0],
        ]
        .concat();
        let file = [
            &4_u32.to_le_bytes()[..],
            &fixed,
            &named,
            &property(UNICODE, 0x3707, &name),
            &property(STRING, 0x370e, b"Application/PDF\0"),
        ]
        .concat();
        [
            &SIGNATURE.to_le_bytes()[..],
            &[1, 0],
            &attribute(0x0006_9007, &1252_u32.to_le_bytes()),
            &attribute(0x0002_800c, b"Gr\xfc\xdfe\0"),
            &attribute(0x0006_9002, &[0; 14]),
            &attribute(0x0001_8010, b"PLN.PDF\0"),
            &attribute(0x0006_800f, b"%PDF-"),
            &attribute(0x0006_9005, &file),
        ]
        .concat()
    }

    #[test]
    fn files_and_text_are_unpacked() {
        let bytes = sample();
        let found = unpack(&bytes).expect("TNEF");
        let file = File {
            name: "plän.pdf".into(),
            media_type: Some("application/pdf".into()),
            content_id: None,
            bytes: b"%PDF-",
        };
        assert_eq!(found, Unpacked { text: Some("Grüße".into()), html: None, files: vec![file], whole: true });
    }

    #[test]
    fn cut_anywhere_nothing_breaks() {
        let bytes = sample();
        let whole = |end: &usize| unpack(bytes.get(..*end).expect("shorter")).is_some_and(|found| found.whole);
        // Behind its head, two attributes of the message, and the file's octets.
        assert_eq!((0..bytes.len()).filter(whole).count(), 4);
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            *bytes.get_mut(at).expect("inside") = 0xff;
            let _ = unpack(&bytes);
        }
    }
}
