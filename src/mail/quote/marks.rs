//! The words by which mail programs mark quotes, forwards and signatures, in the languages they speak.

/// How attribution lines say "wrote", lowercased.
const WROTE: &[&str] = &[
    "wrote",
    "writes",
    "schrieb",
    "geschrieben",
    "a écrit",
    "écrit",
    "escribió",
    "escribio",
    "ha scritto",
    "scritto",
    "schreef",
    "heeft geschreven",
    "geschreven",
    "escreveu",
    "skrev",
    "skreiv",
    "kirjoitti",
    "napisał",
    "napisała",
    "napisał(a)",
    "napisal",
    "napsal",
    "napsal(a)",
    "napsala",
    "написал",
    "написала",
    "написал(а)",
    "пишет",
    "пише",
    "написав",
    "さんは書きました",
    "のメール",
    "書きました",
    "写道",
    "寫道",
    "写到",
    "작성",
    "yazdı",
    "írta",
    "a scris",
    "έγραψε",
    "kirjutas",
    "je napisao",
    "napísal",
];
/// How attribution lines begin, lowercased.
const STARTS: &[&str] = &[
    "on ",
    "am ",
    "le ",
    "el ",
    "il ",
    "op ",
    "em ",
    "den ",
    "på ",
    "d. ",
    "w dniu ",
    "dnia ",
    "dne ",
    "в ",
    "in message ",
    "在 ",
    "于 ",
    "於 ",
];
const FROM: &[&str] = &[
    "from",
    "von",
    "de",
    "da",
    "van",
    "från",
    "fra",
    "lähettäjä",
    "od",
    "от",
    "от кого",
    "отправитель",
    "差出人",
    "发件人",
    "寄件者",
    "寄件人",
    "보낸 사람",
    "kimden",
    "feladó",
];
const DATE: &[&str] = &[
    "sent",
    "date",
    "gesendet",
    "datum",
    "envoyé",
    "enviado",
    "enviado el",
    "enviada em",
    "fecha",
    "inviato",
    "data",
    "verzonden",
    "skickat",
    "sendt",
    "dato",
    "lähetetty",
    "päivämäärä",
    "wysłano",
    "odesláno",
    "отправлено",
    "дата",
    "送信日時",
    "日付",
    "发送时间",
    "日期",
    "寄件日期",
    "보낸 날짜",
    "tarih",
    "küldve",
    "data/ora",
    "dátum",
];
const TO: &[&str] = &[
    "to",
    "an",
    "à",
    "para",
    "a",
    "aan",
    "till",
    "til",
    "vastaanottaja",
    "do",
    "komu",
    "кому",
    "宛先",
    "收件人",
    "收件者",
    "받는 사람",
    "kime",
    "címzett",
    "pour",
    "destinatario",
];
const SUBJECT: &[&str] = &[
    "subject",
    "betreff",
    "objet",
    "asunto",
    "oggetto",
    "onderwerp",
    "assunto",
    "ämne",
    "emne",
    "aihe",
    "temat",
    "předmět",
    "тема",
    "件名",
    "主题",
    "主旨",
    "제목",
    "konu",
    "tárgy",
    "re",
];
const CC: &[&str] = &[
    "cc",
    "kopie",
    "copie",
    "kopia",
    "kopi",
    "kopio",
    "копия",
    "抄送",
    "副本",
    "참조",
    "bilgi",
    "importance",
    "reply-to",
    "c.c.",
];

