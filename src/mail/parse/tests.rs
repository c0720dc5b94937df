use super::*;
use crate::mail::Address;
use proptest::prelude::*;

fn parsed(raw: &str) -> Message {
    parse(raw.replace('\n', "\r\n").as_bytes()).0
}

#[test]
fn headers_are_decoded_and_clean() {
    let m = parsed(
        "Return-Path: <>\nDelivered-To: me@example.com\nX-Original-To: <me@example.org>\n\
         From: =?utf-8?B?QWRhDQpQYXJr?= <ada@example.com>\nTo: \"Reed, Sam\" <sam@example.org>, x: a@b.example;\n\
         Cc: undisclosed-recipients:;\nSubject: =?utf-8?Q?Pl=C3=A4ne=0D=0ABcc=3A_x?= =?utf-8?Q?_und_mehr?=\n\
         Date: Fri, 12 Dec 2025 16:04:26 +0100\nMessage-ID: < c1@example.com >\nIn-Reply-To: <b1@example.org>\n\
         References: <a1@example.com>\n <b1@example.org>\nAuto-Submitted: Auto-Replied; x=y\nPrecedence: Bulk\n\
         List-Id: A list <l.example.com>\nList-Unsubscribe: <mailto:u@example.com>\nList-Post: <mailto:l@example.com>\n\
         Feedback-ID: x\nMail-Followup-To: L <l@example.com>\n\nbody\n",
    );
    assert_eq!(m.from, [Address::named("Ada Park", "ada@example.com")]);
    assert_eq!(m.to, [Address::named("Reed, Sam", "sam@example.org"), Address::bare("a@b.example")]);
    assert_eq!(m.cc, []);
    assert_eq!(m.subject, "Pläne Bcc: x und mehr");
    assert_eq!(m.date.map(|d| d.to_string()).as_deref(), Some("2025-12-12T15:04:26Z"));
    assert_eq!(m.message_id.as_deref(), Some("c1@example.com"));
    assert_eq!(
        (m.in_reply_to, m.references),
        (vec!["b1@example.org".into()], vec!["a1@example.com".into(), "b1@example.org".into()])
    );
    assert_eq!(m.delivered_to, ["me@example.com", "me@example.org"]);
    assert_eq!(m.mail_followup_to, [Address::named("L", "l@example.com")]);
    let s = m.signals;
    assert_eq!((s.auto_submitted.as_deref(), s.precedence.as_deref()), (Some("auto-replied"), Some("bulk")));
    assert_eq!((s.list_id.as_deref(), s.list_post.as_deref()), (Some("l.example.com"), Some("l@example.com")));
    assert!(s.null_return_path && s.list_unsubscribe && s.auto_marker && !s.encrypted && s.report.is_none());
    assert_eq!(m.text.trim_end(), "body");
}

#[test]
fn the_first_of_a_doubled_header_counts() {
    let (m, defects) = parse(b"From: a@example.com\r\nFrom: b@example.com\r\nSubject: 1\r\nSubject: 2\r\n\r\n");
    assert_eq!((m.from, m.subject.as_str()), (vec![Address::bare("a@example.com")], "1"));
    for defect in
        [Defect::RepeatedHeader("From"), Defect::RepeatedHeader("Subject"), Defect::NoDate, Defect::NoMessageId]
    {
        assert!(defects.contains(&defect), "{defect:?}");
    }
}

