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
        "ut 1. 2. 2026 o 4:58 Ada Park <ada@example.com> napísal(a):",
        "V V ned., 1. feb. 2026 ob 04:58 je oseba Ada Park <ada@example.com> napisala:",
        "нд, 1 лют. 2026 р. о 04:58 Ada Park <ada@example.com> пише:",
        "На нд, 1.02.2026 г. в 4:58 Ada Park <ada@example.com> написа:",
        "Ada Park <ada@example.com> ezt írta (időpont: 2026. febr. 1., V, 4:58):",
        "Στις Κυρ 1 Φεβ 2026 στις 4:58 π.μ., ο χρήστης Ada Park <ada@example.com> έγραψε:",
        "În dum., 1 feb. 2026 la 04:58, Ada Park <ada@example.com> a scris:",
        "1 Şub 2026 Paz, 04:58 tarihinde Ada Park <ada@example.com> şunu yazdı:",
        "2026년 2월 1일 (일) 오전 4:58, Ada Park <ada@example.com>님이 작성:",
        "בתאריך יום א׳, 1 בפבר׳ 2026 ב-4:58 מאת Ada Park <ada@example.com>:",
        "Vào CN, 1 thg 2, 2026 vào lúc 04:58 Ada Park <ada@example.com> đã viết:",
        "Pada tanggal Min, 1 Feb 2026 pukul 04.58 Ada Park <ada@example.com> menulis:",
        "------------------ 原始邮件 ------------------\n发件人: Ada Park <ada@example.com>\n发送时间: 2026年2月1日 4:58\n收件人: Sam\n主题: Plan\n",
        "----- Πρωτότυπο -----\nΑπό: Ada Park\nΘέμα: Plan\n",
        "=09Ada Park <ada@example.com>\n=0902/01/2026 04:58 AM\n=09To: Sam\n=09cc:=20\n=09Subject: Plan\n",
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
fn text_right_above_an_attribution_is_new() {
    check(
        "Hello\n01.02.2026 14:20 пользователь \"Ada\" <\nada@example.com> написал:\n\n> Hi\n>",
        "Hello",
        "01.02.2026 14:20 пользователь \"Ada\" <\nada@example.com> написал:\n\n> Hi\n>",
        "",
    );
    check(
        "in two weeks.\nOp 1 feb. 2026 05:13 schreef \"Ada\" <ada@example.com> het\nvolgende geschreven:\n> x",
        "in two weeks.",
        "Op 1 feb. 2026 05:13 schreef \"Ada\" <ada@example.com> het\nvolgende geschreven:\n> x",
        "",
    );
}

#[test]
fn marks_within_a_quote_part_nothing() {
    let text = "> old\n>>> On 1 Feb 2026 14:20, Ada <ada@example.com> wrote:\n\nnew\n\n>>>> older";
    check(text, "> old\n>>> On 1 Feb 2026 14:20, Ada <ada@example.com> wrote:\n\nnew", ">>>> older", "");
    check("new\n\n>>> Ada Park 2/1/26 02:20PM >>>\nold", "new", ">>> Ada Park 2/1/26 02:20PM >>>\nold", "");
}

#[test]
fn lines_wrapped_out_of_a_quote_are_quoted() {
    let wrapped = "> The long lines of this mail were broken by the program of the one who\nanswered\n> and goes on";
    check(&format!("new\n\nAda wrote:\n{wrapped}"), "new", &format!("Ada wrote:\n{wrapped}"), "");
    // An answer is no such line.
    check(
        "> Do you think that this plan, which we made last week, is any good?\nyes\n> And the other?\nno",
        "> Do you think that this plan, which we made last week, is any good?\nyes\n> And the other?\nno",
        "",
        "",
    );
}

#[test]
fn other_marks_of_quoting() {
    check("new\n\n: old\n: older\n: oldest", "new", ": old\n: older\n: oldest", "");
    check("new\n\nAP> old\nAP> older", "new", "AP> old\nAP> older", "");
    let table = "| a | b |\n| - | - |\n| 1 | 2 |";
    check(table, table, "", "");
}

#[test]
fn who_signs_and_how_to_reach_them() {
    check(
        "Fine.\n\nRegards,\n\nAda Park\nNorthwind Inc.\n+1 555 010 0199\nada@example.com",
        "Fine.\n\nRegards,",
        "",
        "Ada Park\nNorthwind Inc.\n+1 555 010 0199\nada@example.com",
    );
    // A name alone is a part of the mail; so are numbers that nobody signs.
    check("Fine.\n\nRegards,\nAda", "Fine.\n\nRegards,\nAda", "", "");
    check(
        "Please call these:\n\n- 555 010 0199\n- 555 010 0142",
        "Please call these:\n\n- 555 010 0199\n- 555 010 0142",
        "",
        "",
    );
    check(
        "Fine.\n\nThis e-mail and any attachments are confidential.\nDelete it.",
        "Fine.",
        "",
        "This e-mail and any attachments are confidential.\nDelete it.",
    );
    check("Fine.\n_______________\nAda Park, Northwind", "Fine.", "", "_______________\nAda Park, Northwind");
    check(
        "Fine.\n\n-- \nAda\n\n_____\nteam mailing list\nteam@example.org",
        "Fine.",
        "",
        "Ada\n\n_____\nteam mailing list\nteam@example.org",
    );
    check(
        "Sent from my desk, which is much easier than a phone.",
        "Sent from my desk, which is much easier than a phone.",
        "",
        "",
    );
}