/// Between dashes, lowercased.
const ORIGINAL: &[&str] = &[
    "original message",
    "original mail",
    "original appointment",
    "ursprüngliche nachricht",
    "originalnachricht",
    "ursprüngliche mail",
    "message d'origine",
    "message original",
    "message initial",
    "mensaje original",
    "messaggio originale",
    "oorspronkelijk bericht",
    "origineel bericht",
    "mensagem original",
    "ursprungligt meddelande",
    "originalmeddelande",
    "oprindelig meddelelse",
    "opprinnelig melding",
    "alkuperäinen viesti",
    "oryginalna wiadomość",
    "wiadomość oryginalna",
    "původní zpráva",
    "исходное сообщение",
    "пересылаемое сообщение",
    "元のメッセージ",
    "原始邮件",
    "原始郵件",
    "원본 메시지",
    "özgün ileti",
    "eredeti üzenet",
    "reply message",
    "antwort",
];
const FORWARDED: &[&str] = &[
    "forwarded message",
    "begin forwarded message",
    "forwarded by",
    "weitergeleitete nachricht",
    "anfang der weitergeleiteten",
    "message transféré",
    "début du message",
    "message réexpédié",
    "mensaje reenviado",
    "inicio del mensaje reenviado",
    "messaggio inoltrato",
    "inizio messaggio inoltrato",
    "doorgestuurd bericht",
    "begin doorgestuurd bericht",
    "mensagem encaminhada",
    "mensagem reencaminhada",
    "início da mensagem",
    "vidarebefordrat meddelande",
    "vidarebefordrat brev",
    "videresendt meddelelse",
    "videresendt melding",
    "start på videresendt",
    "edelleenlähetetty viesti",
    "välitetty viesti",
    "przekazana wiadomość",
    "wiadomość przekazana",
    "přeposlaná zpráva",
    "předmět přeposlané",
    "пересланное сообщение",
    "пересылаемое сообщение",
    "начало переадресованного",
    "転送されたメッセージ",
    "転送メッセージ",
    "转发的邮件",
    "轉寄的郵件",
    "转发邮件信息",
    "전달된 메시지",
];
/// Lines that phones and programs sign with, lowercased.
const DEVICE: &[&str] = &[
    "sent from my ",
    "sent from mail for",
    "sent from outlook",
    "sent from yahoo",
    "sent from proton",
    "sent via ",
    "sent with ",
    "sent using ",
    "get outlook for",
    "von meinem ",
    "gesendet mit ",
    "diese nachricht wurde von meinem",
    "envoyé de mon",
    "envoyé depuis",
    "envoyé à partir de",
    "enviado desde",
    "enviado de meu",
    "enviado do meu",
    "enviado via",
    "inviato da",
    "verzonden vanaf",
    "verstuurd vanaf",
    "verzonden met",
    "skickat från",
    "sendt fra",
    "lähetetty ",
    "wysłane z",
    "wysłano z",
    "odesláno z",
    "отправлено с",
    "отправлено из",
    "iphoneから送信",
    "私のiphoneから",
    "发自我的",
    "從我的",
    "我的 iphone",
    "나의 iphone에서",
    "iphone'umdan gönderildi",
];

/// An attribution line that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attribution {
    /// How many lines it is wrapped over.
    pub(super) lines: usize,
    /// It names a date, so that what follows is quoted even without `>`.
    pub(super) dated: bool,
}

/// Lowercased, without the marks of emphasis, white space folded.
fn fold(line: &str) -> String {
    let line = crate::mail::clean::prefix(line, 600);
    let line: String = line.chars().filter(|c| *c != '*').map(|c| if c == '\u{202f}' { ' ' } else { c }).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// An attribution (`On …, … wrote:`) at the start of these lines, over at most four of them.
pub(super) fn attribution(lines: &[&str]) -> Option<Attribution> {
    let may_end = |l: &&str| {
        let l = l.trim_end_matches(['*', ' ']);
        l.ends_with([':', '：']) || (l.ends_with('>') && l.contains('@'))
    };
    if !lines.iter().take(4).any(may_end) {
        return None;
    }
    let mut joined = String::new();
    for (i, line) in lines.iter().take(4).enumerate() {
        if line.is_empty() || line.len() > 400 {
            return None;
        }
        joined.push_str(&fold(line));
        joined.push(' ');
        let text = joined.trim_end();
        if i > 0 && !starts_attribution(text) {
            return None;
        }
        let said = text.trim_end_matches([':', '：', ' ']);
        let numbers = said.chars().filter(char::is_ascii_digit).count();
        let addressed = said.contains('<') && said.contains('@');
        // `2016-02-01 4:58 GMT+01:00 Ada <ada@example.com>:` says it without a verb.
        let bare = said.ends_with('>') && addressed && numbers >= 6 && said.len() < 160;
        if bare && (said.len() < text.len() || text.starts_with(|c: char| c.is_ascii_digit())) {
            return Some(Attribution { lines: i + 1, dated: true });
        }
        if said.len() == text.len() {
            continue;
        }
        if WROTE.iter().any(|w| has_word(said, w)) {
            let cjk = said.chars().any(|c| ('\u{3040}'..='\u{9fff}').contains(&c));
            let dated = addressed || numbers >= 6 || (numbers >= 3 && (cjk || starts_attribution(text)));
            return Some(Attribution { lines: i + 1, dated });
        }
    }
    None
}

/// A word that attributions begin with, a number, `Mon 1 …` in any language, or a mailbox.
fn starts_attribution(text: &str) -> bool {
    let mut words = text.split(' ');
    let digit = |w: Option<&str>| w.is_some_and(|w| w.starts_with(|c: char| c.is_ascii_digit()));
    let weekday = words.next().is_some_and(|w| w.chars().count() <= 5) && digit(words.next());
    let mailbox = text.contains('<') && text.contains('@');
    STARTS.iter().any(|s| text.starts_with(s)) || digit(Some(text)) || text.starts_with('<') || weekday || mailbox
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|t| t.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|t| t.chars().next());
        let ascii = |c: Option<char>| c.is_some_and(|c| c.is_alphabetic());
        let wide = word.chars().any(|c| c > '\u{3000}');
        wide || (!ascii(before) && !ascii(after))
    })
}

