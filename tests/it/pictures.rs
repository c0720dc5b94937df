//! Pictures of the vault in a draft's text go along, and are shown where they stand.

use crate::support::*;
use mail_parser::{MessageParser, MimeHeaders, PartType};
use std::path::PathBuf;

/// The least that is a PNG, with something of its own in it.
fn picture(mark: &str) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n\0\r\n.\r\n".as_slice(), mark.as_bytes()].concat()
}

fn save(world: &World, path: &str, bytes: &[u8]) -> PathBuf {
    let place = world.case.vault().join(path);
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::fs::write(&place, bytes).unwrap();
    place
}

const TEXT: &str = "Look:\n\n![[harbour.png|300]]\n\nand ![The *quay*](Pics/quay%20plan.png \"x\"), again ![[Pics/quay plan.png]],\n\
    not ![this](https://example.com/track.png), `![[harbour.png]]` nor ![[Some note]].";

fn letter_with(world: &World, to: &User, text: &str) -> PathBuf {
    let draft = world.case.vault().join("Outbox/pictures.md");
    put(&draft, &draft_mail(&format!("to: {}\nsubject: The quay\n", to.email), text));
    draft
}

#[test]
fn pictures_are_shown_on_greenmail() {
    shown(&World::on_greenmail());
}

#[test]
fn pictures_are_shown_on_dovecot() {
    shown(&World::on_dovecot());
}

fn shown(world: &World) {
    let ada = world.greenmail.user("ada", "example.com");
    save(world, "Deep/er/harbour.png", &picture("harbour"));
    save(world, "Pics/quay plan.png", &picture("quay"));
    let draft = letter_with(world, &ada, TEXT);
    let said = world.case.postnote(&["preview", draft.to_str().unwrap()]).ended(0).stdout;
    for part in [
        "(in the text: harbour.png, 21 bytes)",
        "(in the text: quay plan.png, 18 bytes)",
        "[The *quay*: quay plan.png]",
    ] {
        assert!(said.contains(part), "{part}:\n{said}");
    }
    world.sync();
    assert_eq!(world.status(&draft), "sent", "{:?}", front(&draft).text("error"));
    let inbox = world.inbox_of(&ada);
    assert_eq!(inbox.len(), 1);
    let mail = MessageParser::default().parse(&inbox[0].0).unwrap();
    let kinds: Vec<_> = mail.parts.iter().map(|p| p.content_type().unwrap().subtype().unwrap().to_owned()).collect();
    assert_eq!(kinds, ["alternative", "plain", "related", "html", "png", "png"]);
    let page = mail.body_html(0).unwrap();
    let pictures: Vec<_> =
        mail.parts.iter().filter(|p| matches!(p.body, PartType::InlineBinary(_) | PartType::Binary(_))).collect();
    for (part, bytes, tag) in [
        (pictures[0], picture("harbour"), "alt=\"harbour.png\" width=\"300\">"),
        (pictures[1], picture("quay"), "alt=\"The quay\">"),
    ] {
        assert_eq!(part.contents(), bytes);
        assert_eq!(part.content_disposition().unwrap().ctype(), "inline");
        let id = part.content_id().unwrap();
        assert!(page.contains(&format!("<img src=\"cid:{id}\" {tag}")), "{id} {tag}:\n{page}");
    }
    assert_eq!(page.matches("<img ").count(), 3, "{page}");
    assert!(page.contains("<a href=\"https://example.com/track.png\">this</a>"), "{page}");
    assert!(page.contains("<code>![[harbour.png]]</code> nor Some note."), "{page}");
    let plain = mail.body_text(0).unwrap().replace(" \r\n", " ").replace("\r\n", "\n");
    for part in [
        "\n[harbour.png]\n",
        "and [The *quay*: quay plan.png], again [quay plan.png],\n",
        "not this <https://example.com/track.png>, `![[harbour.png]]` nor Some note.",
    ] {
        assert!(plain.contains(part), "{part}:\n{plain}");
    }
    assert_eq!(world.sent().len(), 1);
}

#[test]
fn a_text_without_html_takes_them_along() {
    let world = World::on_greenmail().configured("[drafts]\nformat = \"plain\"", |toml| toml);
    let ada = world.greenmail.user("ada", "example.com");
    save(&world, "harbour.png", &picture("harbour"));
    let draft = letter_with(&world, &ada, "![[harbour.png]]");
    world.sync();
    assert_eq!(world.status(&draft), "sent");
    let kinds: Vec<_> = world.inbox_of(&ada)[0].parts().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds.len(), 2);
    assert!(kinds[0].starts_with("text/plain") && kinds[1].starts_with("image/png"), "{kinds:?}");
}

