//! The pages that show all of the mail's notes at a glance: `Mail.base` (Obsidian Bases) and `Mail.md` (the plugins
//! Dataview and Tasks).
//!
//! `Mail.base` keeps to what Obsidian documents (help: "Bases syntax"; `sort` as its API's `BasesSortConfig`), and to
//! filters that its own menus can show: one comparison each, joined by `and` and `or`.
//!
//! What enters are the folders of the config; what leaves is text. Each page ends in a line with the hash of what stands
//! above it: as long as that fits, nobody has changed the page, and only then may a newer text replace it.

use crate::mail::hash::short;

/// The folders that the pages look into, inside the vault.
#[derive(Debug, Clone, Copy)]
pub struct Folders<'a> {
    /// Drafts.
    pub outbox: &'a str,
    /// Source notes; may be a template.
    pub sources: &'a str,
}

/// A page: where it lies in the vault, and what stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its path.
    pub path: &'static str,
    /// Its text.
    pub text: String,
}

/// How the last line begins, and how it ends.
const MARKS: [(&str, &str, &str); 2] = [("Mail.md", "%% ", " %%"), ("Mail.base", "# ", "")];
const KEPT: &str = "postnote keeps this page up to date for as long as nobody changes it:";

/// Both pages.
pub fn pages(folders: Folders<'_>) -> [Page; 2] {
    let sources = fixed(folders.sources);
    MARKS.map(|(path, open, close)| {
        let text = match path {
            "Mail.base" => base(folders.outbox, &sources),
            _ => markdown(folders.outbox),
        };
        let mark = format!("{open}{KEPT} {}{close}\n", short(&text, 16));
        Page { path, text: text + &mark }
    })
}

/// True while nobody has changed a page, whichever postnote wrote it.
pub fn is_ours(text: &str) -> bool {
    let Some((above, mark)) = text.trim_end().rsplit_once('\n') else { return false };
    let hash = mark.split_once(KEPT).map(|(_, rest)| rest.trim_end_matches("%%").trim());
    hash == Some(short(format!("{above}\n"), 16).as_str())
}

/// The part of a folder's template that is always the same.
fn fixed(template: &str) -> String {
    template.split('/').take_while(|part| !part.contains("{{")).collect::<Vec<_>>().join("/")
}

/// Text between double quotes, in the languages of both plugins.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn base(outbox: &str, sources: &str) -> String {
    let yaml = |expression: String| format!("'{}'", expression.replace('\'', "''"));
    let outbox = yaml(format!("file.inFolder({})", quoted(outbox)));
    let sources = yaml(format!("file.inFolder({})", quoted(sources)));
    let anywhere = yaml("file.ext == \"md\"".to_owned());
    let mut out = String::from(
        "properties:\n  \
         file.name:\n    displayName: Note\n  \
         note.urgency:\n    displayName: Urgency\n  \
         note.subject:\n    displayName: Subject\n  \
         note.to:\n    displayName: To\n  \
         note.from:\n    displayName: From\n  \
         note.reason:\n    displayName: Why\n  \
         note.status:\n    displayName: Status\n  \
         note.error:\n    displayName: What is wrong\n  \
         note.created:\n    displayName: Since\n  \
         note.send_at:\n    displayName: Not before\n  \
         note.sent_at:\n    displayName: Sent\n  \
         note.received:\n    displayName: Received\n  \
         note.date:\n    displayName: Since\n\
         views:\n",
    );
    for view in [
        View {
            name: "To approve",
            folder: &outbox,
            filters: &[&["status == \"pending\"", "status == \"draft\""]],
            // Backwards: urgent, normal, low.
            group: Some(("note.urgency", "DESC")),
            columns: &["file.name", "note.subject", "note.to", "note.reason", "note.created"],
            sort: ("note.created", "ASC"),
            limit: None,
        },
        View {
            name: "Needs attention",
            folder: &outbox,
            filters: &[&["status == \"uncertain\"", "status == \"failed\"", "status == \"conflict\""]],
            group: None,
            columns: &["file.name", "note.status", "note.error", "note.subject", "note.to"],
            sort: ("note.status", "DESC"),
            limit: None,
        },
        View {
            name: "On their way",
            folder: &outbox,
            filters: &[&["status == \"approved\"", "status == \"queued\"", "status == \"sending\""]],
            group: None,
            columns: &["file.name", "note.subject", "note.to", "note.status", "note.send_at"],
            sort: ("note.send_at", "ASC"),
            limit: None,
        },
        View {
            name: "Awaiting replies",
            // They lie beside the notes about people; a sent mail's own note among the sources.
            folder: &anywhere,
            filters: &[&["triage == \"awaiting-reply\""]],
            group: None,
            columns: &["file.name", "note.subject", "note.to", "note.date"],
            sort: ("note.date", "ASC"),
            limit: None,
        },
        View {
            name: "New mail",
            folder: &sources,
            filters: &[&["type == \"email\""], &["triage != \"bulk\""], &["triage != \"automatic\""]],
            group: None,
            columns: &["file.name", "note.subject", "note.from", "note.received"],
            sort: ("note.received", "DESC"),
            limit: Some(50),
        },
        View {
            name: "Sent",
            folder: &outbox,
            filters: &[&["status == \"sent\""]],
            group: None,
            columns: &["file.name", "note.subject", "note.to", "note.sent_at"],
            sort: ("note.sent_at", "DESC"),
            limit: Some(50),
        },
    ] {
        view.write(&mut out, &yaml);
    }
    out
}

struct View<'a> {
    name: &'a str,
    folder: &'a str,
    /// All of them; of each any one.
    filters: &'a [&'a [&'a str]],
    group: Option<(&'a str, &'a str)>,
    columns: &'a [&'a str],
    sort: (&'a str, &'a str),
    limit: Option<u32>,
}

