//! What `postnote run` hears → what its owner is told beyond the vault.
//!
//! A notice says how many, and at most whom it is about and the subject: no other word of a mail leaves the vault by it.

use super::printable;
use crate::config::{Config, Notify};
use crate::daemon::News;
use crate::note::frontmatter;
use crate::notice::{self, Kind, Notice};
use crate::vault::Vault;

/// So many subjects stand in one notice.
const MOST: usize = 3;

/// Tells it, beside everything else.
pub(super) fn tell(config: &Config, news: &News<'_>) {
    if !config.notify.is_on() {
        return;
    }
    let vault = Vault::open(&config.vault).ok();
    let about = |path: &str| {
        let text = vault.as_ref()?.read(path).ok()?;
        let (front, _) = frontmatter::parse(&text).ok()?;
        let who = front.list("to").unwrap_or_default().first().map(|to| name(to).to_owned());
        Some([who, front.text("subject")].into_iter().flatten().collect::<Vec<_>>().join(": "))
    };
    for notice in notices(news, &config.notify, &about) {
        let notify = config.notify.clone();
        tokio::spawn(async move {
            for problem in notice::give(&notify, &notice).await {
                tracing::warn!("{}", printable(&problem));
            }
        });
    }
}

fn name(address: &str) -> &str {
    let name = address.split('<').next().unwrap_or(address).trim().trim_matches('"');
    if name.is_empty() { address } else { name }
}

/// `about`: whom a draft is to and its subject.
fn notices(news: &News<'_>, wanted: &Notify, about: &dyn Fn(&str) -> Option<String>) -> Vec<Notice> {
    let mut notices = Vec::new();
    let mut add = |kind: Kind, title: String, text: String| {
        if if kind == Kind::Drafts { wanted.drafts } else { wanted.failures } {
            notices.push(Notice { kind, title: printable(&title), text: printable(&text) });
        }
    };
    let listed = |paths: &[&str]| {
        if !wanted.subjects {
            return "`postnote status` lists them".to_owned();
        }
        let mut lines: Vec<String> = paths.iter().take(MOST).map(|path| about(path).unwrap_or_default()).collect();
        lines.retain(|line| !line.is_empty());
        if paths.len() > MOST {
            lines.push(format!("and {} more", paths.len() - MOST));
        }
        lines.join("\n")
    };
    match news {
        News::Pass(Ok(outcome), _) => {
            let pulled = outcome.pulled.iter().filter_map(|(_, pulled)| pulled.as_ref().ok());
            let drafts: Vec<&str> = pulled.flat_map(|pulled| &pulled.drafts).map(String::as_str).collect();
            match drafts.len() {
                0 => {}
                1 => add(Kind::Drafts, "A draft to approve".to_owned(), listed(&drafts)),
                n => add(Kind::Drafts, format!("{n} drafts to approve"), listed(&drafts)),
            }
            let stuck = outcome.posted.problems.iter().filter_map(|p| p.get(..p.find(".md: ")? + 3));
            let stuck: Vec<&str> = stuck.collect();
            match stuck.len() {
                0 => {}
                1 => add(Kind::Failure, "A draft was not sent".to_owned(), listed(&stuck)),
                n => add(Kind::Failure, format!("{n} drafts were not sent"), listed(&stuck)),
            }
            for (account, error) in outcome.pulled.iter().filter_map(|(name, p)| Some((name, p.as_ref().err()?))) {
                if crate::login::needs_owner(error) {
                    let text = format!(
                        "Its login does not work. `postnote status` says more, `postnote login {account}` mends it."
                    );
                    add(Kind::Failure, format!("The account {account} needs you"), text);
                }
            }
        }
        News::Pass(Err(e), _) => add(Kind::Failure, "postnote cannot sync".to_owned(), super::words::words(e)),
        News::Down { account, why } => add(Kind::Failure, format!("The account {account} is down"), (*why).to_owned()),
        News::Back { account } => {
            add(Kind::Failure, format!("The account {account} is back"), "It syncs as before.".to_owned());
        }
    }
    notices
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbound::Pulled;
    use crate::outbound::Posted;
    use crate::pass::Outcome;

    #[test]
    fn say_how_many_and_at_most_whom_and_what_about() {
        let drafts: Vec<String> = (1..=5).map(|n| format!("Outbox/{n}.md")).collect();
        let pulled = Pulled { drafts, ..Pulled::default() };
        let problems = vec!["Outbox/a.md: the gap \"[secret words…]\" is not filled in".to_owned(), "else".to_owned()];
        let outcome = Ok(Outcome {
            pulled: vec![("work".to_owned(), Ok(pulled))],
            posted: Posted { problems, ..Posted::default() },
            ..Outcome::default()
        });
        let mut wanted = Notify { desktop: true, command: None, drafts: true, failures: true, subjects: true };
        let news = News::Pass(&outcome, None);
        let about = |path: &str| Some(format!("Ada: {path}"));
        let said = notices(&news, &wanted, &about);
        let [drafts, failure] = &said[..] else { panic!("{said:?}") };
        assert_eq!(drafts.title, "5 drafts to approve");
        assert_eq!(drafts.text, "Ada: Outbox/1.md\nAda: Outbox/2.md\nAda: Outbox/3.md\nand 2 more");
        assert_eq!((failure.title.as_str(), failure.text.as_str()), ("A draft was not sent", "Ada: Outbox/a.md"));
        wanted.subjects = false;
        let quiet = notices(&news, &wanted, &about);
        assert!(
            quiet.iter().all(|notice| !notice.text.contains("Ada") && !notice.text.contains("secret")),
            "{quiet:?}"
        );
        (wanted.drafts, wanted.failures) = (false, false);
        assert_eq!(notices(&news, &wanted, &about), []);
        assert_eq!(name("\"Ada Park\" <ada@example.com>"), "Ada Park");
        assert_eq!(name("<ada@example.com>"), "<ada@example.com>");
    }
}