#[test]
fn something_is_always_shown() {
    check("> only this\n> is here", "> only this\n> is here", "", "");
    check(
        "> On 1 Feb 2026, Ada <ada@example.com> wrote:\n>> x",
        "",
        "> On 1 Feb 2026, Ada <ada@example.com> wrote:\n>> x",
        "",
    );
    check(
        "On 1 Feb 2026 19:32, \"Ada\" <ada@example.com> wrote:\n\nmarks got lost",
        "marks got lost",
        "On 1 Feb 2026 19:32, \"Ada\" <ada@example.com> wrote:",
        "",
    );
    let below = "-----Original Message-----\nFrom: Ada\nSent: Monday 04:58\nTo: Sam\nSubject: x\n\n> shall we?\n> today?\n\nyes";
    check(below, "yes", below.strip_suffix("\n\nyes").unwrap(), "");
}

#[test]
fn what_is_passed_on_is_content() {
    let text = "look\n\nFrom: Ada <ada@example.com>\nSent: Monday 04:58\nTo: Sam\nSubject: x\n\nwords";
    assert_eq!(split(text, Sent::PassedOn).new, text);
    assert_eq!(split(text, Sent::Answer).new, "look");
    assert!(zones(text, Sent::PassedOn).iter().skip(1).all(|zone| *zone == Zone::Forwarded));
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

/// What a hostile mail repeats: each line alone may be a mark, and all of them together cost what their number costs.
#[test]
fn hostile_text_is_read_once() {
    for line in [
        ">\n",
        "> \n\n",
        "> a\nb\n",
        "On 1 Feb 2026 19:32, <ada@example.com> wrote:\n",
        "On Mon, 1 Feb 2026 at 19:32, Ada <ada@example.com> wrote:\n> a\nb\n",
        "Ada wrote:\n\n\n\n",
        "From: a\n",
        "From: a\nSent: b\nTo: c\nSubject: d\n\n> e\nf\n",
        "-----Original Message-----\n",
        "\nThis e-mail and any attachments are confidential.\n",
        "______\n",
        ">>> a 1234 >>>\n> b\n",
        "From: a\nDate: b\nTo: c\n> d\n> e\n=\n",
        "-- \n",
        ">\n\n",
        "=20",
        ">",
        "wrote: ",
    ] {
        let text = line.repeat(20_000);
        let zones = split(&text, Sent::Answer);
        assert_eq!(zones.lines.len(), text.split('\n').count());
    }
}

const LINES: &str = "(> ?|>> x|-- |--|___+|On 1 Feb 2026, x wrote:|Ada <a@b.c>|wrote:|From: a|To: b|Date: 1:23|Subject: c|AP> x|: x|Regards,|555 010 0199|Sent from my x|-----Original Message-----|---- Forwarded message ----|于2026年2月1日写道：|[a-z ]{0,9}|.{0,20})";

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]
    #[test]
    fn no_line_is_lost(lines in proptest::collection::vec(LINES, 0..30), passed_on in any::<bool>()) {
        let sent = if passed_on { Sent::PassedOn } else { Sent::Answer };
        let text = lines.join("\n");
        let zones = split(&text, sent);
        prop_assert_eq!(zones.lines.len(), text.split('\n').count());
        let letters = |s: &str| s.chars().filter(|c| c.is_alphanumeric()).count();
        prop_assert_eq!(letters(&text), letters(&zones.new) + letters(&zones.quoted) + letters(&zones.signature));
    }
    /// Each line stands in the part that its zone names, in its place: put together in the order of the zones, the parts are the
    /// text, but for blank lines and the mark above a signature.
    #[test]
    fn the_parts_put_together_are_the_text(lines in proptest::collection::vec(LINES, 0..40), passed_on in any::<bool>()) {
        let sent = if passed_on { Sent::PassedOn } else { Sent::Answer };
        let text = lines.join("\n");
        let zones = split(&text, sent);
        fn said(part: &str) -> std::iter::Peekable<impl Iterator<Item = &str>> {
            part.split('\n').map(str::trim_end).filter(|line| !line.is_empty()).peekable()
        }
        let (mut new, mut quoted, mut signature) = (said(&zones.new), said(&zones.quoted), said(&zones.signature));
        let mut begun = false;
        for (line, zone) in text.split('\n').map(str::trim_end).zip(&zones.lines).filter(|(line, _)| !line.is_empty()) {
            let next = match zone {
                Zone::Quoted => quoted.next(),
                Zone::Signature if !begun && line == "--" => { begun = true; continue }
                Zone::Signature => { begun = true; signature.next() }
                Zone::New | Zone::Answered | Zone::Forwarded => new.next(),
            };
            prop_assert_eq!(next, Some(line));
        }
        prop_assert_eq!((new.next(), quoted.next(), signature.next()), (None, None, None));
    }
}
