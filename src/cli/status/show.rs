//! A report → lines for people: first what needs attention, then what waits for approval, then how it all fares.

use super::super::printable;
use super::super::screen::{Screen, Tone};
use super::gather::{AccountStatus, DraftStatus, ModelStatus, Report};
use crate::mail::Address;
use jiff::civil::DateTime;
use jiff::{SignedDuration, Zoned};

/// So many drafts of a kind are shown; `--json` has all.
const MOST: usize = 20;

/// Lines as wide as the screen, or as long as they like.
pub(super) fn lines(report: &Report, now: &Zoned, screen: &Screen) -> Vec<String> {
    let mut page = Page { lines: Vec::new(), screen };
    if !report.attention.is_empty() {
        page.heading("Needs attention", Tone::Alarm);
        for line in &report.attention {
            page.item(Tone::Plain, line);
        }
    }
    drafts(report, now, &mut page);
    page.heading("Accounts", Tone::Heading);
    for one in &report.accounts {
        account(one, now, &mut page);
    }
    let listens =
        if report.running { "postnote run is at work" } else { "postnote run is not at work: nothing syncs by itself" };
    page.item(Tone::Faint, listens);
    if !report.outbox.is_empty() {
        let states: Vec<_> = report.outbox.iter().map(|(state, n)| format!("{n} {state}")).collect();
        page.heading("Outbox", Tone::Heading);
        page.item(Tone::Plain, &states.join(", "));
    }
    if let Some(one) = &report.model {
        page.heading("Model", Tone::Heading);
        model(one, &mut page);
    }
    page.lines.push(String::new());
    for (what, path) in [("Vault", &report.vault), ("State", &report.state)] {
        page.lines.extend(screen.lines(0, Tone::Faint, &format!("{what}  {}", printable(path))));
    }
    page.lines
}

struct Page<'a> {
    lines: Vec<String>,
    screen: &'a Screen,
}

impl Page<'_> {
    fn heading(&mut self, text: &str, tone: Tone) {
        if !self.lines.is_empty() {
            self.lines.push(String::new());
        }
        self.lines.push(self.screen.line(0, tone, text));
    }

    fn item(&mut self, tone: Tone, text: &str) {
        self.lines.extend(self.screen.lines(2, tone, &printable(text).replace('\n', " ")));
    }
}

fn drafts(report: &Report, now: &Zoned, page: &mut Page<'_>) {
    let of = |status: &str| report.drafts.get(status).map(Vec::as_slice).unwrap_or_default();
    let waiting = of("pending");
    page.heading(&format!("To approve: {}", waiting.len()), Tone::Heading);
    if waiting.is_empty() {
        page.item(Tone::Faint, "nothing");
    }
    for draft in waiting.iter().take(MOST) {
        let mark = match draft.urgency.as_deref().map(str::trim) {
            Some(urgency @ ("urgent" | "low")) => format!(" ({urgency})"),
            _ => String::new(),
        };
        let age =
            draft.created.as_deref().and_then(|at| ago(at, now)).map(|ago| format!(", {ago}")).unwrap_or_default();
        let tone = if mark.contains("urgent") { Tone::Care } else { Tone::Plain };
        page.item(tone, &format!("{}{mark}", title(draft)));
        page.lines.extend(page.screen.lines(4, Tone::Faint, &printable(&format!("{}{age}", draft.note))));
    }
    more(waiting.len(), page);
    let leaving = ["approved", "queued", "sending"].map(|status| (status, of(status)));
    let count: usize = leaving.iter().map(|(_, list)| list.len()).sum();
    if count > 0 {
        page.heading(&format!("On their way: {count}"), Tone::Heading);
        for (status, draft) in leaving.iter().flat_map(|(s, list)| list.iter().map(move |d| (s, d))).take(MOST) {
            let when = draft.sends_at.as_deref().map(|at| format!(", not before {}", day_and_time(at, now)));
            page.item(Tone::Plain, &format!("{}: {status}{}", title(draft), when.unwrap_or_default()));
            page.lines.extend(page.screen.lines(4, Tone::Faint, &printable(&draft.note)));
        }
        more(count, page);
    }
    let rest = report.drafts.iter().filter(|(s, _)| *s != "pending" && leaving.iter().all(|(l, _)| l != s));
    let rest: Vec<String> = rest.map(|(status, list)| format!("{} {}", list.len(), printable(status))).collect();
    if !rest.is_empty() {
        page.heading("Other drafts", Tone::Heading);
        page.item(Tone::Plain, &rest.join(", "));
    }
}

