//! The phrases that ask, by language. Phrases are whole words, lowercase, as [`super::words::Words`] holds them.

use super::words::Phrases;

/// Asks for something wherever it stands in a sentence; long enough to mean the same in no other language.
#[rustfmt::skip]
pub(super) static REQUESTS: Phrases = Phrases::of(&[
    // English
    "could you", "can you", "would you", "will you please", "can we", "could we", "may i", "could i", "can i",
    "let me know", "let us know", "need you to", "needs you to", "want you to", "like you to", "ask you to",
    "asking you to", "ask that you", "request that you", "you will need to", "you'll need to", "remember to",
    "don't forget", "do not forget", "be sure to", "would appreciate", "appreciate it if", "appreciate your",
    "appreciate any", "grateful if", "grateful for your", "would be great if", "would be good if",
    "would be helpful if", "would be nice if", "would help if", "i need your", "we need your", "need your help",
    "get back to me", "get back to us", "keep me posted", "keep us posted", "keep me informed", "keep me updated",
    "give me a call", "give me a ring", "waiting for your", "awaiting your", "your thoughts on", "your feedback on",
    "any thoughts", "any update", "any updates", "any news", "wondering if you", "wondering whether you",
    "wonder if you", "wonder whether you", "wondering if we", "i'd like to know", "i would like to know",
    "would like to know", "wanted to ask", "do you have", "do you know", "do you think", "are you able",
    "are you available", "if you could", "if you would", "i need you", "we need you", "shall we", "should we",
    "let's", "lets", "up to you to", "on your side to", "your input", "take a look", "have a look", "how about",
    "what about", "invite you to", "like to invite you", "you are welcome to join", "you're welcome to join",
    "love to have you", "like to meet", "like to get together", "like to visit with you", "like to discuss",
    "like to talk", "like to speak", "like to see you", "i suggest", "i would suggest", "i'd suggest", "i propose",
    "recommend that you", "recommend you", "would be ideal if", "i need this", "i need that", "we need this",
    "let you decide", "we could meet", "we can meet", "we could discuss", "we can discuss", "if you don't mind",
    "if you have a minute", "your opinion on", "your view on", "your advice", "your approval", "your confirmation",
    "your answer",
    // German
    "könntest du", "könnten sie", "könntet ihr", "kannst du", "können sie", "könnt ihr", "würdest du", "würden sie",
    "gib mir bescheid", "gib bescheid", "geben sie mir", "geben sie uns", "sag mir", "sag bescheid", "sagen sie mir",
    "lass mich wissen", "lass uns", "lassen sie mich", "lassen sie uns", "brauche von dir", "brauche von ihnen",
    "brauchen von ihnen", "vergiss nicht", "vergessen sie nicht", "denk daran", "denk bitte", "denken sie",
    "melde dich", "melden sie sich", "ich bitte", "wir bitten", "wäre dankbar", "wäre toll wenn", "wäre schön wenn",
    "wäre super wenn", "wäre nett wenn", "sollten wir", "wollen wir", "hast du schon", "haben sie schon",
    // French
    "pourriez-vous", "pouvez-vous", "pourrais-tu", "peux-tu", "tu peux", "vous pouvez nous", "vous pouvez me",
    "pouvez vous", "pourriez vous", "merci de", "veuillez", "s'il vous plaît", "s'il te plaît", "s'il vous plait",
    "s'il te plait", "svp", "stp", "je vous prie de", "je te prie de", "faites-moi", "fais-moi", "faites-nous",
    "tenez-moi", "tiens-moi", "dites-moi", "dis-moi", "dites-nous", "n'oubliez pas", "n'oublie pas",
    "j'aimerais que", "j'ai besoin que", "il faudrait que", "il faut que tu", "il faut que vous",
    "serait-il possible", "je voudrais savoir", "j'aimerais savoir", "envoyez-moi", "envoie-moi",
    // Spanish
    "podrías", "podría", "podrían", "puedes", "podéis", "puede usted", "por favor", "porfa", "envíame", "envíeme",
    "envíanos", "mándame", "mándeme", "avísame", "avíseme", "avísanos", "dime", "dígame", "confírmame", "confírmeme",
    "necesito que", "necesitamos que", "te pido que", "le pido que", "le ruego", "te ruego", "no olvides",
    "no olvide", "hágame saber", "hazme saber", "me gustaría que", "sería posible", "quisiera saber",
    "me gustaría saber",
    // Italian, Portuguese, Dutch
    "potresti", "potrebbe", "puoi", "per favore", "per cortesia", "fammi sapere", "mi faccia sapere", "você pode",
    "poderia", "você poderia", "me avise", "kun je", "kunt u", "kunnen jullie", "zou je", "zou u", "alstublieft",
    "alsjeblieft", "laat me weten", "laat het me weten", "graag je reactie",
    // Russian
    "пожалуйста", "не могли бы", "не мог бы", "не могла бы", "могли бы вы", "можете ли", "прошу", "просим",
    "пришлите", "пришли", "сообщите", "сообщи", "дайте знать", "дай знать", "подскажите", "подскажи", "напишите",
    "напиши", "позвоните", "позвони", "подтвердите", "проверьте", "отправьте",
    // Japanese
    "ください", "下さい", "くださいませ", "いただけますか", "いただけません", "いただけない", "頂けますか", "頂けません", "頂けない", "もらえますか", "もらえません", "くれますか",
    "くれません", "お願いできますか", "お願いできません", "をお願い", "のほどお願い", "いただきたく", "頂きたく", "いただければ幸い", "頂ければ幸い", "いただけると", "頂けると",
    "いただけますでしょうか", "教えて", "てほしい",
    // Chinese
    "麻烦你", "麻烦您", "能否", "可否", "能不能", "可不可以", "请您", "请你", "请把", "请将", "请在", "请于", "请帮", "请确认", "请回复", "请发", "请告知",
    "请提供", "请查收并", "请看", "请尽快", "请填写", "请安排", "告诉我", "希望你能", "希望您能",
]);

