//! The YAML block at a note's head: found, guarded, read, written, and edited in place.
//!
//! YAML lives only here. What a person wrote survives every edit byte for byte, save the lines of the keys
//! that change; an edit that would do more is refused.

use granit_parser::{Event, Parser};
use serde_yaml::{Mapping, Value};
use std::str::FromStr;

/// A frontmatter larger than this is refused, in bytes.
const MAX_BYTES: usize = 64 * 1024;
/// Collections nested deeper than this are refused.
const MAX_DEPTH: usize = 8;

/// Why a frontmatter cannot be read or changed. The note is then left exactly as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrontmatterError {
    /// No `---` on the first line, or no closing one.
    #[error("it has no frontmatter (a block between two `---` lines at the very top)")]
    Missing,
    /// More than 64 KiB.
    #[error("its frontmatter is larger than 64 KiB")]
    TooLarge,
    /// Not YAML; the line is counted in the note.
    #[error("its frontmatter is not valid YAML (line {line}: {reason}); put quotes around the value")]
    Yaml {
        /// Line in the note, from 1.
        line: usize,
        /// What the YAML parser said.
        reason: String,
    },
    /// YAML that is refused although it is valid.
    #[error("its frontmatter uses {0}, which postnote does not read")]
    Unsupported(&'static str),
    /// Editing would have changed something else as well.
    #[error("its frontmatter could not be edited without touching other lines")]
    Edit,
}

/// A frontmatter's keys and values, read-only.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Frontmatter(Mapping);

/// A note's text cut into its three parts; together they are the text again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Parts<'a> {
    /// A BOM if there is one, and the opening line.
    open: &'a str,
    /// What is between the two lines.
    yaml: &'a str,
    /// The closing line and the body.
    close: &'a str,
    /// The body alone.
    body: &'a str,
}

fn parts(text: &str) -> Result<Parts<'_>, FrontmatterError> {
    let bom = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut at = 0;
    let mut open_end = None;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let is_fence = line.get(if start == 0 { bom } else { 0 }..).is_some_and(|l| l.trim_end() == "---");
        match open_end {
            None if is_fence => open_end = Some(at),
            None => return Err(FrontmatterError::Missing),
            Some(open) if is_fence => {
                let cut = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
                return Ok(Parts {
                    open: cut(0..open),
                    yaml: cut(open..start),
                    close: cut(start..text.len()),
                    body: cut(at..text.len()),
                });
            }
            Some(open) if at - open > MAX_BYTES => return Err(FrontmatterError::TooLarge),
            Some(_) => {}
        }
    }
    Err(FrontmatterError::Missing)
}

fn guard(yaml: &str) -> Result<(), FrontmatterError> {
    let mut depth = 0usize;
    for event in Parser::new_from_str(yaml) {
        let (event, _) =
            event.map_err(|e| FrontmatterError::Yaml { line: e.marker().line() + 1, reason: e.info().to_owned() })?;
        match event {
            Event::Alias(_) => return Err(FrontmatterError::Unsupported("an alias (`*name`)")),
            Event::MappingStart(..) | Event::SequenceStart(..) => depth += 1,
            Event::MappingEnd | Event::SequenceEnd => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(FrontmatterError::Unsupported("deeply nested values"));
        }
    }
    Ok(())
}

fn mapping(yaml: &str) -> Result<Mapping, FrontmatterError> {
    guard(yaml)?;
    match serde_yaml::from_str::<Value>(yaml) {
        Ok(Value::Mapping(map)) => Ok(map),
        Ok(Value::Null) => Ok(Mapping::new()),
        Ok(_) => Err(FrontmatterError::Yaml { line: 2, reason: "expected `key: value` lines".to_owned() }),
        Err(e) => Err(FrontmatterError::Yaml {
            line: e.location().map_or(1, |l| l.line()) + 1,
            reason: e.to_string().split(" at line ").next().unwrap_or_default().to_owned(),
        }),
    }
}

/// Reads a note: its frontmatter and its body.
pub fn parse(text: &str) -> Result<(Frontmatter, &str), FrontmatterError> {
    let parts = parts(text)?;
    Ok((Frontmatter(mapping(parts.yaml)?), parts.body))
}

/// What stands below the frontmatter, whether that can be read or not; where there is none, all of the text.
pub fn body(text: &str) -> &str {
    parts(text).map_or(text, |parts| parts.body)
}

