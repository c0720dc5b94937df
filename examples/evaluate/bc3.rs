//! `bc3mail`, `bc3acts` and `bc3ext` read a folder with a `corpus.xml`: threads of mails whose sentences are numbered.
//!
//! - `bc3mail` prints `{id: "listno/mail", request}`: whether the mail asks for something.
//! - `bc3acts` prints `{id: "listno/sentence", acts}`: `req` for a sentence that does.
//! - `bc3ext` prints `{id: listno, ranked}`: the thread's sentences, the most telling first.

use super::Outcome;
use postnote::assistant::offline::{asks, salience};
use serde_json::json;
use std::path::Path;

struct Thread {
    listno: String,
    mails: Vec<Mail>,
}

struct Mail {
    from: String,
    subject: String,
    sentences: Vec<(String, String)>,
}

pub(super) fn mails(input: &Path) -> Outcome {
    for thread in read(input)? {
        for (n, mail) in thread.mails.iter().enumerate() {
            let request = asked(mail).contains(&true);
            println!("{}", json!({"id": format!("{}/{}", thread.listno, n + 1), "request": request}));
        }
    }
    Ok(())
}

pub(super) fn acts(input: &Path) -> Outcome {
    for thread in read(input)? {
        for mail in &thread.mails {
            let asks = asked(mail);
            for ((id, _), asks) in mail.sentences.iter().zip(asks) {
                let acts: &[&str] = if asks { &["req"] } else { &[] };
                println!("{}", json!({"id": format!("{}/{id}", thread.listno), "acts": acts}));
            }
        }
    }
    Ok(())
}

/// What is known of each sentence: `{id, signs}`, for `scripts/train_asks.py`.
pub(super) fn signs(input: &Path) -> Outcome {
    for thread in read(input)? {
        for mail in &thread.mails {
            let mut previous = None;
            for (id, text) in &mail.sentences {
                let signs = asks::signs_of(text, previous);
                println!("{}", json!({"id": format!("{}/{id}", thread.listno), "signs": signs}));
                previous = Some(text.as_str());
            }
        }
    }
    Ok(())
}

pub(super) fn extract(input: &Path) -> Outcome {
    for thread in read(input)? {
        let subject = thread.mails.first().map(|m| m.subject.clone()).unwrap_or_default();
        let mails: Vec<Vec<&str>> = thread.mails.iter().map(texts).collect();
        let authors: Vec<&str> = thread.mails.iter().map(|m| m.from.as_str()).collect();
        let ranked: Vec<&str> = salience::ranked(&subject, &authors, &mails)
            .into_iter()
            .filter_map(|(mail, at)| thread.mails.get(mail)?.sentences.get(at).map(|(id, _)| id.as_str()))
            .collect();
        println!("{}", json!({"id": thread.listno, "ranked": ranked}));
    }
    Ok(())
}

/// For each sentence, whether it asks: as the digest decides for mail to many.
fn asked(mail: &Mail) -> Vec<bool> {
    asks::requests(&texts(mail))
}

fn texts(mail: &Mail) -> Vec<&str> {
    mail.sentences.iter().map(|(_, text)| text.as_str()).collect()
}

fn read(input: &Path) -> Result<Vec<Thread>, Box<dyn std::error::Error>> {
    let xml = std::fs::read_to_string(input.join("corpus.xml"))?;
    let thread = |text: &str| Thread {
        listno: first(text, "listno"),
        mails: elements(text, "DOC").into_iter().map(mail).collect(),
    };
    Ok(elements(&xml, "thread").into_iter().map(thread).collect())
}

fn mail(text: &str) -> Mail {
    let mut sentences = Vec::new();
    for piece in text.split("<Sent id=\"").skip(1) {
        if let Some((id, rest)) = piece.split_once("\">")
            && let Some((text, _)) = rest.split_once("</Sent>")
        {
            // The text was escaped twice.
            sentences.push((id.to_owned(), plain(&plain(text))));
        }
    }
    Mail { from: first(text, "From"), subject: first(text, "Subject"), sentences }
}

fn elements<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    text.split(&open).skip(1).filter_map(|rest| rest.split_once(&close).map(|(inner, _)| inner)).collect()
}

fn first(text: &str, name: &str) -> String {
    elements(text, name).first().map(|t| plain(t)).unwrap_or_default()
}

fn plain(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}
