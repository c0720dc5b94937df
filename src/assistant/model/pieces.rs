//! Figures, addresses and words of a text: what is compared between an answer and what it was made from.

/// What a figure counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// Nothing that could be told.
    Plain,
    /// Money, by its currency's code.
    Money(&'static str),
    /// Hundredths.
    Percent,
}

/// A figure of a text: `4,500 EUR` is `4500` of money.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Figure {
    pub(super) value: String,
    pub(super) kind: Kind,
}

const CURRENCIES: &[(&str, &str)] = &[
    ("€", "EUR"),
    ("eur", "EUR"),
    ("euro", "EUR"),
    ("euros", "EUR"),
    ("$", "USD"),
    ("usd", "USD"),
    ("dollar", "USD"),
    ("dollars", "USD"),
    ("dólares", "USD"),
    ("£", "GBP"),
    ("gbp", "GBP"),
    ("pound", "GBP"),
    ("pounds", "GBP"),
    ("pfund", "GBP"),
    ("¥", "JPY"),
    ("yen", "JPY"),
    ("jpy", "JPY"),
    ("円", "JPY"),
    ("元", "CNY"),
    ("chf", "CHF"),
    ("franken", "CHF"),
    ("francs", "CHF"),
    ("₹", "INR"),
    ("inr", "INR"),
];
const PERCENT: &[&str] = &["%", "percent", "prozent", "pourcent", "por ciento", "パーセント"];

/// Every figure of the text, in order.
pub(super) fn figures(text: &str) -> Vec<Figure> {
    let text = narrow(text);
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some((start, c)) = chars.get(at).copied() {
        if !c.is_ascii_digit() {
            at += 1;
            continue;
        }
        let mut end = at;
        while let Some((_, c)) = chars.get(end) {
            let joins =
                ".,:/-'’\u{a0}\u{202f}".contains(*c) && chars.get(end + 1).is_some_and(|(_, n)| n.is_ascii_digit());
            if !c.is_ascii_digit() && !joins {
                break;
            }
            end += 1;
        }
        let stop = chars.get(end).map_or(text.len(), |(at, _)| *at);
        let (before, after) = (text.get(..start).unwrap_or_default(), text.get(stop..).unwrap_or_default());
        let head = letters_before(before);
        let tail: String = after.chars().take_while(|c| c.is_ascii_alphabetic()).collect();
        let kind = kind(before, after);
        let run = value(text.get(start..stop).unwrap_or_default());
        let ordinal = matches!(tail.to_lowercase().as_str(), "" | "st" | "nd" | "rd" | "th" | "er" | "e" | "o" | "h");
        let unit = kind != Kind::Plain || ordinal;
        let value = if unit { format!("{head}{run}") } else { format!("{head}{run}{}", tail.to_lowercase()) };
        out.push(Figure { value, kind });
        at = end;
    }
    out
}

/// ASCII letters right before a figure: `A4` is another thing than 4.
fn letters_before(before: &str) -> String {
    let letters: String = before.chars().rev().take_while(char::is_ascii_alphabetic).collect();
    let lower: String = letters.chars().rev().collect::<String>().to_lowercase();
    if CURRENCIES.iter().any(|(word, _)| *word == lower) { String::new() } else { lower }
}

fn kind(before: &str, after: &str) -> Kind {
    let word_after: String = after
        .trim_start()
        .to_lowercase()
        .chars()
        .take_while(|c| c.is_alphanumeric() || "€$£¥₹%".contains(*c))
        .collect();
    let blank = |c: &char| !c.is_whitespace();
    let word_before: String = before.trim_end().chars().rev().take_while(blank).collect::<String>();
    let word_before = word_before.chars().rev().collect::<String>().to_lowercase();
    let word_before = word_before.trim_start_matches(['(', '*', '~', '[']);
    if PERCENT.iter().any(|p| word_after.starts_with(p)) {
        return Kind::Percent;
    }
    let is = |word: &str, name: &str| {
        if name.chars().all(|c| c.is_ascii_alphabetic()) {
            word == name
        } else {
            word.starts_with(name) || word.ends_with(name)
        }
    };
    CURRENCIES
        .iter()
        .find(|(name, _)| is(&word_after, name) || is(word_before, name))
        .map_or(Kind::Plain, |(_, code)| Kind::Money(code))
}

