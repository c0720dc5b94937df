//! What the vault knows, beside a draft: listed in its frontmatter, and folded below its text, where nothing is ever sent.

use super::reply::FOOTER;
use crate::mail::inert;
use crate::note::context::VaultContext;
use crate::note::frontmatter::Writer;

/// The notes that it is from, each once.
pub(super) fn links(context: &VaultContext) -> Vec<String> {
    let mut links: Vec<String> = Vec::new();
    for excerpt in &context.excerpts {
        let link = format!("[[{}]]", excerpt.note);
        if !links.contains(&link) {
            links.push(link);
        }
    }
    links
}

/// The draft with the context that informs it; as it is where there is none.
pub(super) fn with_context(draft: &str, context: &VaultContext) -> String {
    let end = format!("\n---\n\n{FOOTER}\n");
    let (Some(above), false) = (draft.strip_suffix(&end), context.excerpts.is_empty()) else { return draft.to_owned() };
    let links = links(context);
    let line = |links: &[String]| {
        let mut writer = Writer::default();
        writer.list("context_used", links);
        writer.finish().trim_matches(['-', '\n']).to_owned()
    };
    let mut out = above.replacen(&format!("\n{}\n", line(&[])), &format!("\n{}\n", line(&links)), 1);
    out.push_str("\n---\n\n## Vault Context Used\n\n> [!info]- Notes that inform this draft\n");
    for excerpt in &context.excerpts {
        out.push_str(&format!(">\n> **[[{}]]**\n", excerpt.note));
        for line in excerpt.text.lines().filter(|line| !line.trim().is_empty()) {
            let (mark, text) = match line.trim_start().strip_prefix("- ") {
                Some(item) => ("- ", item),
                None => ("", line.trim()),
            };
            // A line of its own, and no task: nothing here is to be ticked.
            out.push_str(&format!("> {mark}{}  \n", inert::line(text)));
        }
    }
    out + &end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::context::Excerpt;

    #[test]
    fn context_is_listed_and_folded_and_never_sent() {
        let draft = format!(
            "---\ntype: draft-reply\nstatus: pending\nto: [\"a@example.com\"]\ncontext_used: []\n---\n\n## Draft Response\n\nHi Ada\n\n---\n\n## Original Summary\n\nx\n\n---\n\n{FOOTER}\n"
        );
        let text = "Key facts:\n- [ ] She lives in <b>Lisbon</b>.\n## Draft Response\nSECRET";
        let excerpts = vec![Excerpt { note: "Ada Park".to_owned(), text: text.to_owned(), about: None }];
        let with = with_context(&draft, &VaultContext { excerpts });
        assert!(
            with.contains("\ncontext_used: [\"[[Ada Park]]\"]\n") && with.contains("\n> **[[Ada Park]]**\n"),
            "{with}"
        );
        let read = super::super::read(&with).expect("a note").expect("a draft");
        assert_eq!(read.body, Ok("Hi Ada".to_owned()));
        assert!(with.ends_with(&format!("\n---\n\n{FOOTER}\n")));
        assert_eq!(with_context(&draft, &VaultContext::default()), draft);
    }
}
