//! The words by which mail programs mark quotes, forwards and signatures, in the languages they speak. All lowercased,
//! parted by `|`, a line for some languages.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// How attribution lines say "wrote".
const WROTE: &str = "wrote|writes|schrieb|geschrieben|schreef|écrit|escribió|escribio|escribiu|va escriure|idatzi du|\
    scritto|scrive|escreveu|skrev|skreiv|skrifaði|kirjoitti|kirjutas|rakstīja|rašė|\
    napisał|napisała|napisał(a)|napisal|napisala|napsal|napsala|napsal(a)|napísal|napísala|napísal(a)|napisao|napisala|\
    написал|написала|написал(а)|пишет|писал|написав|написала|написав(-ла)|пише|написа|написао|a scris|írta|έγραψε|yazdı|\
    書きました|のメール|写道|寫道|写到|写了|작성|작성함|כתב|כתבה|כתב/ה|كتب|كتبت|نوشت|đã viết|menulis|เขียน|ने लिखा";
/// How they begin, each with a number in the same line.
const STARTS: &str = "on|am|le|el|il|op|em|den|på|d.|w dniu|dnia|dne|dňa|dana|в|у|на|in message|at|in article|în|pe|la|a|az|\
    στις|la data|plkst.|tarihinde|בתאריך|ביום|ב-|في|بتاريخ|در|vào|pada|เมื่อ|vl|þann|bat|o dia|a data|\
    在|于|於";
const FROM: &str = "from|author|sender|von|de|da|di|van|från|fra|frá|lähettäjä|od|от|от кого|отправитель|від|от:|expeditor|de la|\
    feladó|από|kimden|gönderen|saatja|no|nuo|差出人|送信者|发件人|寄件者|寄件人|보낸 사람|보낸사람|מאת|من|từ|dari|จาก|remitente|expéditeur|absender|mittente|remetente|afzender";
const DATE: &str = "sent|date|sent on|gesendet|gesendet am|datum|envoyé|envoyé le|enviado|enviado el|enviada em|enviado em|fecha|\
    inviato|inviato il|data|verzonden|verzonden op|skickat|sendt|sendt den|dato|lähetetty|päivämäärä|päiväys|pvm|wysłano|wysłane|\
    odesláno|odoslané|poslano|отправлено|дата|надіслано|изпратено|trimis|küldve|elküldve|dátum|\
    εστάλη|στάλθηκε|ημερομηνία|tarih|gönderme tarihi|gönderildi|saadetud|kuupäev|nosūtīts|išsiųsta|送信日時|日時|日付|发送时间|发送日期|日期|时间|寄件日期|傳送時間|\
    보낸 날짜|날짜|נשלח|תאריך|تاريخ|تاريخ الإرسال|đã gửi|ngày|dikirim|tanggal|ส่ง|วันที่|data/ora|data:";
const TO: &str = "to|an|à|a|para|per|aan|till|til|vastaanottaja|do|komu|pro|pre|za|кому|до|către|catre|címzett|προς|kime|alıcı|kam|kam:|saaja|\
    宛先|收件人|收件者|받는 사람|받는사람|אל|إلى|đến|kepada|ถึง|pour|destinatario|empfänger|destinataire";
const SUBJECT: &str = "subject|re|betreff|betr.|objet|sujet|asunto|assumpte|oggetto|assunto|onderwerp|ämne|emne|efni|aihe|otsikko|teema|temat|předmět|predmet|\
    zadeva|naslov|тема|относно|предмет|subiect|tárgy|θέμα|konu|temats|tema|件名|主题|主旨|标题|제목|נושא|موضوع|الموضوع|chủ đề|perihal|subjek|เรื่อง";
const CC: &str = "cc|c.c.|bcc|cci|kopie|copie|copia|cópia|kopia|kopi|kopio|копия|копія|másolat|κοιν.|bilgi|抄送|副本|참조|עותק|نسخة|\
    importance|priority|attachments|attachment|reply-to|reply to|organization|anlagen|anhänge|pièces jointes|datos adjuntos|allegati|bijlagen|wichtigkeit|importancia|添付ファイル|附件|重要度";

