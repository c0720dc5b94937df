use super::*;

fn framed(talk: &[u8], size: usize) -> Result<String, Excess> {
    let mut framing = Framing { session: true, ..Framing::default() };
    let mut out = Vec::new();
    for piece in talk.chunks(size) {
        framing.feed(piece, &mut out)?;
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

#[test]
fn what_is_sound_leaves_as_it_came_however_the_network_cuts() {
    // The first literal's data looks like an announcement; what follows it is a line again.
    let talk = "* 1 FETCH (UID 1 BODY[] {12}\r\n{9999999999}\r\n BODY[2] {3}\r\nabc)\r\n* LIST () \"/\" {2}\r\nab\r\n\
                * 2 EXISTS\r\n* OK wait {5}\r\n+ go on {5}\r\n* bye {5}\r\nA1 NO no such thing {5}\r\n";
    for size in 1..talk.len() {
        assert_eq!(framed(talk.as_bytes(), size).as_deref(), Ok(talk), "pieces of {size}");
    }
}

#[test]
fn the_parser_gets_whole_lines_only() {
    let mut framing = Framing { session: true, ..Framing::default() };
    let mut out = Vec::new();
    framing.feed(b"* 1 FETCH (UID 1 BODY[] {12}\r", &mut out).unwrap();
    assert!(out.is_empty() && framing.passing() == 0);
    framing.feed(b"\n", &mut out).unwrap();
    assert_eq!((out.len(), framing.passing()), (30, 12));
    framing.passed(12);
    framing.feed(b")", &mut out).unwrap();
    assert_eq!(out.len(), 30);
}

#[test]
fn what_the_parser_cannot_read_does_not_reach_it() {
    for (talk, left) in [
        ("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n* 1 EXISTS\r\n", "* 1 EXISTS\r\n"),
        ("* ESEARCH (TAG \"a\") UID ALL {4}\r\n* 1 \r\n* 2 EXISTS\r\n", "* 2 EXISTS\r\n"),
        ("* ID (\"name\" \"x\")\r\n* FLAGS (\\Seen %odd)\r\n* 0 RECENT\r\n* 3 XNEW\r\n", ""),
        ("* 1 FETCH (INTERNALDATE NIL UID 1)\r\n", "* 1 FETCH (INTERNALDATE \"\" UID 1)\r\n"),
        ("* OK bare\nA1 OK\n", "* OK bare\r\nA1 OK\r\n"),
        ("* CAPABILITY IMAP4rev2\r\n", ""),
    ] {
        for size in [1, 5, 1000] {
            assert_eq!(framed(talk.as_bytes(), size).as_deref(), Ok(left), "{talk}");
        }
    }
}

#[test]
fn what_is_beyond_measure_is_named() {
    for (talk, excess) in [
        ("* 1 FETCH (BODY[] {4294967296}\r\n", Excess::Literal(4_294_967_296)),
        ("* 1 FETCH (BODY[] {4294967296+}\r\n", Excess::Literal(4_294_967_296)),
        ("* 1 FETCH (BODY[] {33000001}\r\n", Excess::Literal(33_000_001)),
        ("* 1 FETCH (BODY[] {99999999999999999999999999}\r\n", Excess::Literal(u64::MAX)),
        ("* NO [BADCHARSET ({500000000}\r\n", Excess::Literal(500_000_000)),
        ("* NEW {500000000}\r\n", Excess::Literal(500_000_000)),
    ] {
        for size in [1, 7, 1000] {
            assert_eq!(framed(talk.as_bytes(), size), Err(excess.clone()), "{talk}");
        }
    }
    assert_eq!(framed(&vec![b'x'; LINE], 4096).as_deref(), Ok(""));
    assert_eq!(framed(&vec![b'x'; LINE + 1], 4096), Err(Excess::Line(LINE)));
    assert_eq!(framed(&b"* XNEW\r\n".repeat(50_001), 4096), Err(Excess::Useless));
}

#[test]
fn long_answers_come_in_short_lines() {
    let ids: Vec<String> = (1..=100_000).map(|n: u32| n.to_string()).collect();
    for (head, comma) in [("* SEARCH ", " "), ("* VANISHED ", ","), ("* VANISHED (EARLIER) ", ",")] {
        let out = framed(format!("{head}{}\r\nA1 OK done\r\n", ids.join(comma)).as_bytes(), 4096).unwrap();
        let (lines, last) = out.trim_end().rsplit_once("\r\n").unwrap();
        assert_eq!(last, "A1 OK done");
        let lines: Vec<&str> = lines.split("\r\n").collect();
        assert!(lines.len() > 100 && lines.iter().all(|l| l.len() <= PIECE * 2), "{}", lines.len());
        let back = lines.iter().flat_map(|l| l.strip_prefix(head).unwrap().split(comma));
        assert!(back.eq(ids.iter().map(String::as_str)), "{head}");
    }
}

#[test]
fn before_the_login_there_are_few_words() {
    let (mut framing, mut out) = (Framing::default(), Vec::new());
    framing.feed(b"* OK [CAPABILITY IMAP4rev1 ID] hello\r\n", &mut out).unwrap();
    assert_eq!(framing.capabilities.as_deref(), Some("IMAP4rev1 ID"));
    assert_eq!(framing.feed(b"* LIST () \"/\" {5}\r\n", &mut out), Err(Excess::Early));
    let mut framing = Framing::default();
    let flood: Result<Vec<()>, Excess> = (0..100_000).map(|_| framing.feed(b"* OK still here\r\n", &mut out)).collect();
    assert_eq!(flood, Err(Excess::Early));
}

#[test]
fn sizes_in_words() {
    assert_eq!(octets(33_000_001), "33 MB");
    assert_eq!(octets(4_294_967_295), "4.3 GB");
    assert_eq!(octets(u64::MAX), "more than 1000 GB");
}
