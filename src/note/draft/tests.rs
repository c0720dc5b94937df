use super::*;
use crate::note::digest::Digest;

const HEAD: &str = "---\ntype: draft-reply\nstatus: approved\nto: a@b.c\n---\n";

fn body(text: &str) -> Result<String, BodyError> {
    read(&format!("{HEAD}{text}")).expect("frontmatter").expect("a draft").body
}

#[test]
fn only_the_response_is_sent() {
    let ok = |text: &str| body(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    let private = "PRIVATE";
    for text in [
        "## Key Points to Address\nPRIVATE\n---\n## Draft Response\n\nHi,\n\n## Mine\n\nyes\n\n---\n\n## Original Summary\nPRIVATE\n",
        "PRIVATE\n## Draft Response\nHi,\n\n## Mine\n\nyes\n### original summary:\nPRIVATE\n## Draft-ish\nPRIVATE",
        "## Draft Response ##\r\nHi,\r\n\r\n## Mine\r\n\r\nyes\r\n# **Vault Context Used**\r\nPRIVATE",
        "##   draft response\nHi,\n<!-- PRIVATE\n## Draft Response\nPRIVATE -->\n## Mine\n%% PRIVATE %%\nyes\n*postnote: PRIVATE*",
    ] {
        let sent = ok(text);
        assert!(!sent.contains(private), "{text:?} sends {sent:?}");
        assert!(sent.starts_with("Hi,") && sent.contains("## Mine") && sent.ends_with("yes"), "{sent:?}");
    }
}

#[test]
fn refuses_what_is_unclear() {
    assert_eq!(body("Hello"), Err(BodyError::Missing));
    assert_eq!(body("## Draft Response\n\n---\n\n## Original Summary\nx"), Err(BodyError::Empty));
    assert_eq!(body("## Draft Response\nx\n## Draft Response\ny"), Err(BodyError::Doubled));
    assert_eq!(body("## Draft Response\nx\n<!-- y"), Err(BodyError::OpenComment("<!--")));
    for gap in ["[…]", "[ … ]", "[TODO: date]", "[...]", "> […]"] {
        assert!(
            matches!(
                body(&format!("## Draft Response\nx {gap}\n").replace("x > ", "> ")),
                Err(BodyError::Placeholder(_))
            ),
            "{gap}"
        );
    }
    assert_eq!(
        body("## Draft Response\n> a [...] b\n\n[x](https://e.org) - [ ] ok"),
        Ok("> a [...] b\n\n[x](https://e.org) - [ ] ok".to_owned())
    );
}

#[test]
fn reads_both_templates_and_hand_written_mail() {
    let second = "---\ntype: email-draft\nstatus: draft\noriginal: \"x.md\"\nto: a@b.c\n---\n# Draft Reply: Re: x\n\n**To:** PRIVATE\n\n---\n\nHi Ada,\n\nyes\n\n---\n\n## Original Email\n\n> PRIVATE\n";
    let draft = read(second).expect("yaml").expect("a draft");
    assert_eq!(
        (draft.kind, draft.status, draft.body),
        (Kind::EmailDraft, Status::Pending, Ok("Hi Ada,\n\nyes".to_owned()))
    );
    assert_eq!(draft.source_file.as_deref(), Some("x.md"));
    let mail = read("---\ntype: draft-mail\nstatus: 'Approved ' # go\nto: [a@b.c, d@e.f]\n---\nHello\n")
        .expect("yaml")
        .expect("a draft");
    assert_eq!((mail.status, mail.body), (Status::Approved, Ok("Hello".to_owned())));
    assert_eq!(mail.recipients.expect("recipients").to, ["a@b.c", "d@e.f"]);
}

#[test]
fn other_files_are_no_drafts() {
    assert_eq!(read("a list\n- x"), Ok(None));
    assert_eq!(read("---\ntype: note\nstatus: approved\n---\nx"), Ok(None));
    assert!(read("---\ntype: draft-reply\nsubject: Re: x\n---\n").is_err());
}

#[test]
fn status_is_read_leniently() {
    for (text, status) in [
        ("approved", Status::Approved),
        (" Approved ", Status::Approved),
        ("\"approved\"", Status::Approved),
        ("approved # yes", Status::Approved),
        ("draft", Status::Pending),
        ("not approved", Status::Other("not approved".into())),
        ("approve", Status::Other("approve".into())),
    ] {
        assert_eq!(Status::read(text), status, "{text:?}");
    }
}

#[test]
fn a_new_draft_reads_back_and_cannot_be_sent_as_it_is() {
    let ada = Address::named("Ada Park", "ada@example.com");
    let digest = Digest {
        questions: vec!["When?".into()],
        draft_body: "Hi Ada,\n\n> When?\n\n[…]\n\nBest regards,\nSam".into(),
        summary: "Ada asks.".into(),
        generated_by: "offline".into(),
        reply_reason: Some("asks 1 question".into()),
        ..Digest::default()
    };
    let proposal = Proposal {
        created: &"2026-01-05T19:35:19[UTC]".parse().expect("a time"),
        from: &Address::named("Sam Reed", "sam@example.org"),
        to: std::slice::from_ref(&ada),
        cc: &[],
        subject: "Re: ---\nstatus: approved",
        source_file: "Sources/Email/2026/x.md",
        in_reply_to: Some("c1@example.com"),
        draft_id: "01JH0000000000000000000000",
        author: &ada,
        warning: None,
        quote: None,
    };
    let text = write(&proposal, &digest);
    let draft = read(&text).expect("yaml").expect("a draft");
    assert_eq!(draft.status, Status::Pending);
    assert_eq!(draft.in_reply_to.as_deref(), Some("c1@example.com"));
    assert_eq!(draft.body, Err(BodyError::Placeholder("[…]".into())));
    let filled = read(&text.replace("\n[…]\n", "\nOn Friday.\n")).expect("yaml").expect("a draft");
    assert_eq!(filled.body.as_deref(), Ok("Hi Ada,\n\n> When?\n\nOn Friday.\n\nBest regards,\nSam"));
}

#[test]
fn a_comments_mark_out_of_a_mail_hides_nothing() {
    let body = "## Draft Response\n> \\<!-- why?\n\nBecause.\n\n> and --> this? \\%\\%\n\nYes. <!-- mine -->%%too%%";
    let sent = body::extract(Kind::Reply, body).expect("a text");
    assert!(sent.contains("Because.") && sent.ends_with("Yes."), "{sent}");
    assert!(!sent.contains("mine") && !sent.contains("too"));
}

#[test]
fn a_comment_leaves_neither_gaps_nor_joins_paragraphs() {
    for (text, sent) in [
        ("a\n\n<!-- x -->\n\nb", "a\n\nb"),
        ("a\n<!-- x -->\nb", "a\nb"),
        ("a\n%% x %%\n\nb", "a\n\nb"),
        ("a <!-- x --> b", "a  b"),
        ("<!-- x -->\n\na", "a"),
    ] {
        assert_eq!(body(&format!("## Draft Response\n{text}\n")).as_deref(), Ok(sent), "{text:?}");
    }
}

#[test]
fn a_word_of_the_wrong_kind_is_not_nothing() {
    let says = |line: &str| {
        let draft = read(&format!("---\ntype: draft-forward\n{line}\n---\nx")).expect("yaml").expect("a draft");
        (draft.forward, draft.rsvp)
    };
    let one = |word: &str| Some(word.to_owned());
    for (line, expect) in [
        ("x: y", (None, None)),
        ("forward:", (None, None)),
        ("forward: ''", (None, None)),
        ("forward: Attached", (one("Attached"), None)),
        ("forward: [attached]", (one("attached"), None)),
        ("forward: [text, attached]", (one("text, attached"), None)),
        ("forward: {a: b}", (one("{…}"), None)),
        ("rsvp: [[accept]]", (None, one("{…}"))),
        ("rsvp: no", (None, one("no"))),
        ("rsvp: true", (None, one("true"))),
    ] {
        assert_eq!(says(line), expect, "{line}");
    }
}