/// Ask too, but mark these sentences as telling rather than asking: `please find attached`, `please note`.
#[rustfmt::skip]
pub(super) static TELLING: Phrases = Phrases::of(&[
    "to unsubscribe", "no need to reply", "no need to respond", "no reply needed", "no action needed",
    "no action required", "do not wish to receive", "join me in congratulating", "join me in welcoming",
    "do not reply to this", "opt out", "stop receiving", "future mailings", "to your address book",
    "view this email in", "please find", "please see attached", "please see the attached", "please see below",
    "please note", "please be advised", "please be aware", "please accept", "please don't worry",
    "please do not worry", "please ignore", "please disregard", "bitte beachten", "bitte entschuldige",
    "bitte entschuldigen", "bitte um entschuldigung", "anbei finden", "veuillez trouver", "veuillez noter",
    "veuillez recevoir", "veuillez accepter", "merci de votre", "merci de ta", "merci de ton",
    "merci de l'attention", "le ruego disculpe", "disculpe", "por favor disculpa", "ご容赦ください", "お待ちください", "ご了承ください",
    "ご安心ください", "お許しください", "请注意", "请放心", "请见谅", "请稍等",
]);

/// Asks when a sentence holds it, in the language given.
pub(super) const PLEASE: &[(&str, &[&str])] =
    &[("eng", &["please", "pls", "plz", "kindly"]), ("deu", &["bitte", "bitten"]), ("nld", &["graag"])];

/// Verbs that command at the start of an English sentence. Left out is what starts a statement as often:
/// `look` (forward to), `thank`, `note`, `see` (you).
#[rustfmt::skip]
pub(super) const ENGLISH: &[&str] = &[
    "shoot me", "drop me", "accept", "add", "adjust", "advise", "answer", "apply", "approve", "arrange", "ask",
    "assign", "attach", "attend", "be", "bring", "book", "buy", "call", "cancel", "change", "check", "choose",
    "circulate", "clarify", "click", "close", "collect", "come", "comment", "compare", "complete", "confirm",
    "consider", "contact", "coordinate", "copy", "correct", "create", "cut", "delete", "deliver", "describe",
    "discuss", "distribute", "do", "don't", "download", "draft", "drop", "edit", "email", "e-mail", "ensure",
    "enter", "estimate", "examine", "expect", "explain", "fax", "feel", "fill", "find", "finish", "fix", "follow",
    "forget", "forward", "get", "give", "go", "handle", "have", "help", "hold", "ignore", "include", "indicate",
    "inform", "insert", "install", "invite", "join", "keep", "leave", "let", "list", "log", "look", "mail", "make",
    "mark", "meet", "mention", "modify", "move", "notify", "open", "order", "organise", "organize", "page", "pass",
    "pay", "pick", "ping", "plan", "post", "prepare", "print", "propose", "provide", "pull", "push", "put", "read",
    "register", "remember", "remind", "remove", "renew", "reply", "report", "request", "reschedule", "reserve",
    "resend", "respond", "return", "review", "revise", "run", "save", "schedule", "select", "send", "set", "share",
    "show", "sign", "start", "stay", "stop", "submit", "suggest", "summarise", "summarize", "switch", "take", "talk",
    "tell", "test", "text", "transfer", "try", "turn", "type", "update", "upload", "use", "verify", "view", "visit",
    "wait", "watch", "work", "write",
];

/// What follows an English verb where the sentence commands nothing after all.
#[rustfmt::skip]
pub(super) const ENGLISH_NOT: &[&str] = &[
    "look forward", "looks like", "look like", "talk to you", "talk soon", "find attached", "have a", "have fun",
    "have been", "hold on", "feel free", "get well", "meet the", "report is", "report from", "report on", "plan is",
    "plan a", "plan for", "work is", "work on", "work has", "list of", "test results", "call is", "call with",
    "call for", "copy of", "answer is", "change is", "order number", "order is", "order no", "update on",
    "update from", "review of", "watch this space", "show me the", "let's be honest", "be well", "stay well",
    "stay safe", "take care", "come what", "do you", "do we", "do i", "have you", "have we", "have i", "let me",
    "mail from", "draft of", "request for", "notify me",
];