/// `-----Original Message-----` and its like.
pub(super) fn separator(line: &str) -> bool {
    if !line.trim_start_matches(['*', ' ', '\t']).starts_with(['-', '_', '>']) {
        return false;
    }
    let line = fold(line);
    // GroupWise: `>>> Ada Park 12/11/00 03:54PM >>>`.
    let inner = line.strip_prefix(">>> ").and_then(|l| l.strip_suffix(" >>>"));
    if inner.is_some_and(|l| l.chars().filter(char::is_ascii_digit).count() >= 4) {
        return true;
    }
    let inner = line.trim_matches(|c: char| "-_= ".contains(c));
    let ruled = line.starts_with("--") || line.starts_with("__");
    ruled && line.len() > inner.len() && ORIGINAL.contains(&inner)
}

/// The line above mail that somebody passes on.
pub(super) fn forward(line: &str) -> bool {
    let bare = line.trim_matches(['*', ' ', '\t']);
    if !bare.starts_with("--") && !bare.ends_with(':') {
        return false;
    }
    let line = fold(line);
    let inner = line.trim_matches(|c: char| "-_=>: ".contains(c));
    let marked = line.starts_with("--") || line.ends_with(':');
    line.len() < 200 && marked && FORWARDED.iter().any(|f| inner.starts_with(f))
}

/// A block of `From: … Sent: … To: … Subject: …` at the start of these lines.
pub(super) fn header_block(lines: &[&str]) -> bool {
    if !lines.first().is_some_and(|l| l.contains([':', '：'])) {
        return false;
    }
    let mut seen = [false; 5];
    let kinds = [FROM, DATE, TO, SUBJECT, CC];
    let mut blank = 0;
    for (i, line) in lines.iter().take(14).enumerate() {
        let folded = fold(line);
        if folded.is_empty() {
            blank += 1;
            if blank > 3 {
                break;
            }
            continue;
        }
        let key = folded.split_once([':', '：']).map(|(k, _)| k.trim().to_owned());
        let kind = key.and_then(|k| kinds.iter().position(|words| words.contains(&k.as_str())));
        match (kind, i) {
            (Some(0..=2), 0) => {}
            (_, 0) => return false,
            // A long list of recipients runs over several lines.
            (None, _) if i > 8 || blank > 0 => break,
            _ => {}
        }
        if let Some(slot) = kind.and_then(|k| seen.get_mut(k)) {
            *slot = true;
        }
    }
    let [from, date, to, subject, cc] = seen;
    (from && (date || to) && (subject || to)) || (to && subject && cc)
}

/// `Sent from my phone` and its like.
pub(super) fn signature_start(line: &str) -> bool {
    let line = fold(line);
    let inner = line.trim_start_matches(|c: char| "-_<[( ".contains(c));
    line.split(' ').count() <= 8 && DEVICE.iter().any(|d| inner.starts_with(d))
}

/// The rule above what a mailing list adds to each mail.
pub(super) fn list_footer(lines: &[&str]) -> bool {
    let is_rule = lines.first().is_some_and(|l| l.len() > 1 && l.chars().all(|c| c == '_' || c == '-' || c == '='));
    let says = |l: &&str| {
        let l = fold(l);
        ["mailing list", "listinfo", "unsubscribe"].iter().any(|w| l.contains(w))
    };
    is_rule && lines.iter().skip(1).take(4).any(says)
}

/// A line with a date and a time, as Lotus Notes puts it between a name and `To:`.
pub(super) fn has_date(line: &str) -> bool {
    let digits = line.chars().filter(char::is_ascii_digit).count();
    digits >= 6 && line.contains(':') && line.len() < 80
}
