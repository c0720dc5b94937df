//! Lines that are marked as quoted, one by one.

/// Where mail programs break lines.
const WIDTH: usize = 72;

/// Which lines carry a quote mark, or were wrapped out of one that does.
pub(super) fn quoted(lines: &[&str]) -> Vec<bool> {
    let mut quoted = Vec::with_capacity(lines.len());
    for block in lines.chunk_by(|a, b| other_mark(a).is_some() && other_mark(a) == other_mark(b)) {
        let all = block.len() > 1 && block.first().is_some_and(|line| block.len() > 2 || !line.starts_with([':', '|']));
        quoted.extend(block.iter().map(|line| all || line.trim_start_matches([' ', '\t']).starts_with('>')));
    }
    for (at, line) in lines.iter().enumerate() {
        if is_wrapped(lines, &quoted, at, line) {
            quoted.get_mut(at).into_iter().for_each(|q| *q = true);
        }
    }
    quoted
}

/// A mark that quotes where several lines in a row have it: `:`, `|` (but not in a table), `AP>`.
fn other_mark(line: &str) -> Option<&str> {
    let table = || line.ends_with('|') && line.len() > 1;
    match line.as_bytes() {
        [b':'] | [b':', b' ', ..] => Some(":"),
        [b'|'] | [b'|', b' ', ..] if !table() => Some("|"),
        [b'A'..=b'Z', ..] => {
            let (name, _) = crate::mail::clean::prefix(line, 4).split_once('>')?;
            name.bytes().all(|b| b.is_ascii_uppercase()).then_some(name)
        }
        _ => None,
    }
}

/// What a program broke out of a quoted line that was too long: it begins where that one could not go on.
fn is_wrapped(lines: &[&str], quoted: &[bool], at: usize, line: &str) -> bool {
    let is = |i: usize| quoted.get(i).copied().unwrap_or_default();
    let Some(above) = at.checked_sub(1).filter(|above| is(*above) && is(at + 1) && !is(at)) else { return false };
    let before = lines.get(above).copied().unwrap_or_default();
    let word = line.split(' ').next().unwrap_or_default();
    !word.is_empty()
        && before.len() > line.len()
        && before.len() + 1 + word.len() >= WIDTH
        && !before.ends_with(['.', '?', '!', ':'])
}