#[test]
fn ids_are_usable_or_none() {
    for (value, expect) in [
        ("<a@b>", vec!["a@b"]),
        ("<a@b> <c@d>", vec!["a@b", "c@d"]),
        ("<a @ b>", vec!["a@b"]),
        ("a@b", vec!["a@b"]),
        ("Message of x <a@b>", vec!["a@b"]),
        ("<>", vec![]),
        ("no id here", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(headers::ids(value), expect, "{value:?}");
    }
    assert_eq!(headers::ids(&format!("<{}>", "x".repeat(999))), Vec::<String>::new());
}

#[test]
fn dates_fall_back_to_received() {
    let received = "Received: from a by b; Mon, 1 Dec 2025 10:00:00 +0000\nReceived: from c by d; Sun, 30 Nov 2025 10:00:00 +0000\n";
    for (date, expect) in [
        ("Date: Fri, 12 Dec 2025 16:04:26 -0500\n", Some("2025-12-12T21:04:26Z")),
        ("Date: Fri, 31 Feb 2025 16:04:26 +0000\n", Some("2025-12-01T10:00:00Z")),
        ("Date: Fri, 1 Jan 1904 00:00:00 +0000\n", Some("2025-12-01T10:00:00Z")),
        ("Date: nonsense\n", Some("2025-12-01T10:00:00Z")),
        ("", Some("2025-12-01T10:00:00Z")),
    ] {
        let m = parsed(&format!("{date}{received}Subject: x\n\n"));
        assert_eq!(m.date.map(|d| d.to_string()).as_deref(), expect, "{date}");
    }
}

#[test]
fn bodies_and_attachments() {
    let m = parsed(
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: multipart/related; boundary=r\n\n\
         --r\nContent-Type: multipart/alternative; boundary=a\n\n--a\nContent-Type: text/plain; format=flowed\n\none \ntwo\n\
         --a\nContent-Type: text/html\n\n<p>one two <img src='cid:i1'></p>\n--a--\n\
         --r\nContent-Type: image/png\nContent-ID: <i1>\nContent-Transfer-Encoding: base64\n\niVBO\n--r--\n\
         --m\nContent-Type: message/rfc822\n\nSubject: inner\nContent-Type: message/rfc822\n\ninside\n\
         --m\nContent-Type: application/pdf\nContent-Disposition: attachment; filename*=utf-8''..%2Fpl%C3%A4n.pdf\n\npdf\n\
         --m\nContent-Type: text/csv; charset=iso-8859-1; name=x.csv\nContent-Transfer-Encoding: quoted-printable\n\
         Content-Disposition: attachment\n\na=E4\n--m--\n",
    );
    assert_eq!(m.text, "one two");
    assert_eq!(m.html.as_deref(), Some("<p>one two <img src='cid:i1'></p>"));
    let seen: Vec<_> = m.attachments.iter().map(|a| (a.name.as_deref(), a.media_type.as_str(), a.inline)).collect();
    assert_eq!(
        seen,
        [
            (None, "image/png", true),
            (Some("inner.eml"), "message/rfc822", false),
            (Some("../plän.pdf"), "application/pdf", false),
            (Some("x.csv"), "text/csv", false),
        ]
    );
    let bytes: Vec<&[u8]> = m.attachments.iter().map(|a| a.bytes.as_slice()).collect();
    let inner = b"Subject: inner\r\nContent-Type: message/rfc822\r\n\r\ninside";
    assert_eq!(bytes, [&b"\x89PN"[..], inner, b"pdf", b"a\xe4"]);
}

#[test]
fn html_alone_gives_text() {
    let m = parsed("Content-Type: text/html; charset=utf-8\n\n<p>Hello <b>you</b></p>\n");
    assert_eq!((m.text.as_str(), m.html.is_some(), m.attachments.len()), ("Hello you", true, 0));
}

#[test]
fn charsets_and_controls() {
    let (m, defects) = parse(b"Subject: x\r\nContent-Type: text/plain\r\n\r\ncaf\xe9 \x00\x1b[1m\r\n");
    assert_eq!(m.text.trim_end(), "café [1m");
    assert!(defects.contains(&Defect::ControlCharacters));
}

#[test]
fn invitations_reports_and_encryption() {
    let m = parsed(
        "Content-Type: multipart/alternative; boundary=a\n\n--a\nContent-Type: text/plain\n\ncome\n--a\n\
         Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:u\nSUMMARY:Talk\nDTSTART:20260701T100000Z\n\
         END:VEVENT\nEND:VCALENDAR\n--a--\n",
    );
    assert_eq!(m.invite.map(|i| (i.method, i.summary)), Some(("REQUEST".into(), "Talk".into())));
    let m = parsed("Content-Type: multipart/report; report-type=Delivery-Status; boundary=a\n\n--a\n\nfailed\n--a--\n");
    assert_eq!(m.signals.report.as_deref(), Some("delivery-status"));
    let m = parsed(
        "Content-Type: multipart/encrypted; boundary=a\n\n--a\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--a--\n",
    );
    assert!(m.signals.encrypted);
}

#[test]
fn content_hash_ignores_line_ends() {
    let (a, b) = (parse(b"Subject: x\r\n\r\na\r\n").0, parse(b"Subject: x\n\na\n").0);
    assert_eq!(a.content_hash, b.content_hash);
    assert_ne!(a.content_hash, parse(b"Subject: y\n\na\n").0.content_hash);
    assert_eq!(a.content_hash.len(), 64);
    // Wherever a block ends, and with both kinds of line ends in one mail.
    for pad in HASHED - 20..HASHED + 20 {
        let unix = format!("Subject: x\n\n{}\na\n\nb\n", "y".repeat(pad));
        let dos = unix.replace('\n', "\r\n");
        let mixed = dos.replacen("\r\n", "\n", 4);
        let expect = crate::mail::hash::sha256(&dos);
        for raw in [unix, dos, mixed] {
            assert_eq!(parse(raw.as_bytes()).0.content_hash, expect, "{pad}");
        }
    }
}

#[test]
fn other_forms_of_the_text_are_no_attachments_and_pictures_have_their_place() {
    let part = |kind: &str, body: &str| format!("--b\nContent-Type: {kind}\n\n{body}\n");
    let parts = |kind: &str, parts: &[String]| {
        let (message, _) = parse(format!("Content-Type: {kind}; boundary=b\n\n{}--b--\n", parts.concat()).as_bytes());
        (message.text.clone(), message.attachments.len(), message.pictures)
    };
    let (plain, html) = (part("text/plain", "one"), part("text/html", "<p>one"));
    let forms = [plain.clone(), part("text/x-amp-html", "<p>one"), html.clone()];
    assert_eq!(parts("multipart/alternative", &forms), ("one".into(), 0, vec![]));
    let (two, picture) = (part("text/plain", "two\n\nthree"), part("image/png", "x"));
    let between = [plain.clone(), picture.clone(), part("a/b", "x"), picture.clone(), two, picture.clone(), plain];
    let expect = ("one\ntwo\n\nthree\none".into(), 4, vec![(1, 0), (1, 2), (4, 3)]);
    assert_eq!(parts("multipart/mixed", &between), expect);
    // A page says itself where they are.
    assert_eq!(parts("multipart/mixed", &[html.clone(), picture, html]).2, vec![]);
}

#[test]
fn no_headers_is_a_defect() {
    for raw in [&b""[..], b"\n", b"\r\n\r\n", b"\xff\xfe", b"just words"] {
        let (m, defects) = parse(raw);
        assert!(defects.contains(&Defect::NoHeaders), "{raw:?}: {m:?}");
    }
}

#[test]
fn bombs_are_bounded() {
    let nested = "Content-Type: message/rfc822\r\n\r\n".repeat(10_000);
    let multipart: String =
        (0..10_000).map(|i| format!("Content-Type: multipart/mixed; boundary=b{i}\r\n\r\n--b{i}\r\n")).collect();
    let digest: String =
        (0..5_000).map(|i| format!("Content-Type: multipart/digest; boundary=b{i}\r\n\r\n--b{i}\r\n\r\n")).collect();
    let many = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n{}",
        "--b\r\nContent-Type: a/b\r\n\r\nx\r\n".repeat(5_000)
    );
    let text = |kind: &str, piece: &str| {
        let head = format!("Subject: x\r\nContent-Type: {kind}\r\n\r\n");
        head + &piece.repeat((1 << 20) / piece.len())
    };
    let base64 = |piece: &str| text("text/plain\r\nContent-Transfer-Encoding: base64", piece);
    let same = format!(
        "{}{}",
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n".repeat(2_000),
        "--b--\r\n".repeat(100_000)
    );
    for raw in [
        text("text/plain", "begin 644 x\n"),
        text("text/plain; format=flowed", "> a \n>> "),
        text("text/enriched", "<"),
        text("text/enriched", "<param>"),
        text("text/plain", "\0"),
        text("multipart/mixed", "--a\nContent-Type: multipart/mixed\n\n"),
        text("multipart/mixed; boundary=\"b \"", "--b \nContent-Type: multipart/mixed; boundary=\"b \"\n\n"),
        text("multipart/mixed; boundary=b", "--b\nA:\nA:\nA:\n"),
        base64("QQ=="),
        base64("=A"),
        base64("QQ\n\n"),
        base64("!"),
        text("text/plain\r\nContent-Transfer-Encoding: quoted-printable", "=\n ="),
        "Subject: =?a?Q?x".to_owned() + &"=?a?Q?x".repeat(20_000),
        "Subject: ".to_owned() + &"=?utf-8?B?YQ?= ".repeat(5_000),
        "To: <()".to_owned() + &"()".repeat(40_000) + "a@b>\r\n",
        "To: ".to_owned() + &"a@b,".repeat(20_000) + "\r\n",
        "Content-Type: a/b".to_owned() + &"; x*0*=%".repeat(20_000) + "\r\n",
        same,
        nested,
        multipart,
        digest,
        many,
        "X-A: b\r\n".repeat(100_000),
        "Subject: x\r\n\r\n".to_owned() + &"a ".repeat(4 << 20),
    ] {
        let (m, _) = parse(raw.as_bytes());
        assert!(m.attachments.len() <= 1000 && m.text.len() <= 3 << 20);
    }
}

