//! The config as text, and into its place: a new one whole, an account more at the end of one that is there. What stood
//! there before stays as it was, to the letter.

use super::Servers;
use crate::config::{Endpoint, Provider, SecretSource, Security};
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// An account to be written down.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The name that it goes by.
    pub name: String,
    /// The address.
    pub email: String,
    /// The name beside the address; may be empty.
    pub display_name: String,
    /// Other own addresses.
    pub aliases: Vec<String>,
    /// Where to log in.
    pub servers: Servers,
    /// With what.
    pub auth: NewAuth,
}

/// What an account logs in with.
#[derive(Debug, Clone)]
pub enum NewAuth {
    /// A password, kept there.
    Password(SecretSource),
    /// Tokens of a provider.
    SignIn {
        /// Whose.
        provider: Provider,
        /// Where that is, if it is not known.
        at: Box<Addresses>,
        /// The client that the person registered.
        client_id: String,
        /// Its secret, if it has one.
        client_secret: Option<SecretSource>,
        /// Microsoft's tenant.
        tenant: Option<String>,
        /// Where the tokens are kept.
        tokens: SecretSource,
    },
}

/// Where a provider that postnote does not know gives its tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses {
    /// Where one signs in.
    pub auth_url: Option<String>,
    /// Where tokens come from.
    pub token_url: Option<String>,
    /// Where the sign-in by a code begins.
    pub device_url: Option<String>,
    /// Where tokens are given back.
    pub revoke_url: Option<String>,
    /// What is asked for.
    pub scopes: Vec<String>,
}

/// A config that has one account. `vault` and `since` as they are to stand there.
pub fn whole(vault: &str, since: &str, account: &NewAccount, home: &Path) -> String {
    format!(
        r#"# postnote's config, written by `postnote init`. It is yours: change what you like, `postnote doctor` checks it.
# What stands behind `#` is the default. config.example.toml explains every key that there is.

# The folder of your Markdown vault. `~` is your home folder.
vault = {vault}

[sync]
# How far back the first sync of a mailbox reaches: "30d", "6w", "1y", or "all".
since = {since}
# When `postnote run` syncs in any case: "every 5m", or a cron line. It sees new mail and approvals as they come besides.
# schedule = "every 5m"

[paths]
# Folders inside the vault. `sources` may use {{{{ year }}}}, {{{{ month }}}}, {{{{ day }}}} and {{{{ account }}}}.
# sources = "Sources/Email/{{{{ year }}}}"
# outbox = "Outbox"
# people = "People"
# customers = "Customers"
# projects = "Projects"

[assistant]
# Who reads the mail and drafts. "offline" is built in and sends nothing anywhere; docs/models.md tells of the others.
# provider = "offline"

[send]
# false: approved drafts wait.
# enabled = true
# Time to change your mind after approving: set the status back to `pending` meanwhile.
# delay = "10s"

[drafts]
# "sender": replies go to the sender; "all": the other recipients go to Cc.
# reply = "sender"
{account}"#,
        vault = quoted(vault),
        since = quoted(since),
        account = block(account, home),
    )
}

