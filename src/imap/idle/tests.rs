//! Against a server of the test's own, with little patience.

use super::*;
use crate::config::{Endpoint, Security};
use crate::imap::connect;
use crate::secret::Credentials;
use secrecy::SecretString;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const WAITS: Waits =
    Waits { reissue: Duration::from_millis(400), silence: Duration::from_millis(200), answer: Duration::from_secs(10) };
/// For servers that do not answer.
const HURRIED: Waits = Waits { answer: Duration::from_millis(200), ..WAITS };

/// What happened to one IDLE: its end, and how often mail arrived.
async fn idled(waits: Waits, idle: impl AsyncFn(&mut Wire, &str) + 'static) -> (Result<(), ImapError>, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let endpoint = Endpoint { host: "127.0.0.1".to_owned(), port, security: Security::Plaintext, ca_file: None };
    let local = tokio::task::LocalSet::new();
    local.spawn_local(async move {
        let mut wire = Wire(BufReader::new(listener.accept().await.expect("a client").0));
        wire.say("* OK hello").await;
        while let Some((tag, command)) = wire.hear().await {
            match command.as_str() {
                "IDLE" => idle(&mut wire, &tag).await,
                "CAPABILITY" => wire.say(&format!("* CAPABILITY IMAP4rev1 IDLE\r\n{tag} OK done")).await,
                c if c.starts_with("EXAMINE") => wire.say(&format!("* 3 EXISTS\r\n{tag} OK done")).await,
                "NOOP" => wire.say(&format!("* 4 EXISTS\r\n{tag} OK done")).await,
                _ => wire.say(&format!("{tag} OK done")).await,
            }
        }
    });
    let count = AtomicUsize::new(0);
    let mut arrived = || {
        count.fetch_add(1, Ordering::SeqCst);
    };
    let client = async {
        let mut session =
            connect(&endpoint, "sam", &Credentials::Password(SecretString::from("secret"))).await.expect("a session");
        session.examine("INBOX").await.expect("open");
        let ended = session.idle(&waits, &mut arrived, std::future::pending()).await;
        if ended.is_ok() || matches!(ended, Err(ImapError::Refused { .. })) {
            session.noop(&mut arrived).await.expect("the session is sound");
        }
        ended
    };
    let ended = local.run_until(client).await;
    (ended, count.load(Ordering::SeqCst))
}

struct Wire(BufReader<TcpStream>);

impl Wire {
    async fn say(&mut self, text: &str) {
        self.0.write_all(format!("{text}\r\n").as_bytes()).await.ok();
    }

    async fn hear(&mut self) -> Option<(String, String)> {
        let mut line = String::new();
        self.0.read_line(&mut line).await.ok()?;
        let (tag, command) = line.trim_end().split_once(' ').unwrap_or((line.trim_end(), ""));
        (!line.is_empty()).then(|| (tag.to_owned(), command.to_owned()))
    }

    /// Waits for DONE and answers it.
    async fn done(&mut self, tag: &str) {
        assert_eq!(self.hear().await.expect("a line").0, "DONE");
        self.say(&format!("{tag} OK done")).await;
    }
}

#[tokio::test]
async fn hears_of_mail_before_in_and_after_an_idle() {
    let (ended, count) = idled(WAITS, async |wire, tag| {
        // What came between EXAMINE and IDLE is told before the server idles.
        wire.say("* 4 EXISTS").await;
        wire.say("+ idling").await;
        wire.say("* OK Still here\r\n* 2 FETCH (FLAGS (\\Seen))\r\n* 1 EXPUNGE\r\n* 0 RECENT\r\n* 4 EXISTS").await;
        assert_eq!(wire.hear().await.expect("a line").0, "DONE");
        wire.say(&format!("* 5 EXISTS\r\n* 1 RECENT\r\n{tag} OK done")).await;
    })
    .await;
    assert!(ended.is_ok(), "{ended:?}");
    // Three here, and one that the NOOP afterwards tells of.
    assert_eq!(count, 4);
}

#[tokio::test]
async fn a_server_that_chats_is_left_in_peace_until_it_is_time() {
    let chat = async |wire: &mut Wire, tag: &str| {
        wire.say("+ idling").await;
        for _ in 0..28 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            wire.say("* OK Still here").await;
        }
        wire.done(tag).await;
    };
    let begun = Instant::now();
    let waits = Waits { reissue: Duration::from_secs(3), silence: Duration::from_secs(2), ..WAITS };
    let (ended, _) = idled(waits, chat).await;
    assert!(ended.is_ok() && begun.elapsed() >= waits.reissue, "{ended:?}");
}

#[tokio::test]
async fn a_server_that_is_gone_is_lost_at_whatever_moment() {
    let never = async |_: &mut Wire, _: &str| std::future::pending().await;
    let (ended, _) = idled(HURRIED, never).await;
    assert!(matches!(ended, Err(ImapError::Lost(_))), "{ended:?}");
    let half_open = async |wire: &mut Wire, _: &str| {
        wire.say("+ idling").await;
        std::future::pending().await
    };
    let (ended, _) = idled(HURRIED, half_open).await;
    assert!(matches!(ended, Err(ImapError::Lost(_))), "{ended:?}");
    // Half a line is no sign of life, either.
    let stuck = async |wire: &mut Wire, _: &str| {
        wire.0.write_all(b"+ idling\r\n* 5 EXI").await.ok();
        std::future::pending().await
    };
    let (ended, count) = idled(HURRIED, stuck).await;
    assert!(matches!(ended, Err(ImapError::Lost(_))) && count == 0, "{ended:?}");
    let all = Waits::default();
    assert!(all.silence + all.answer < Duration::from_secs(5 * 60), "a half-open socket is noticed within 5 minutes");
}

#[tokio::test]
async fn a_refused_idle_leaves_a_session_that_can_poll() {
    for answer in ["NO not now", "BAD what", "OK done"] {
        let (ended, count) = idled(WAITS, async move |wire, tag| wire.say(&format!("{tag} {answer}")).await).await;
        assert!(matches!(ended, Err(ImapError::Refused { .. })), "{answer}: {ended:?}");
        assert_eq!(count, 1, "{answer}");
    }
}

#[tokio::test]
async fn a_goodbye_and_a_line_that_is_no_imap_end_the_session() {
    let bye = async |wire: &mut Wire, _: &str| wire.say("+ idling\r\n* BYE down for the night").await;
    let (ended, _) = idled(WAITS, bye).await;
    assert!(matches!(&ended, Err(ImapError::Bye(said)) if said.text.contains("for the night")), "{ended:?}");
    let noise = async |wire: &mut Wire, _: &str| wire.say("+ idling\r\n)(").await;
    let (ended, _) = idled(WAITS, noise).await;
    assert!(matches!(ended, Err(ImapError::Protocol(_))), "{ended:?}");
}