fn more(count: usize, page: &mut Page<'_>) {
    if count > MOST {
        page.item(Tone::Faint, &format!("and {} more (postnote status --json)", count - MOST));
    }
}

fn title(draft: &DraftStatus) -> String {
    let subject = draft.subject.as_deref().filter(|s| !s.trim().is_empty()).unwrap_or("(no subject)");
    // What is no address is shown as it stands: sending will say what is wrong with it.
    let label = |to: &String| Address::parse(to).map_or_else(|_| to.clone(), |address| address.label().to_owned());
    let to: Vec<String> = draft.to.iter().map(label).collect();
    match to.as_slice() {
        [] => subject.to_owned(),
        [one] => format!("{subject}, to {one}"),
        [one, rest @ ..] => format!("{subject}, to {one} and {} more", rest.len()),
    }
}

fn account(account: &AccountStatus, now: &Zoned, page: &mut Page<'_>) {
    let AccountStatus { name, email, last_sync, next_sync, error, source_notes } = account;
    let last = match last_sync {
        None => "never synced".to_owned(),
        Some(at) => {
            let ago = ago(at, now).map(|ago| format!(" ({ago})")).unwrap_or_default();
            let tried = if error.is_some() { "last tried" } else { "last sync" };
            format!("{tried} {}{ago}", day_and_time(at, now))
        }
    };
    let next = next_sync.as_deref().map(|at| format!("; next at {}", day_and_time(at, now))).unwrap_or_default();
    let notes = if *source_notes == 1 { "1 source note".to_owned() } else { format!("{source_notes} source notes") };
    let tone = if error.is_some() { Tone::Alarm } else { Tone::Plain };
    page.item(tone, &format!("{name} ({email}): {last}{next}; {notes}"));
}

fn model(model: &ModelStatus, page: &mut Page<'_>) {
    let most = model.tokens_per_day.map(|most| format!(" of {most}")).unwrap_or_default();
    let (name, tokens) = (&model.name, model.tokens_today);
    page.item(Tone::Plain, &format!("{name}: {tokens}{most} tokens today, {} asked", model.questions_today));
    let why = model.why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
    match model.waiting {
        0 => {}
        1 => page.item(Tone::Care, &format!("1 message waits for it{why}")),
        n => page.item(Tone::Care, &format!("{n} messages wait for it{why}")),
    }
}

/// The time, with its day unless that is today.
fn day_and_time(at: &str, now: &Zoned) -> String {
    match at.parse::<DateTime>() {
        Ok(time) if time.date() == now.date() => time.strftime("%H:%M").to_string(),
        Ok(time) => time.strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => at.to_owned(),
    }
}

/// How long ago that was, in words; `None` for what is to come.
fn ago(at: &str, now: &Zoned) -> Option<String> {
    let at = at.parse::<DateTime>().ok()?;
    let since: SignedDuration = now.datetime().duration_since(at);
    let (minutes, hours) = (since.as_mins(), since.as_hours());
    let count = |n: i64, what: &str| format!("{n} {what}{} ago", if n == 1 { "" } else { "s" });
    Some(match () {
        () if since.is_negative() => return None,
        () if minutes == 0 => "just now".to_owned(),
        () if minutes < 60 => count(minutes, "minute"),
        () if hours < 48 => count(hours, "hour"),
        () => count(hours / 24, "day"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_words() {
        let now: Zoned = "2026-03-02T12:00:00[UTC]".parse().expect("a time");
        for (at, words) in [
            ("2026-03-02T11:59:30", Some("just now")),
            ("2026-03-02T11:58:30", Some("1 minute ago")),
            ("2026-03-02T10:00:00", Some("2 hours ago")),
            ("2026-02-28T10:00:00", Some("2 days ago")),
            ("2026-03-02T12:00:01", None),
            ("soon", None),
        ] {
            assert_eq!(ago(at, &now).as_deref(), words, "{at}");
        }
        assert_eq!(day_and_time("2026-03-02T09:05:00", &now), "09:05");
        assert_eq!(day_and_time("2026-03-03T09:05", &now), "2026-03-03 09:05");
        assert_eq!(day_and_time("tomorrow", &now), "tomorrow");
    }
}