fn assert_clean(m: &Message) {
    let line = |s: &str| !s.chars().any(|c| c.is_control() || clean::is_unwanted(c));
    let people = m.from.iter().chain(&m.to).chain(&m.cc).chain(&m.reply_to);
    assert!(line(&m.subject) && m.message_id.as_deref().is_none_or(line));
    assert!(people.into_iter().all(|a| line(&a.email) && a.name.as_deref().is_none_or(line)));
    assert!(m.attachments.iter().all(|a| a.name.as_deref().is_none_or(line) && line(&a.media_type)));
    assert!(!m.text.chars().any(clean::is_unwanted));
}

const SOUP: &str = "(From: |To: |Subject: |Message-ID: <|Date: Mon, 1 Jan 2026 00:00:00 \\+0000|Content-Type: (multipart/mixed; boundary=a|message/rfc822|text/html|text/calendar)|Content-Transfer-Encoding: (base64|quoted-printable)|\\r\\n|\\n|\\n\\n--a|--a--|=\\?utf-8\\?[QB]\\?[=0-9A-Fa]{0,8}\\?=|<a@b.c>|[ -~]{0,6}|\\PC{0,4}){0,40}";

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]
    #[test]
    fn any_bytes_give_a_clean_message(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        assert_clean(&parse(&bytes).0);
    }

    #[test]
    fn any_soup_gives_a_clean_message(raw in SOUP) {
        let (message, _) = parse(raw.as_bytes());
        assert_clean(&message);
        let _ = crate::mail::body::render(&message);
    }
}
