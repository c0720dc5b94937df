//! Sentences that bind whoever signs them: promises, consent, refusals, yes and no.
//!
//! What enters is a sentence of a draft; what leaves is whether its owner has to have said so first. By phrases, and rather
//! too often than once too few: what is taken for a promise is shown in brackets, and its owner takes these away.

use crate::assistant::offline::intent::{self, Intent};
use crate::assistant::offline::words::Words;

/// Languages whose phrases are known here; in all others every sentence is taken for a promise.
const KNOWN: &[&str] = &["eng", "deu", "fra", "spa", "ita", "por", "nld", "jpn", "cmn"];

/// True when a sentence in that language binds its writer, or may.
pub fn binds(sentence: &str, language: Option<&str>) -> bool {
    let language = language.unwrap_or("eng");
    if !KNOWN.contains(&language) {
        return true;
    }
    let words = Words::of(sentence);
    words.has(PHRASES)
        || words.starts(ANSWERS)
        || intent::of(sentence, Some(language)) == Intent::Promise
        || sentence.chars().any(crate::assistant::offline::words::is_cjk)
            && UNSPACED.iter().any(|p| sentence.contains(p))
}

/// How a question is answered.
#[rustfmt::skip]
const ANSWERS: &[&str] = &[
    "yes", "yeah", "yep", "no", "nope", "sure", "of course", "certainly", "absolutely", "definitely", "agreed", "deal", "done",
    "correct", "exactly", "that works", "works for me", "sounds good", "fine", "perfect", "confirmed", "approved", "accepted",
    "ok", "okay", "happy to", "glad to", "will do", "consider it",
    "ja", "nein", "natürlich", "selbstverständlich", "gerne", "gern", "klar", "einverstanden", "passt", "genau", "abgemacht",
    "oui", "non", "bien sûr", "d'accord", "volontiers", "entendu", "certainement", "sí", "claro", "por supuesto", "de acuerdo",
    "vale", "perfecto", "certo", "certamente", "va bene", "sim", "não", "com certeza", "combinado", "nee", "natuurlijk", "akkoord",
    "prima", "si",
];

