//! What a source note shows of a delivery report or a read receipt: a table, in words.

use crate::mail::inert;
use crate::mail::message::{Fate, Report};
use jiff::tz::TimeZone;

/// The table, with the blank line below it.
pub(super) fn table(report: &Report, zone: &TimeZone) -> String {
    let mut out = "| What became of it | |\n| --- | --- |\n".to_owned();
    if !report.subject.is_empty() {
        out.push_str(&format!("| **Your mail** | {} |\n", inert::line(&report.subject)));
    }
    for fate in &report.fates {
        out.push_str(&format!("| **{}** | {} |\n", inert::line(&fate.recipient), words(fate, zone)));
    }
    out.push('\n');
    out
}

fn words(fate: &Fate, zone: &TimeZone) -> String {
    let action = match fate.action.as_str() {
        "failed" => "not delivered".to_owned(),
        "delayed" => "not delivered yet".to_owned(),
        "relayed" => "passed on; no more reports will come".to_owned(),
        "expanded" => "delivered, and passed on to others".to_owned(),
        "displayed" => "opened".to_owned(),
        "deleted" => "deleted unread".to_owned(),
        other => inert::line(other),
    };
    let until =
        fate.until.map(|at| format!(", tried until {}", at.to_zoned(zone.clone()).strftime("%A, %Y-%m-%d %H:%M")));
    // What a server says mostly begins with the code.
    let code = Some(&fate.status).filter(|status| !status.is_empty() && !fate.said.contains(*status));
    let code = code.map(|status| format!(" ({})", inert::line(status)));
    let said = Some(&fate.said).filter(|said| !said.is_empty()).map(|said| format!(": {}", inert::line(said)));
    [Some(action), until, code, said].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fates_in_words() {
        let fate = |action: &str, status: &str, said: &str| Fate {
            recipient: "a|b@example.org".into(),
            action: action.into(),
            status: status.into(),
            said: said.into(),
            until: (action == "delayed").then_some(jiff::Timestamp::UNIX_EPOCH),
        };
        let fates =
            vec![fate("failed", "5.1.1", "550 5.1.1 no | [x]"), fate("delayed", "4.4.7", ""), fate("[odd]", "", "")];
        let table = table(&Report { subject: "Hello".into(), fates }, &TimeZone::UTC);
        assert_eq!(
            table,
            "| What became of it | |\n| --- | --- |\n| **Your mail** | Hello |\n\
             | **a\\|b@example.org** | not delivered: 550 5.1.1 no \\| \\[x\\] |\n\
             | **a\\|b@example.org** | not delivered yet, tried until Thursday, 1970-01-01 00:00 (4.4.7) |\n\
             | **a\\|b@example.org** | \\[odd\\] |\n\n"
        );
    }
}