/// What stands between rules above an answered mail.
const ORIGINAL: &str = "original message|original mail|original e-mail|original email|original appointment|original|reply message|\
    ursprüngliche nachricht|originalnachricht|ursprüngliche mail|original-nachricht|urspruengliche nachricht|antwort|\
    message d'origine|message d’origine|message original|message initial|mensaje original|missatge original|\
    messaggio originale|messaggio original|oorspronkelijk bericht|origineel bericht|oorspronkelijke bericht|mensagem original|\
    ursprungligt meddelande|originalmeddelande|oprindelig meddelelse|oprindelig besked|opprinnelig melding|original melding|\
    alkuperäinen viesti|alkuperäinen sähköposti|oryginalna wiadomość|wiadomość oryginalna|wiadomość wysłana|původní zpráva|původní e-mail|pôvodná správa|\
    izvirno sporočilo|izvorna poruka|исходное сообщение|оригинальное сообщение|вихідне повідомлення|оригинално съобщение|mesaj original|mesajul original|eredeti üzenet|\
    αρχικό μήνυμα|özgün ileti|orijinal mesaj|algne kiri|元のメッセージ|元のメール|原始邮件|原始郵件|原邮件|원본 메시지|원본 메일|הודעה מקורית|الرسالة الأصلية|thư gốc|pesan asli|ข้อความต้นฉบับ";
/// How the line above a mail that is passed on begins.
const FORWARDED: &str = "forwarded message|begin forwarded message|forwarded by|forwarded email|forwarded mail|start of forwarded|fwd message|\
    weitergeleitete nachricht|anfang der weitergeleiteten|weitergeleitet von|message transféré|message transmis|début du message|message réexpédié|\
    mensaje reenviado|inicio del mensaje reenviado|missatge reenviat|messaggio inoltrato|inizio messaggio inoltrato|\
    doorgestuurd bericht|begin doorgestuurd bericht|mensagem encaminhada|mensagem reencaminhada|início da mensagem|início de mensagem|\
    vidarebefordrat meddelande|vidarebefordrat brev|vidarebefordrat mejl|videresendt meddelelse|videresendt besked|videresendt melding|start på videresendt|starten på videresendt|\
    edelleenlähetetty viesti|välitetty viesti|przekazana wiadomość|wiadomość przekazana|początek przekazywanej|přeposlaná zpráva|předaná zpráva|preposlaná správa|\
    posredovano sporočilo|proslijeđena poruka|прослеђена порука|пересланное сообщение|пересылаемое сообщение|начало переадресованного|переслане повідомлення|препратено съобщение|\
    mesaj redirecționat|mesaj redirectionat|továbbított üzenet|προωθημένο μήνυμα|iletilen mesaj|iletilmiş mesaj|iletilen ileti|edastatud kiri|\
    転送されたメッセージ|転送メッセージ|転送メール|转发的邮件|轉寄的郵件|转发邮件信息|转发邮件|轉寄郵件|전달된 메시지|전달된 메일|הודעה שהועברה|الرسالة المحولة|رسالة محولة|thư được chuyển tiếp|pesan terusan|pesan yang diteruskan|ข้อความที่ส่งต่อ";
/// How lines begin that phones and programs sign with.
const DEVICE: &str = "sent from my |sent from mail for|sent from outlook|sent from yahoo|sent from proton|sent from aol|sent from gmail|sent from samsung|sent from mobile|sent from iphone|sent from a |sent from an |sent via |\
    sent with |sent using |get outlook for|yahoo mail: |do you yahoo!?|get your free |get your private, free|\
    von meinem |von meiner |gesendet mit |gesendet von |diese nachricht wurde von meinem|diese e-mail wurde von |holen sie sich outlook|\
    envoyé de mon|envoyé depuis|envoyé à partir de|envoyé avec|obtenez outlook|télécharger outlook|enviado desde|enviado de meu|enviado do meu|enviado via|enviado a partir|enviado con|\
    obtener outlook|inviato da|inviato dal|scarica outlook|verzonden vanaf|verstuurd vanaf|verzonden met|verzonden via|outlook voor|skickat från|sendt fra|sendt min|lähetetty |wysłane z|wysłano z|\
    odesláno z|odoslané z|poslano z|poslano s|отправлено с|отправлено из|надіслано з|изпратено от|trimis de pe|trimis din|elküldve|στάλθηκε από|εστάλη από|\
    iphoneから送信|私のiphoneから|ipadから送信|发自我的|從我的|发自|發自|我的 iphone|나의 iphone에서|내 iphone에서|iphone'umdan gönderildi|iphone’umdan gönderildi|saadetud minu|\
    נשלח מה|أرسلت من|أُرسلت من|được gửi từ|đã gửi từ|dikirim dari|ส่งจาก";