#[rustfmt::skip]
const PHRASES: &[&str] = &[
    // English
    "i will", "i'll", "we will", "we'll", "i shall", "we shall", "i won't", "we won't", "i am going to", "i'm going to",
    "we're going to", "we are going to", "i can", "we can", "i can't", "i cannot", "we cannot", "i could", "we could", "i agree", "we agree",
    "i accept", "we accept", "i confirm", "we confirm", "i approve", "we approve", "i promise", "we promise", "i guarantee",
    "we guarantee", "guaranteed", "i commit", "we commit", "i undertake", "we undertake", "i decline", "we decline", "i refuse",
    "i authorize", "i authorise", "we authorize", "i consent", "you have my", "you have our", "go ahead", "count on", "count me in",
    "we offer", "i offer", "we have decided", "i have decided", "we decided", "i'd be happy to", "i would be happy to",
    "i am happy to", "i'm happy to", "we are happy to", "we're happy to", "i am able to", "we are able to", "liable", "liability", "refund",
    "discount", "free of charge", "no charge", "at no cost", "i am sending", "i'm sending", "i have sent", "i've sent", "i sent",
    "we have sent", "i have paid", "we have paid", "will pay", "is approved", "is accepted", "is confirmed", "is agreed", "let's do",
    "see you", "i am available", "i'm available", "we are available", "we're available", "i am free", "i'm free", "works for us",
    "that is fine", "that's fine", "i don't have any objection", "no objection", "no objections", "i waive", "we waive", "signed",
    "by the end of", "on time", "at the latest", "i am in", "i'm in", "will be there", "will attend", "i have attached", "i attach",
    "please find attached", "attached is", "attached you", "i enclose", "is included", "are included", "we support", "we provide", "our policy",
    "i intend", "we intend", "i plan to", "we plan to", "please transfer", "please wire", "please pay", "please send the money", "new bank",
    // German
    "ich werde", "wir werden", "ich kann", "wir können", "werde ich", "werden wir", "kann ich", "können wir", "ich stimme",
    "wir stimmen", "ich bestätige", "wir bestätigen", "bestätige ich", "ich sage zu", "zugesagt", "zusage", "ich verspreche", "verspreche",
    "garantiere", "garantieren", "garantiert", "ich akzeptiere", "akzeptieren wir", "wir akzeptieren", "ich nehme", "nehmen wir",
    "einverstanden", "in ordnung", "genehmigt", "genehmige", "ich schicke", "schicke ich", "schicken wir", "wir schicken", "ich sende",
    "sende ich", "wir senden", "senden wir", "ich liefere", "wir liefern", "liefern wir", "ich komme", "wir kommen", "komme ich", "ich melde",
    "melde mich", "ich überweise", "wir überweisen", "überweise ich", "wir bieten", "bieten wir", "rabatt", "kostenlos", "haften", "haftung",
    "ich übernehme", "wir übernehmen", "übernehmen wir", "ich lehne", "wir lehnen", "ich unterschreibe", "anbei", "im anhang", "spätestens",
    "bis dann", "fest zu",
    // French
    "je vais", "nous allons", "je peux", "nous pouvons", "j'accepte", "nous acceptons", "je confirme", "nous confirmons", "je m'engage",
    "nous nous engageons", "je promets", "je garantis", "nous garantissons", "d'accord", "je refuse", "nous refusons", "j'approuve",
    "je vous envoie", "je vous enverrai", "j'enverrai", "nous enverrons", "nous vous enverrons", "je serai", "nous serons", "je viendrai",
    "remise", "gratuit", "remboursement", "ci-joint", "je paierai", "nous paierons", "je ferai", "nous ferons", "vous aurez", "au plus tard",
    // Spanish
    "voy a", "vamos a", "puedo", "podemos", "acepto", "aceptamos", "confirmo", "confirmamos", "me comprometo", "nos comprometemos",
    "prometo", "garantizo", "garantizamos", "de acuerdo", "apruebo", "aprobamos", "rechazo", "le envío", "te envío", "les envío",
    "enviaré", "enviaremos", "estaré", "estaremos", "pagaré", "pagaremos", "haré", "haremos", "descuento", "gratis", "reembolso", "adjunto",
    "a más tardar",
    // Italian, Portuguese, Dutch
    "accetto", "accettiamo", "confermo", "confermiamo", "prometto", "garantisco", "garantiamo", "posso", "possiamo", "invierò",
    "manderò", "invieremo", "sarò", "saremo", "pagherò", "sconto", "in allegato", "d'accordo", "farò", "faremo",
    "aceito", "aceitamos", "concordo", "prometemos", "garanto", "garantimos", "vou", "posso enviar", "enviarei",
    "enviaremos", "estarei", "pagarei", "desconto", "em anexo", "farei", "faremos",
    "ik zal", "wij zullen", "we zullen", "ik kan", "wij kunnen", "we kunnen", "ik bevestig", "wij bevestigen", "ik beloof", "akkoord", "ik ga",
    "we gaan", "wij gaan", "ik stuur", "wij sturen", "we sturen", "korting", "gratis", "bijgevoegd", "uiterlijk",
];

#[rustfmt::skip]
const UNSPACED: &[&str] = &[
    "はい", "いいえ", "いたします", "致します", "します", "できます", "可能です", "承知", "了解", "承諾", "同意", "確認しました", "約束", "保証",
    "送ります", "伺います", "参ります", "支払", "値引", "無料", "添付", "大丈夫", "問題ありません", "ましょう", "つもり", "予定です",
    "我会", "我们会", "可以", "同意", "确认", "承诺", "保证", "接受", "拒绝", "好的", "没问题", "发送", "支付", "折扣", "免费", "附件",
];
