use super::*;
use proptest::prelude::*;

#[track_caller]
fn check(text: &str, new: &str, quoted: &str, signature: &str) {
    let zones = split(text, Sent::Answer);
    assert_eq!(
        (zones.new.as_str(), zones.quoted.as_str(), zones.signature.as_str()),
        (new, quoted, signature),
        "{text}"
    );
}

#[test]
fn attributions_in_many_languages() {
    for line in [
        "On Mon, Feb 1, 2026 at 4:58 AM Ada Park <ada@example.com> wrote:",
        "On Feb 1, 2026, at 4:58 AM, Ada Park <ada@example.com>\nwrote:",
        "Am 01.02.2026 um 04:58 schrieb Ada Park:",
        "Am Mo., 1. Feb. 2026 um 04:58 Uhr schrieb Ada Park <ada@example.com>:",
        "Le lun. 1 févr. 2026 à 04:58, Ada Park <ada@example.com> a écrit :",
        "El lun, 1 feb 2026 a las 4:58, Ada Park (<ada@example.com>) escribió:",
        "Il giorno lun 1 feb 2026 alle ore 04:58 Ada Park <ada@example.com> ha scritto:",
        "Op ma 1 feb 2026 om 04:58 schreef Ada Park <ada@example.com>:",
        "Em seg., 1 de fev. de 2026 às 04:58, Ada Park <ada@example.com> escreveu:",
        "Den mån 1 feb. 2026 kl 04:58 skrev Ada Park <ada@example.com>:",
        "ma 1. helmik. 2026 klo 4.58 Ada Park (ada@example.com) kirjoitti:",
        "pon., 1 lut 2026 o 04:58 Ada Park <ada@example.com> napisał(a):",
        "po 1. 2. 2026 v 4:58 odesílatel Ada Park <ada@example.com> napsal:",
        "пн, 1 февр. 2026 г. в 04:58, Ada Park <ada@example.com> написал(а):",
        "2026年2月1日(月) 4:58 Ada Park <ada@example.com>のメール:",
        "Ada Park <ada@example.com> 于2026年2月1日周一 04:58写道：",
        "2026-02-01 4:58 GMT+01:00 Ada Park <ada@example.com>:",
        "-----Original Message-----",
        "-----Ursprüngliche Nachricht-----",
        "________________________________\nFrom: Ada Park <ada@example.com>\nSent: Monday, 1 February 2026\nTo: Sam\nSubject: Plan\n",
        "Von: Ada Park\nGesendet: Montag, 1. Februar 2026\nAn: Sam\nBetreff: Plan\n",
        "*De :* Ada Park\n*Envoyé :* lundi 1 février 2026\n*À :* Sam\n*Objet :* Plan\n",
    ] {
        let text = format!("Fine with me.\n\n{line}\nold text\nmore");
        check(&text, "Fine with me.", &format!("{line}\nold text\nmore"), "");
    }
}

#[test]
fn quotes_signatures_and_forwards() {
    check("new\n\nAda wrote:\n> old\n> older\n", "new", "Ada wrote:\n> old\n> older", "");
    check("new\n-- \nAda\nNorthwind", "new", "", "Ada\nNorthwind");
    check("new\n\n-- \nAda\n\nOn 1 Feb 2026, Sam wrote:\n> old", "new", "On 1 Feb 2026, Sam wrote:\n> old", "Ada");
    check(
        "new\n\nSent from my iPhone\n\n> On 1 Feb 2026, Sam wrote:\n> old",
        "new",
        "> On 1 Feb 2026, Sam wrote:\n> old",
        "Sent from my iPhone",
    );
    check("On 1 Feb 2026, Sam wrote:\n> old\n\nanswer below", "answer below", "On 1 Feb 2026, Sam wrote:\n> old", "");
    check(
        "On 1 Feb 2026, Sam wrote:\n> one?\nyes\n> two?\nno\n-- \nA",
        "> one?\nyes\n> two?\nno",
        "On 1 Feb 2026, Sam wrote:",
        "A",
    );
    let forward = "fyi\n\n---------- Forwarded message ---------\nFrom: Ada <a@example.com>\nDate: x\nSubject: y\nTo: z\n\nthe content";
    check(forward, forward, "", "");
    check(
        "fyi\n\nBegin forwarded message:\n\nFrom: Ada\nSubject: x\nTo: y\n\nz",
        "fyi\n\nBegin forwarded message:\n\nFrom: Ada\nSubject: x\nTo: y\n\nz",
        "",
        "",
    );
}

#[test]
fn plain_mail_stays_whole() {
    for text in [
        "He wrote:\nI will come.",
        "On Monday I wrote to her: it is fine.\nBye",
        "To: be or not to be\nthat is the question",
        "a -- b\n--- \nc",
        "",
        "a\n\nb",
    ] {
        assert_eq!(split(text, Sent::Answer).quoted, "", "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]
    #[test]
    fn no_line_is_lost(lines in proptest::collection::vec("(> ?|-- |On 1 Feb 2026, x wrote:|From: a|To: b|Subject: c|[a-z ]{0,9}|.{0,20})", 0..30)) {
        let text = lines.join("\n");
        let zones = split(&text, Sent::Answer);
        let letters = |s: &str| s.chars().filter(|c| c.is_alphanumeric()).count();
        prop_assert_eq!(letters(&text), letters(&zones.new) + letters(&zones.quoted) + letters(&zones.signature));
    }
}