/// A figure without what only groups it: `4,500.00` → `4500`, `1,5` → `1.5`; dates and times stay.
fn value(run: &str) -> String {
    let run: String = run.chars().map(|c| if matches!(c, '\u{a0}' | '\u{202f}' | '’') { '\'' } else { c }).collect();
    if run.contains([':', '/', '-']) {
        return run;
    }
    let Some((whole, last)) = run.rsplit_once(['.', ',', '\'']) else {
        return run.trim_start_matches('0').to_owned() + zero(&run);
    };
    let groups: Vec<&str> = run.split(['.', ',', '\'']).collect();
    let grouped =
        |groups: &[&str]| groups.iter().skip(1).all(|g| g.len() == 3) && groups.first().is_some_and(|g| g.len() <= 3);
    let bare = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let but_last = groups.get(..groups.len() - 1).unwrap_or_default();
    match last.len() {
        _ if grouped(&groups) => bare(&run),
        1 | 2 if grouped(but_last) && last.chars().all(|c| c == '0') => bare(whole),
        1 | 2 if grouped(but_last) => format!("{}.{last}", bare(whole)),
        _ => run,
    }
}

/// Nothing but zeros is a zero.
fn zero(run: &str) -> &'static str {
    if run.chars().all(|c| c == '0') { "0" } else { "" }
}

/// Figures of full width as ASCII.
fn narrow(text: &str) -> String {
    let ascii = |c: char| match c {
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10).unwrap_or(c),
        '，' => ',',
        '：' => ':',
        '％' => '%',
        other => other,
    };
    text.chars().map(ascii).collect()
}

/// The words of a text with their punctuation: split at blanks, each with what clings to it.
pub(super) fn raw_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || matches!(c, '、' | '。' | '「' | '」' | '<' | '>' | '"' | '“' | '”'))
        .filter(|w| !w.is_empty())
}

/// A word without the punctuation around it and the `'s` behind it.
pub(super) fn bare(word: &str) -> &str {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    ["'s", "’s", "s'", "s’"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word)
}

/// True for a web or mail address, or what a mail program would make one of (`www.x.example`, `x.example/path`).
pub(super) fn is_address(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '/');
    let lower = word.to_lowercase();
    if lower.contains("://") || lower.starts_with("www.") || lower.starts_with("mailto:") || lower.starts_with("data:")
    {
        return true;
    }
    if word.contains('@') {
        return true;
    }
    let host = lower.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let labels: Vec<&str> = host.split('.').collect();
    let top = labels.last().copied().unwrap_or_default();
    labels.len() >= 2
        && labels.iter().all(|l| !l.is_empty() && l.chars().all(|c| c.is_alphanumeric() || c == '-'))
        && top.len() >= 2
        && top.chars().all(char::is_alphabetic)
        && host.chars().any(|c| c.is_ascii_alphabetic())
        // A sentence that ends without a blank (`tomorrow.We`) is none, a known ending is.
        && (lower.contains('/') || ENDINGS.contains(&top) || labels.len() >= 3)
}

const ENDINGS: &[&str] = &[
    "com", "org", "net", "edu", "gov", "io", "co", "de", "fr", "es", "it", "nl", "uk", "eu", "jp", "cn", "ch", "at",
    "be", "us", "info", "biz", "dev", "app", "xyz", "example", "test", "invalid", "link", "site", "online", "top",
    "ru", "me", "ly",
];

/// Addresses are compared without regard to case, and to what a sentence puts behind them.
pub(super) fn address_key(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric() && c != '/').trim_end_matches('/').to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_with_what_they_count() {
        let plain = |v: &str| Figure { value: v.into(), kind: Kind::Plain };
        let eur = |v: &str| Figure { value: v.into(), kind: Kind::Money("EUR") };
        for (text, found) in [
            ("4,500 EUR or €4.500,00", vec![eur("4500"), eur("4500")]),
            ("room 12, at 14:30", vec![plain("12"), plain("14:30")]),
            ("the 12th, 1.5 l", vec![plain("12"), plain("1.5")]),
            ("10 % and 10", vec![Figure { value: "10".into(), kind: Kind::Percent }, plain("10")]),
            ("A4 paper", vec![plain("a4")]),
            ("2026-01-09", vec![plain("2026-01-09")]),
            ("３００円", vec![Figure { value: "300".into(), kind: Kind::Money("JPY") }]),
            ("1.234.567", vec![plain("1234567")]),
            ("no figure", vec![]),
        ] {
            assert_eq!(figures(text), found, "{text}");
        }
    }

    #[test]
    fn addresses() {
        for (word, is) in [
            ("https://x.example/a?b", true),
            ("www.x.example", true),
            ("(x.example/path).", true),
            ("ada@example.com", true),
            ("evil.com", true),
            ("tomorrow.We", false),
            ("e.g.", false),
            ("3.5", false),
            ("plan.pdf", false),
        ] {
            assert_eq!(is_address(word), is, "{word}");
        }
    }
}