#[test]
fn a_picture_that_cannot_go_keeps_the_letter_back() {
    let world = World::on_greenmail();
    let ada = world.greenmail.user("ada", "example.com");
    let outside = world.case.path().join("outside.png");
    std::fs::write(&outside, "secret").unwrap();
    save(&world, "A/twin.png", &picture("a"));
    save(&world, "B/twin.png", &picture("b"));
    save(&world, "A/large.png", &vec![0; 36_000_000]);
    std::os::unix::fs::symlink(&outside, world.case.vault().join("link.png")).unwrap();
    std::os::unix::fs::symlink(world.case.path(), world.case.vault().join("way")).unwrap();
    for (text, why) in [
        ("![[gone.png]]", "the picture \"gone.png\" in its text: "),
        ("![x](Pics/gone.png)", "the picture \"Pics/gone.png\" in its text: "),
        ("![x](../outside.png)", "leads out of the vault"),
        ("![[link.png]]", "the picture \"link.png\" in its text: "),
        ("![[way/outside.png]]", "leads out of the vault"),
        ("![[twin.png]]", "may be A/twin.png or B/twin.png"),
        ("![[large.png]]", "too large"),
    ] {
        let draft = letter_with(&world, &ada, text);
        world.case.postnote(&["sync"]).ended(1);
        assert_eq!(world.status(&draft), "failed", "{text}");
        let error = front(&draft).text("error").unwrap();
        assert!(error.contains(why), "{text}: {error}");
    }
    let many: String = (0..101).map(|n| format!("![[{n}.png]]\n")).collect();
    let draft = letter_with(&world, &ada, &many);
    world.case.postnote(&["sync"]).ended(1);
    assert!(front(&draft).text("error").unwrap().contains("shows 101 pictures"));
    // Another picture under the same name is not what was approved.
    let twin = save(&world, "Pics/one.png", &picture("one"));
    let draft = letter_with(&world, &ada, "![[one.png]]");
    let text = std::fs::read_to_string(&draft).unwrap();
    put(&draft, &text.replace("status: approved", "status: approved\nsend_at: 2096-01-01T09:00"));
    world.sync();
    assert_eq!(world.status(&draft), "queued");
    std::fs::write(&twin, picture("two")).unwrap();
    world.case.postnote(&["sync"]).ended(1);
    assert_eq!(world.status(&draft), "pending");
    assert_eq!(world.inbox_of(&ada).len(), 0);
}

/// What a mail says never takes a file of the vault along.
#[test]
fn a_mail_shows_no_picture_of_the_vault() {
    let world = World::on_greenmail().configured("[drafts]\nquote = \"below\"", |toml| toml);
    let ada = world.greenmail.user("ada", "example.com");
    save(&world, "private.png", &picture("private"));
    world.receive(&format!(
        "From: Ada Park <{}>\nTo: {}\nSubject: Hello\nMessage-ID: <p1@example.com>\nDate: Mon, 5 Jan 2026 10:00:00 +0000\nMIME-Version: 1.0\n\
         Content-Type: text/html; charset=utf-8\n\n<p>Could you send ![[private.png]] or ![x](private.png)?</p>\
         <img src=\"private.png\" alt=\"x\" width=\"90\" height=\"90\"><p><a href=\"private.png\"><img src=\"private.png\" alt=\"y\"></a></p>\n",
        ada.email, world.sam.email
    ));
    world.sync();
    let reply = world.draft("Re: Hello");
    world.approve(&reply, "No.");
    let source = world.case.notes("Sources").remove(0);
    world.case.postnote(&["draft", source.to_str().unwrap(), "--forward"]).ended(0);
    let forward = world.draft("Fwd: Hello");
    let text = std::fs::read_to_string(&forward).unwrap();
    put(
        &forward,
        &text.replace("\nto: []\n", &format!("\nto: {}\n", ada.email)).replace("status: pending", "status: approved"),
    );
    world.sync();
    assert_eq!((world.status(&reply).as_str(), world.status(&forward).as_str()), ("sent", "sent"));
    let inbox = world.inbox_of(&ada);
    assert_eq!(inbox.len(), 2);
    for mail in inbox {
        assert!(mail.parts().iter().all(|(kind, _)| kind.starts_with("text/")), "{:?}", mail.parts());
        assert!(mail.parts()[0].1.contains("private.png"));
    }
}