/// How a person closes a mail.
const CLOSINGS: &str = "regards|best regards|kind regards|warm regards|kindest regards|with regards|with best regards|with kind regards|many thanks|thanks|thanks and regards|thanks & regards|thank you|thx|\
    cheers|best|best wishes|all the best|sincerely|sincerely yours|yours sincerely|yours faithfully|yours truly|respectfully|take care|rgds|br|tia|thanks again|thanks in advance|\
    mit freundlichen grüßen|mit freundlichen grüssen|mit freundlichem gruß|freundliche grüße|freundliche grüsse|viele grüße|beste grüße|herzliche grüße|liebe grüße|schöne grüße|gruß|grüße|mfg|vg|lg|\
    cordialement|bien cordialement|cdlt|bien à vous|salutations|saludos|un saludo|atentamente|saludos cordiales|cordiali saluti|distinti saluti|saluti|grazie|\
    met vriendelijke groet|met vriendelijke groeten|groeten|groet|mvg|atenciosamente|cumprimentos|abraços|obrigado|obrigada|med vänliga hälsningar|vänliga hälsningar|med vänlig hälsning|vänligen|mvh|hälsningar|\
    med venlig hilsen|venlig hilsen|hilsen|med vennlig hilsen|vennlig hilsen|hilsener|vh|ystävällisin terveisin|terveisin|terv|pozdrawiam|z poważaniem|z powazaniem|s pozdravem|s pozdravom|с уважением|з повагою|lp|lep pozdrav|\
    cu stima|cu respect|üdvözlettel|με εκτίμηση|saygılarımla|iyi çalışmalar|よろしくお願いします|よろしくお願いいたします|敬具|此致|谢谢|祝好|감사합니다";
/// How paragraphs begin that lawyers and programs put below a mail.
const DISCLAIMERS: &str = "confidentiality notice|confidentiality note|confidentiality:|confidential:|disclaimer|legal notice|legal disclaimer|privileged and confidential|privileged/confidential|notice: this|\
    this e-mail is the property|this e-mail and any|this e-mail (and|this e-mail, including|this e-mail message|this e-mail transmission|this e-mail is confidential|this e-mail contains|this e-mail may contain|this email and any|this email (and|this email, including|\
    this email message|this email is confidential|this email contains|this email may contain|this email is intended|this e-mail is intended|this message and any|this message (and|this message, including|this message is confidential|this message is intended|this message contains confidential|this message may contain|\
    this transmission|this communication is|this communication may|this communication, including|the information contained in this|the information in this e|the information transmitted|the contents of this e|the content of this e|any views expressed in this|any review, |if you are not the intended|if you have received this|\
    please consider the environment|think before you print|virus-free. |this email has been checked|this email was scanned|this e-mail has been scanned|no virus found|internal virus database|\
    diese e-mail enthält|diese email enthält|diese nachricht enthält vertrauliche|der inhalt dieser e|diese e-mail und|ce message et|ce message est|ce courriel|cet e-mail|ce mail et|este mensaje|este correo|esta mensagem|este e-mail|aviso legal|aviso de confidencial|questo messaggio|questa e-mail|questa email|le informazioni contenute|\
    dit bericht|deze e-mail|de informatie in d|detta meddelande|denne e-mail|denne e-post|tämä viesti|ta wiadomość|niniejsza wiadomość|treść tej wiadomości|tato zpráva|настоящее сообщение|данное сообщение|это сообщение|bu e-posta|bu mesaj|ez az üzenet|acest mesaj|このメール|本邮件|此邮件";