impl View<'_> {
    fn write(&self, out: &mut String, yaml: &dyn Fn(String) -> String) {
        let View { name, folder, filters, group, columns, sort: (by, direction), limit } = self;
        out.push_str(&format!("  - type: table\n    name: {name}\n    filters:\n      and:\n        - {folder}\n"));
        for any in *filters {
            match any {
                [only] => out.push_str(&format!("        - {}\n", yaml((*only).to_owned()))),
                several => {
                    out.push_str("        - or:\n");
                    for one in *several {
                        out.push_str(&format!("            - {}\n", yaml((*one).to_owned())));
                    }
                }
            }
        }
        if let Some((group, direction)) = group {
            out.push_str(&format!("    groupBy:\n      property: {group}\n      direction: {direction}\n"));
        }
        out.push_str("    order:\n");
        for column in *columns {
            out.push_str(&format!("      - {column}\n"));
        }
        out.push_str(&format!("    sort:\n      - property: {by}\n        direction: {direction}\n"));
        if let Some(limit) = limit {
            out.push_str(&format!("    limit: {limit}\n"));
        }
    }
}

fn markdown(outbox: &str) -> String {
    let outbox = quoted(outbox);
    format!(
        r#"# Mail

*This page needs the community plugins Dataview and Tasks. [[Mail.base]] shows the same with what Obsidian has built in.*

## To approve

```dataview
TABLE WITHOUT ID file.link AS "Draft", urgency AS "Urgency", subject AS "Subject", to AS "To", reason AS "Why", created AS "Since"
FROM {outbox}
WHERE type AND contains(list("pending", "draft"), status)
SORT choice(urgency = "urgent", 1, choice(urgency = "low", 3, 2)) ASC, created ASC
```

## Needs attention

```dataview
TABLE WITHOUT ID file.link AS "Draft", status AS "Status", error AS "What is wrong"
FROM {outbox}
WHERE type AND contains(list("uncertain", "failed", "conflict"), status)
SORT status DESC
```

## On their way

```dataview
TABLE WITHOUT ID file.link AS "Draft", subject AS "Subject", to AS "To", status AS "Status", send_at AS "Not before"
FROM {outbox}
WHERE type AND contains(list("approved", "queued", "sending"), status)
SORT send_at ASC
```

## Awaiting replies

```dataview
TABLE WITHOUT ID file.link AS "Note", subject AS "Subject", to AS "To", date AS "Since"
WHERE triage = "awaiting-reply"
SORT date ASC
```

## Proposed tasks

Make one yours by changing `[?]` to `[ ]`; leave it for good with `[R]`.

```tasks
filter by function task.status.symbol === '?'
sort by due
group by filename
```

## Open tasks from mail

```tasks
not done
tags include #auto
filter by function task.status.symbol !== '?' && task.status.symbol !== 'R'
sort by due
```

"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_sound_and_know_when_they_were_changed() {
        let folders = Folders { outbox: "My \"Out\" box, Sam's", sources: "Sources/Email/{{ year }}/{{ month }}" };
        let [page, base] = pages(folders);
        let yaml: serde_yaml::Value = serde_yaml::from_str(&base.text).expect("YAML");
        let views = yaml["views"].as_sequence().expect("views");
        assert_eq!(views.len(), 6);
        // The keys that Obsidian documents, and no others.
        let keys = |value: &serde_yaml::Value| -> Vec<String> {
            value.as_mapping().expect("a mapping").keys().filter_map(|k| k.as_str().map(str::to_owned)).collect()
        };
        assert_eq!(keys(&yaml), ["properties", "views"]);
        for view in views {
            let known = ["type", "name", "filters", "groupBy", "order", "sort", "limit"];
            assert!(keys(view).iter().all(|key| known.contains(&key.as_str())), "{view:?}");
            assert_eq!(view["type"], "table");
            assert_eq!(keys(&view["sort"][0]), ["property", "direction"]);
            // A property goes by its kind, and has a name for people.
            let columns = view["order"].as_sequence().expect("columns").iter().chain([&view["sort"][0]["property"]]);
            for column in columns.filter_map(|c| c.as_str()) {
                assert!(column == "file.name" || column.starts_with("note."), "{column}");
                assert!(yaml["properties"][column]["displayName"].is_string(), "{column}");
            }
            // Each filter is one comparison: Obsidian's menu can show it.
            let all = view["filters"]["and"].as_sequence().expect("filters");
            let plain = all.iter().flat_map(|f| f["or"].as_sequence().cloned().unwrap_or_else(|| vec![f.clone()]));
            assert!(
                plain.filter_map(|f| f.as_str().map(str::to_owned)).all(|f| !f.contains("||") && !f.contains("&&"))
            );
            let folder = view["filters"]["and"][0].as_str().expect("a folder");
            let wanted = [
                r#"file.inFolder("My \"Out\" box, Sam's")"#,
                r#"file.inFolder("Sources/Email")"#,
                r#"file.ext == "md""#,
            ];
            assert!(wanted.contains(&folder), "{folder}");
        }
        assert!(page.text.contains(r#"FROM "My \"Out\" box, Sam's""#));
        assert_eq!(page.text.matches("```").count() % 2, 0);
        for page in pages(folders) {
            assert!(is_ours(&page.text), "{}", page.text);
            assert!(!is_ours(&page.text.replacen("Since", "Since when", 1)));
            assert!(!is_ours(&format!("{}\nMore.\n", page.text)));
            // Another postnote's words, or another folder.
            let other = &pages(Folders { outbox: "Outbox", sources: "S" });
            assert!(other.iter().all(|page| is_ours(&page.text)) && !other.contains(&page));
        }
        assert!(!is_ours("") && !is_ours("one line"));
    }
}