/// An account's tables, after a blank line.
pub fn block(account: &NewAccount, home: &Path) -> String {
    let mut text = format!("\n[[accounts]]\nname = {}\nemail = {}\n", quoted(&account.name), quoted(&account.email));
    if !account.display_name.is_empty() {
        let _ = writeln!(text, "display_name = {}", quoted(&account.display_name));
    }
    if account.aliases.is_empty() {
        text.push_str("# Further addresses that are yours: a reply comes from the one that the mail was sent to.\n# aliases = []\n");
    } else {
        let list: Vec<_> = account.aliases.iter().map(|a| quoted(a)).collect();
        let _ = writeln!(text, "aliases = [{}]", list.join(", "));
    }
    text.push_str("# Put below each reply, after the line `-- `.\n# signature = \"\"\n");
    let Servers { imap, imap_user, smtp, smtp_user } = &account.servers;
    text.push_str("\n  [accounts.imap]\n");
    server(&mut text, imap, imap_user, &account.email, home);
    text.push_str(
        "  # Names as your mail program shows them; \"Projects/*\" stands for all below.\n  mailboxes = [\"INBOX\"]\n",
    );
    text.push_str("\n  [accounts.smtp]\n");
    server(&mut text, smtp, smtp_user, &account.email, home);
    match &account.auth {
        NewAuth::Password(kept) => {
            let _ = write!(text, "\n  [accounts.auth]\n  password = {}\n", source(kept, home));
        }
        NewAuth::SignIn { provider, at, client_id, client_secret, tenant, tokens } => {
            let provider = match provider {
                Provider::Google => "google",
                Provider::Microsoft => "microsoft",
                Provider::Custom => "custom",
            };
            text.push_str("\n  [accounts.auth.oauth2]\n");
            let _ = writeln!(text, "  provider = {}\n  client_id = {}", quoted(provider), quoted(client_id));
            let Addresses { auth_url, token_url, device_url, revoke_url, scopes } = &**at;
            let urls = [("auth", auth_url), ("token", token_url), ("device", device_url), ("revoke", revoke_url)];
            for (key, url) in urls.into_iter().filter_map(|(key, url)| Some((key, url.as_ref()?))) {
                let _ = writeln!(text, "  {key}_url = {}", quoted(url));
            }
            if !scopes.is_empty() {
                let list: Vec<_> = scopes.iter().map(|scope| quoted(scope)).collect();
                let _ = writeln!(text, "  scopes = [{}]", list.join(", "));
            }
            if let Some(kept) = client_secret {
                let _ = writeln!(text, "  client_secret = {}", source(kept, home));
            }
            if let Some(tenant) = tenant {
                let _ = writeln!(text, "  tenant = {}", quoted(tenant));
            }
            let _ = writeln!(text, "  tokens = {}", source(tokens, home));
        }
    }
    text
}

fn server(text: &mut String, endpoint: &Endpoint, user: &str, email: &str, home: &Path) {
    let security = match endpoint.security {
        Security::Tls => "tls",
        Security::StartTls => "starttls",
        Security::Plaintext => "plaintext",
    };
    let _ = writeln!(text, "  host = {}\n  port = {}", quoted(&endpoint.host), endpoint.port);
    let _ = writeln!(text, "  security = {}", quoted(security));
    if user != email {
        let _ = writeln!(text, "  username = {}", quoted(user));
    }
    if let Some(path) = &endpoint.ca_file {
        let _ = writeln!(text, "  ca_file = {}", quoted(&shown(path, home)));
    }
}

fn source(kept: &SecretSource, home: &Path) -> String {
    match kept {
        SecretSource::Keyring => "{ keyring = true }".to_owned(),
        SecretSource::Env(name) => format!("{{ env = {} }}", quoted(name)),
        SecretSource::Command(command) => format!("{{ command = {} }}", quoted(command)),
        SecretSource::File(path) => format!("{{ file = {} }}", quoted(&shown(path, home))),
    }
}

/// A string as TOML has it, on one line.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A path as a person would write it: below the home folder with `~`.
pub fn shown(path: &Path, home: &Path) -> String {
    match path.strip_prefix(home) {
        Ok(rest) if !home.as_os_str().is_empty() => {
            let rest = rest.to_string_lossy();
            if rest.is_empty() { "~".to_owned() } else { format!("~/{rest}") }
        }
        _ => path.to_string_lossy().into_owned(),
    }
}

/// Writes a new config, for its owner alone; never over another.
pub fn create(path: &Path, text: &str) -> io::Result<()> {
    let folder = folder(path);
    make_folder(folder)?;
    beside(folder, text)?.persist_noclobber(path).map_err(|e| e.error)?;
    synced(folder)
}