fn listed(words: &'static str) -> impl Iterator<Item = &'static str> {
    words.split('|').filter(|word| !word.is_empty())
}

type Hashing = foldhash::fast::RandomState;
type Whole = LazyLock<HashSet<&'static str, Hashing>>;

/// Beginnings, by their first letter.
type Beginnings = HashMap<char, Vec<&'static str>, Hashing>;

fn beginnings(words: &'static str) -> Beginnings {
    let mut by_letter = Beginnings::default();
    for word in listed(words) {
        by_letter.entry(word.chars().next().unwrap_or_default()).or_default().push(word);
    }
    by_letter
}

/// Those of the beginnings with which the text begins.
fn begins<'b>(text: &'b str, known: &'b Beginnings) -> impl Iterator<Item = &'static str> + 'b {
    let near = text.chars().next().and_then(|first| known.get(&first));
    near.into_iter().flatten().copied().filter(move |word| text.starts_with(word))
}

/// Which field of a header block a key names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    From,
    Date,
    To,
    Subject,
    /// One of those that come later.
    Other,
}

/// The field of a key, lowercased.
pub(super) fn field(key: &str) -> Option<Field> {
    static FIELDS: LazyLock<HashMap<&str, Field, Hashing>> = LazyLock::new(|| {
        let kinds =
            [(CC, Field::Other), (TO, Field::To), (SUBJECT, Field::Subject), (DATE, Field::Date), (FROM, Field::From)];
        kinds.into_iter().flat_map(|(words, field)| listed(words).map(move |word| (word, field))).collect()
    });
    FIELDS.get(key).copied()
}

/// True when folded text says that somebody wrote.
pub(super) fn says_wrote(text: &str) -> bool {
    // Single words, and those that no space parts from others.
    static WORDS: Whole = LazyLock::new(|| listed(WROTE).filter(|word| !is_loose(word)).collect());
    static LOOSE: LazyLock<Vec<&str>> = LazyLock::new(|| listed(WROTE).filter(|word| is_loose(word)).collect());
    let words = || text.split(|c: char| !c.is_alphanumeric());
    words().any(|word| WORDS.contains(word)) || LOOSE.iter().any(|word| text.contains(word))
}

fn is_loose(word: &str) -> bool {
    word.chars().any(|c| !c.is_alphanumeric() || c > '\u{3000}' || ('\u{0e00}'..='\u{0e7f}').contains(&c))
}

/// True when folded text ends by saying that somebody wrote.
pub(super) fn ends_with_wrote(text: &str) -> bool {
    listed(WROTE).any(|word| text.strip_suffix(word).is_some_and(|rest| rest.ends_with([' ', '>', ')', '"'])))
}

/// True when folded text begins as attributions do, but for those that begin with a date or a name.
pub(super) fn starts_attribution(text: &str) -> bool {
    static KNOWN: LazyLock<Beginnings> = LazyLock::new(|| beginnings(STARTS));
    begins(text, &KNOWN).any(|word| {
        let rest = text.get(word.len()..).unwrap_or_default();
        rest.starts_with([' ', '\u{a0}']) || word.chars().all(|c| c > '\u{3000}' || c == '-')
    })
}

/// True for what stands between rules above an answered mail.
pub(super) fn is_original(inner: &str) -> bool {
    static KNOWN: Whole = LazyLock::new(|| listed(ORIGINAL).collect());
    KNOWN.contains(inner)
}

/// True for how the line above a mail that is passed on begins.
pub(super) fn begins_forward(inner: &str) -> bool {
    static KNOWN: LazyLock<Beginnings> = LazyLock::new(|| beginnings(FORWARDED));
    begins(inner, &KNOWN).next().is_some()
}

/// True for how lines begin that phones and programs sign with.
pub(super) fn begins_device(line: &str) -> bool {
    static KNOWN: LazyLock<Beginnings> = LazyLock::new(|| beginnings(DEVICE));
    begins(line, &KNOWN).next().is_some()
}

/// True for a line by which a person closes, without its comma.
pub(super) fn is_closing(line: &str) -> bool {
    static KNOWN: Whole = LazyLock::new(|| listed(CLOSINGS).collect());
    KNOWN.contains(line)
}

/// True for how paragraphs begin that lawyers put below a mail.
pub(super) fn begins_disclaimer(line: &str) -> bool {
    static KNOWN: LazyLock<Beginnings> = LazyLock::new(|| beginnings(DISCLAIMERS));
    begins(line, &KNOWN).next().is_some()
}