/// Commands at the start of a sentence in other languages.
pub(super) const IMPERATIVES: &[(&str, &[&str])] = &[
    (
        "deu",
        &[
            "schick",
            "schicke",
            "schicken sie",
            "sende",
            "senden sie",
            "ruf",
            "rufen sie",
            "prüfe",
            "prüf",
            "prüfen sie",
            "bestätige",
            "bestätigen sie",
            "gib",
            "geben sie",
            "sag",
            "sagen sie",
            "komm",
            "kommen sie",
            "schau",
            "schauen sie",
            "lies",
            "lesen sie",
            "nimm",
            "nehmen sie",
            "mach",
            "machen sie",
            "antworte",
            "antworten sie",
            "füll",
            "füllen sie",
            "unterschreib",
            "unterschreiben sie",
            "leite",
            "leiten sie",
            "teile",
            "teilen sie",
            "reserviere",
            "buche",
            "buchen sie",
            "bring",
            "bringen sie",
            "überweise",
            "überweisen sie",
        ],
    ),
    (
        "fra",
        &[
            "envoyez",
            "envoie",
            "appelez",
            "appelle",
            "appelle-moi",
            "appelez-moi",
            "confirmez",
            "confirme",
            "vérifiez",
            "vérifie",
            "donnez",
            "donne",
            "répondez",
            "réponds",
            "regardez",
            "regarde",
            "lisez",
            "signez",
            "signe",
            "prenez",
            "préparez",
            "prépare",
            "pensez à",
            "pense à",
            "transmettez",
            "transmets",
            "indiquez",
            "précisez",
            "réservez",
            "réserve",
            "faites",
            "venez",
            "remplissez",
        ],
    ),
    (
        "spa",
        &[
            "envía",
            "envíe",
            "enviad",
            "manda",
            "mande",
            "llama",
            "llame",
            "llámame",
            "llámeme",
            "confirma",
            "confirme",
            "revisa",
            "revise",
            "comprueba",
            "compruebe",
            "responde",
            "responda",
            "contesta",
            "conteste",
            "mira",
            "mire",
            "firma",
            "firme",
            "prepara",
            "prepare",
            "reserva",
            "reserve",
            "recuerda",
            "recuerde",
            "trae",
            "traiga",
            "rellena",
            "rellene",
            "pregunta",
            "pregunte",
            "dale",
            "dinos",
            "cuéntame",
        ],
    ),
];

/// Words that may come before a command and say nothing: `Also send …`, `And then call …`.
#[rustfmt::skip]
pub(super) const LEAD_INS: &[&str] = &[
    "and", "also", "then", "so", "but", "now", "next", "just", "or", "first", "second", "finally", "lastly",
    "otherwise", "again", "anyway", "ok", "okay", "yes", "no", "well", "hi", "hello", "hey", "dear", "all", "team",
    "everyone", "folks", "guys", "thanks", "ps", "p", "s", "btw", "meanwhile", "additionally", "therefore", "always",
    "simply", "never", "firstly", "secondly", "und", "dann", "auch", "also", "et", "puis", "alors", "aussi", "y",
    "luego", "también", "entonces", "gracias", "danke", "merci",
];

/// The sender takes something on himself, in any language but English.
#[rustfmt::skip]
pub(super) static PROMISES: Phrases = Phrases::of(&[
    "ich schicke", "ich sende", "ich werde", "ich melde mich", "ich kümmere mich", "ich rufe", "wir schicken",
    "wir senden", "wir werden", "wir melden uns", "ich bringe", "ich prüfe", "schicke ich", "sende ich", "werde ich",
    "je vais", "je vous envoie", "je t'envoie", "je vous enverrai", "je t'enverrai", "j'enverrai", "je m'occupe",
    "je vous appelle", "je t'appelle", "nous allons", "nous vous enverrons", "je vous tiens au courant",
    "je te tiens au courant", "je vous ferai", "voy a", "vamos a", "te envío", "le envío", "te enviaré",
    "le enviaré", "enviaré", "te mando", "te mandaré", "me encargo", "te llamo", "le llamaré", "te llamaré",
    "prepararé", "お送りします", "お送りいたします", "送付いたします", "ご連絡します", "ご連絡いたします", "共有します", "共有いたします", "我会发", "我来处理", "我会把",
    "я пришлю", "я отправлю", "я подготовлю", "я позвоню",
]);

/// What an English promise begins with.
#[rustfmt::skip]
pub(super) const ENGLISH_PROMISES: &[&str] = &[
    "i will", "i'll", "we will", "we'll", "i am going to", "i'm going to", "we are going to", "we're going to",
    "i shall",
];

/// Ask only at the start of a sentence: elsewhere they explain (`before you do that you have to …`).
#[rustfmt::skip]
pub(super) const STARTS: &[&str] = &[
    "you need to", "you must", "you have to", "you should", "you may need to", "du musst", "sie müssen",
    "du solltest", "sie sollten", "vous devez", "tu dois", "tienes que", "tiene que",
];

/// The first word of a line of contact data.
pub(super) const CONTACTS: &[&str] =
    &["fax", "email", "e-mail", "mail", "phone", "tel", "call", "mobile", "text", "contact", "page", "office"];