/// Sets keys to string values: present ones on their own lines, new ones below the last. Comments, order,
/// line ends and every other line stay as they are; where that cannot be had, nothing is changed at all.
pub fn set(text: &str, changes: &[(&str, &str)]) -> Result<String, FrontmatterError> {
    let parts = parts(text)?;
    let before = mapping(parts.yaml)?;
    let document = yaml_edit::Document::from_str(parts.yaml).map_err(|_| FrontmatterError::Edit)?;
    let target = document.as_mapping().ok_or(FrontmatterError::Edit)?;
    for (key, value) in changes {
        target.set(*key, *value);
    }
    let mut yaml = document.to_string();
    if !yaml.ends_with('\n') {
        yaml.push('\n');
    }
    let after = mapping(&yaml)?;
    let wanted = changes.iter().all(|(k, v)| after.get(*k).is_some_and(|x| scalar(x).as_deref() == Some(*v)));
    let changed = |k: &Value| changes.iter().any(|(c, _)| k.as_str() == Some(c));
    let others = |map: &Mapping| {
        map.iter().filter(|(k, _)| !changed(k)).map(|(k, v)| (k.clone(), v.clone())).collect::<Vec<_>>()
    };
    if wanted && others(&before) == others(&after) && lines_kept(parts.yaml, &yaml, changes) {
        Ok(format!("{}{yaml}{}", parts.open, parts.close))
    } else {
        Err(FrontmatterError::Edit)
    }
}

/// True when every line of `before` that holds none of the changed keys stands in `after`, in order.
fn lines_kept(before: &str, after: &str, changes: &[(&str, &str)]) -> bool {
    let names =
        |line: &str| changes.iter().any(|(k, _)| line.trim_start().trim_start_matches(['"', '\'', '{']).starts_with(k));
    let mut rest = after.lines();
    before.lines().filter(|line| !names(line)).all(|line| rest.any(|l| l == line))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.clone()),
        Value::Bool(b) => Some(b.to_string()),
        Value::Number(n) => Some(n.to_string()),
        Value::Tagged(t) => scalar(&t.value),
        Value::Null | Value::Sequence(_) | Value::Mapping(_) => None,
    }
}

impl Frontmatter {
    /// The key's value as text: strings, numbers and booleans; `None` for null, lists, mappings and absence.
    pub fn text(&self, key: &str) -> Option<String> {
        self.0.get(key).and_then(scalar).filter(|s| !s.trim().is_empty())
    }

    /// The key's value as a list of texts: a list, or one scalar. Absent and null are empty; `None` when the
    /// value, or an item, is a mapping or a list within a list.
    pub fn list(&self, key: &str) -> Option<Vec<String>> {
        match self.0.get(key) {
            None | Some(Value::Null) => Some(Vec::new()),
            Some(Value::Sequence(items)) => items.iter().filter(|v| !v.is_null()).map(scalar).collect(),
            Some(value) => Some(vec![scalar(value)?]),
        }
    }

    /// True when the key's value is a list or a mapping.
    pub fn is_nested(&self, key: &str) -> bool {
        matches!(self.0.get(key), Some(Value::Sequence(_) | Value::Mapping(_)))
    }

    /// The keys, in their order; one that is no text is shown as YAML has it.
    pub fn keys(&self) -> Vec<String> {
        self.0.keys().map(|key| scalar(key).unwrap_or_else(|| format!("{key:?}"))).collect()
    }

    /// True when the key is there, whatever its value.
    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }
}

/// Writes a frontmatter from nothing, key by key. Text from mail goes in through [`Writer::text`] only.
#[derive(Debug, Default)]
pub struct Writer(String);

impl Writer {
    /// A string value: plain where every YAML reader takes it for the same string, else double-quoted.
    pub fn text(&mut self, key: &str, value: &str) -> &mut Self {
        self.line(key, &quoted(value))
    }

    /// A value in plain style: dates, times, and words of our own.
    pub fn plain(&mut self, key: &str, value: impl std::fmt::Display) -> &mut Self {
        let value = value.to_string();
        debug_assert!(value.chars().all(|c| c.is_ascii_alphanumeric() || "-:/._".contains(c)), "{value}");
        self.line(key, &value)
    }

    /// A list of strings in flow style.
    pub fn list<S: AsRef<str>>(&mut self, key: &str, values: &[S]) -> &mut Self {
        let items: Vec<_> = values.iter().map(|v| quoted(v.as_ref())).collect();
        self.line(key, &format!("[{}]", items.join(", ")))
    }

    fn line(&mut self, key: &str, value: &str) -> &mut Self {
        self.0.push_str(key);
        // A value that is still to come leaves no space behind.
        self.0.push_str(if value.is_empty() { ":" } else { ": " });
        self.0.push_str(value);
        self.0.push('\n');
        self
    }