/// Adds to the end of a config that still is `before`; its permissions stay. A link (people keep such files elsewhere) is
/// followed.
pub fn append(path: &Path, before: &str, block: &str) -> io::Result<()> {
    let path = &std::fs::canonicalize(path)?;
    let folder = folder(path);
    let new = beside(folder, &with(before, block))?;
    new.as_file().set_permissions(std::fs::metadata(path)?.permissions())?;
    if std::fs::read(path)? != before.as_bytes() {
        return Err(io::Error::other("it was changed meanwhile; run this again"));
    }
    new.persist(path).map_err(|e| e.error)?;
    synced(folder)
}

/// A config with an account more.
pub fn with(before: &str, block: &str) -> String {
    let end = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    format!("{before}{end}{block}")
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A synced file of mode 0600, ready to be moved to its place.
fn beside(folder: &Path, text: &str) -> io::Result<tempfile::NamedTempFile> {
    let mut new = tempfile::Builder::new().prefix(".postnote-").tempfile_in(folder)?;
    new.write_all(text.as_bytes())?;
    new.as_file().sync_all()?;
    Ok(new)
}

fn synced(folder: &Path) -> io::Result<()> {
    // Folders cannot be opened for syncing on Windows; NTFS journals the rename.
    if cfg!(unix) { std::fs::File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Makes a folder and those above it, for its owner alone; one that is there stays as it is.
pub fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// What the system says, without its number.
pub fn in_words(error: &io::Error) -> String {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or_default();
    // tempfile adds where it was: a name that nobody gave.
    words.split(" at path ").next().unwrap_or_default().to_owned()
}

/// Whether a new file could be made in a folder; nothing stays of it.
pub fn is_writable(folder: &Path) -> io::Result<()> {
    tempfile::Builder::new().prefix(".postnote-").tempfile_in(folder).map(drop)
}

/// The nearest folder above a path that is there.
pub fn nearest_folder(path: &Path) -> Option<PathBuf> {
    path.ancestors().find(|p| p.is_dir()).map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Auth, Config};
    use crate::setup::endpoint;

    fn account(auth: NewAuth) -> NewAccount {
        let servers = Servers {
            imap: Endpoint {
                ca_file: Some("/home/sam/ca.pem".into()),
                ..endpoint("127.0.0.1", 1143, Security::StartTls)
            },
            imap_user: "sam".to_owned(),
            smtp: endpoint("smtp.example.org", 465, Security::Tls),
            smtp_user: "sam@example.org".to_owned(),
        };
        let (name, email) = ("work".to_owned(), "sam@example.org".to_owned());
        NewAccount { name, email, display_name: "Sam \"S\\R\" Reed".to_owned(), aliases: Vec::new(), servers, auth }
    }

    fn parsed(text: &str) -> Config {
        Config::parse(text, Path::new("/home/sam"), Path::new("/etc/x")).unwrap_or_else(|e| panic!("{e}\n{text}"))
    }

    #[test]
    fn what_is_written_says_what_was_answered() {
        let home = Path::new("/home/sam");
        let kept = SecretSource::File("/home/sam/.config/postnote/work.secret".into());
        let config = parsed(&whole("~/My \"Notes\"", "6w", &account(NewAuth::Password(kept.clone())), home));
        assert_eq!(config.vault, Path::new("/home/sam/My \"Notes\""));
        let one = &config.accounts[0];
        assert_eq!(one.identity.name.as_deref(), Some("Sam \"S\\R\" Reed"));
        assert_eq!((one.imap.port, one.imap.security, one.imap_username.as_str()), (1143, Security::StartTls, "sam"));
        assert_eq!(one.imap.ca_file.as_deref(), Some(Path::new("/home/sam/ca.pem")));
        assert_eq!((one.smtp.port, one.smtp_username.as_str()), (465, "sam@example.org"));
        assert_eq!(one.secret, Auth::Password(kept));
        let sign_in = NewAuth::SignIn {
            provider: Provider::Microsoft,
            at: Box::default(),
            client_id: "0-1".to_owned(),
            client_secret: Some(SecretSource::Command("pass show \"x\"".to_owned())),
            tenant: Some("example.org".to_owned()),
            tokens: SecretSource::Keyring,
        };
        let config = parsed(&whole("/n", "30d", &account(sign_in), home));
        let Auth::OAuth2(oauth) = &config.accounts[0].secret else { panic!("no OAuth") };
        assert_eq!(oauth.client_secret, Some(SecretSource::Command("pass show \"x\"".to_owned())));
        assert!(oauth.token_url.as_str().contains("example.org"));
        let custom = NewAuth::SignIn {
            provider: Provider::Custom,
            at: Box::new(Addresses {
                auth_url: Some("https://login.example.org/a?x=\"1\"".to_owned()),
                token_url: Some("https://login.example.org/t".to_owned()),
                device_url: None,
                revoke_url: Some("https://login.example.org/r".to_owned()),
                scopes: vec!["mail".to_owned(), "offline_access".to_owned()],
            }),
            client_id: "0-1".to_owned(),
            client_secret: None,
            tenant: None,
            tokens: SecretSource::Keyring,
        };
        let config = parsed(&whole("/n", "30d", &account(custom), home));
        let Auth::OAuth2(oauth) = &config.accounts[0].secret else { panic!("no OAuth") };
        assert_eq!(oauth.scopes, ["mail", "offline_access"]);
        let urls = [&oauth.auth_url, &Some(oauth.token_url.clone()), &oauth.device_url, &oauth.revoke_url];
        let ends = urls.map(|url| url.as_ref().and_then(|u| u.path().chars().last()));
        assert_eq!(ends, [Some('a'), Some('t'), None, Some('r')]);
    }

    #[test]
    fn every_default_that_is_shown_is_one() {
        let keyring = account(NewAuth::Password(SecretSource::Keyring));
        let text = whole("/n", "30d", &keyring, Path::new("/home/sam"));
        let shown: String = text
            .lines()
            .map(|line| match line.strip_prefix("# ").filter(|l| l.split(' ').nth(1) == Some("=")) {
                Some(setting) => format!("{setting}\n"),
                None => format!("{line}\n"),
            })
            .collect();
        assert!(shown.lines().filter(|l| l.contains(" = ")).count() > 20, "{shown}");
        let (plain, shown) = (parsed(&text), parsed(&shown));
        let with_signature = |mut config: Config| {
            config.accounts.iter_mut().for_each(|a| a.signature = None);
            format!("{config:?}")
        };
        assert_eq!(with_signature(plain), with_signature(shown));
    }

    #[test]
    fn an_account_more_leaves_every_letter() {
        let dir = tempfile::tempdir().unwrap();
        let (path, link) = (dir.path().join("real.toml"), dir.path().join("config.toml"));
        let first = account(NewAuth::Password(SecretSource::Keyring));
        let before = format!(
            "{}\n[[rules]] # mine\nmatch = {{ from = 'x@y.example' }}\naction = \"ignore\" # no end",
            whole("/n", "30d", &first, Path::new("/h"))
        );
        std::fs::write(&path, &before).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(&path, &link).unwrap();
        #[cfg(not(unix))]
        std::fs::copy(&path, &link).unwrap();
        let second = NewAccount { name: "home".to_owned(), ..first };
        let block = block(&second, Path::new("/h"));
        append(&link, &before, &block).unwrap();
        let after = std::fs::read_to_string(&link).unwrap();
        assert!(after.starts_with(&before));
        let config = parsed(&after);
        assert_eq!(config.accounts.iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), ["work", "home"]);
        assert_eq!(config.rules.len(), 1);
        assert!(append(&link, &before, &block).unwrap_err().to_string().contains("changed"));
        assert!(create(&link, "x").is_err());
        assert_eq!(std::fs::read_to_string(&link).unwrap(), after);
    }

    #[test]
    fn paths_below_home_are_short() {
        let home = Path::new("/home/sam");
        assert_eq!(shown(Path::new("/home/sam/Notes"), home), "~/Notes");
        assert_eq!(shown(home, home), "~");
        assert_eq!(shown(Path::new("/srv/x"), home), "/srv/x");
    }
}