    /// The block with its two `---` lines, followed by an empty line.
    pub fn finish(&self) -> String {
        format!("---\n{}---\n\n", self.0)
    }
}

/// A string as YAML: plain for words that no YAML version reads as anything else, else a JSON string, which
/// YAML 1.2 §5.7 takes as it is. What a template engine would run (`<%`, `{{`) is broken by an escape.
fn quoted(value: &str) -> String {
    let plain = value.starts_with(char::is_alphabetic)
        && value.chars().all(|c| c.is_alphanumeric() || "-_/. ".contains(c))
        && !value.ends_with(' ')
        && !matches!(
            value.to_ascii_lowercase().as_str(),
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
        );
    if plain {
        return value.to_owned();
    }
    let json = serde_json::Value::from(value).to_string();
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '%' if out.ends_with('<') => out.push_str("\\u0025"),
            '{' if out.ends_with('{') => out.push_str("\\u007b"),
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTE: &str = "---\ntype: draft-reply\nstatus: \"pending\"   # mine\nto: ['A <a@b.c>']\n# keep\nn: 3\n---\n\nBody\n---\nstatus: approved\n";

    #[test]
    fn reads_keys_and_body() {
        let (front, body) = parse(NOTE).expect("valid");
        assert_eq!(front.text("status").as_deref(), Some("pending"));
        assert_eq!(front.list("to"), Some(vec!["A <a@b.c>".to_owned()]));
        assert_eq!(front.text("n").as_deref(), Some("3"));
        assert_eq!(body, "\nBody\n---\nstatus: approved\n");
    }

    #[test]
    fn edits_touch_only_their_lines() {
        let out = set(NOTE, &[("status", "sent"), ("sent_at", "2026-01-05T19:35:19")]).expect("an edit");
        assert_eq!(out, NOTE.replace("\"pending\"", "sent").replace("n: 3\n", "n: 3\nsent_at: 2026-01-05T19:35:19\n"));
    }

    #[test]
    fn edits_keep_crlf_and_bom() {
        let note = "\u{feff}---\r\nstatus: approved\r\nmy_key:  [ a,b ]\r\n---\r\nx\r\n";
        let out = set(note, &[("status", "queued")]).expect("an edit");
        assert_eq!(out, note.replace("approved", "queued"));
    }

    #[test]
    fn refuses_what_it_cannot_trust() {
        for (yaml, what) in [
            ("a: &x 1\nb: *x\n", "alias"),
            ("subject: Re: x\n", "line 2"),
            ("a: 1\na: 2\n", "line"),
            ("a: [[[[[[[[[1]]]]]]]]]\n", "nested"),
            ("a:\n\tb: 1\n", "line"),
        ] {
            let note = format!("---\n{yaml}---\nbody");
            let error = parse(&note).expect_err(yaml).to_string();
            assert!(error.contains(what), "{yaml:?}: {error}");
            assert!(set(&note, &[("status", "sent")]).is_err());
        }
        assert_eq!(parse("no frontmatter"), Err(FrontmatterError::Missing));
        assert_eq!(parse("---\nstatus: approved\n"), Err(FrontmatterError::Missing));
        let large = format!("---\n{}---\n", "a: b\n".repeat(20_000));
        assert_eq!(parse(&large), Err(FrontmatterError::TooLarge));
    }

    #[test]
    fn what_is_written_reads_back_in_two_parsers() {
        for value in [
            "Re: Storage",
            "true",
            "no",
            "1.5",
            "",
            " x ",
            "a\"b\\c",
            "<% tp %>",
            "{{x}}",
            "---\nstatus: approved",
            "\u{85}\u{2028}x",
            "日本語",
            "- [ ] x",
            "key:: v",
            "*a",
            "!tag x",
            "@x",
            "~",
        ] {
            let mut writer = Writer::default();
            writer.text("subject", value).list("l", &[value, "b"]);
            let note = writer.finish();
            assert!(!note.contains("<%") && !note.contains("{{"), "{note}");
            let (front, _) = parse(&note).unwrap_or_else(|e| panic!("{note}: {e}"));
            assert_eq!(front.0.get("subject").and_then(Value::as_str), Some(value));
            assert_eq!(front.list("l"), Some(vec![value.to_owned(), "b".to_owned()]));
            let granit =
                Parser::new_from_str(note.trim_start_matches("---\n").split("---\n\n").next().unwrap_or_default())
                    .filter_map(|e| match e.expect("two parsers").0 {
                        Event::Scalar(v, ..) => Some(v.into_owned()),
                        _ => None,
                    })
                    .nth(1);
            if !value.contains("---") {
                assert_eq!(granit.as_deref(), Some(value));
            }
        }
    }
}
