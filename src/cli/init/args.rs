//! What `postnote init` can be told instead of asked.

use crate::cli::login::Browser;
use crate::config::{Provider, Security};
use crate::setup::discover::Lookup;
use crate::setup::dns::Dns;
use clap::{Args, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Every question that init asks has a flag here.
#[derive(Debug, Args)]
pub(in crate::cli) struct InitArgs {
    /// The mail address to set up
    #[arg(value_name = "ADDRESS")]
    pub(super) address: Option<String>,
    /// Ask nothing: what is not given here takes its default, and what has none is an error
    #[arg(long)]
    pub(super) non_interactive: bool,
    /// The account's name in the config [default: from the provider or the domain]
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<String>,
    /// Your name, as those you write to see it
    #[arg(long, value_name = "NAME")]
    pub(super) display_name: Option<String>,
    /// A further address that is yours; may be given several times
    #[arg(long = "alias", value_name = "ADDRESS")]
    pub(super) aliases: Vec<String>,
    /// The folder of your Markdown vault
    #[arg(long, value_name = "DIR")]
    pub(super) vault: Option<PathBuf>,
    /// Make that folder, if it is not there
    #[arg(long)]
    pub(super) create_vault: bool,
    /// How far back the first sync reaches: 30d, 6w, 1y, all
    #[arg(long, value_name = "SPAN", default_value = "30d")]
    pub(super) since: String,
    /// Sync at once
    #[arg(long)]
    pub(super) sync: bool,
    /// Do not offer to sync at once
    #[arg(long, conflicts_with = "sync")]
    pub(super) no_sync: bool,
    #[command(flatten)]
    pub(super) servers: ServerArgs,
    #[command(flatten)]
    pub(super) access: AccessArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Servers")]
pub(super) struct ServerArgs {
    /// The IMAP server [default: looked for]
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(super) imap_server: Option<String>,
    /// How the way to it is secured [default: as is usual for the port]
    #[arg(long, value_name = "HOW", value_enum)]
    pub(super) imap_security: Option<How>,
    /// The SMTP server [default: looked for]
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(super) smtp_server: Option<String>,
    /// How the way to it is secured [default: as is usual for the port]
    #[arg(long, value_name = "HOW", value_enum)]
    pub(super) smtp_security: Option<How>,
    /// The login name at both servers [default: the address, or what the provider says]
    #[arg(long, value_name = "NAME")]
    pub(super) username: Option<String>,
    /// The login name at the SMTP server alone
    #[arg(long, value_name = "NAME")]
    pub(super) smtp_username: Option<String>,
    /// One more certificate authority for both servers, or the server's own certificate, as PEM
    #[arg(long, value_name = "PATH")]
    pub(super) ca_file: Option<PathBuf>,
    /// Take the servers from this autoconfig file (XML), and look nowhere else
    #[arg(long, value_name = "URL")]
    pub(super) autoconfig: Option<String>,
    /// Do not ask Mozilla's database of mail servers, which would learn the address's domain
    #[arg(long)]
    pub(super) no_ispdb: bool,
    /// Look for servers in the built-in table alone: no DNS, no web
    #[arg(long)]
    pub(super) no_lookup: bool,
    /// Another database than Mozilla's, of the same kind
    #[arg(long, value_name = "URL", hide_short_help = true)]
    pub(super) ispdb: Option<String>,
    /// A name server to ask instead of this machine's
    #[arg(long, value_name = "ADDRESS:PORT", hide_short_help = true)]
    pub(super) dns: Option<SocketAddr>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Password or sign-in")]
pub(super) struct AccessArgs {
    /// The password is the first line of standard input
    #[arg(long, group = "from")]
    pub(super) password_stdin: bool,
    /// The password is what this command prints, now and at every start
    #[arg(long, value_name = "COMMAND", group = "from")]
    pub(super) password_command: Option<String>,
    /// The password is in this file (mode 0600), now and at every start
    #[arg(long, value_name = "PATH", group = "from")]
    pub(super) password_file: Option<PathBuf>,
    /// The password is in this environment variable, now and at every start
    #[arg(long, value_name = "VARIABLE", group = "from")]
    pub(super) password_env: Option<String>,
    /// Sign in at this provider instead (OAuth 2.0)
    #[arg(long, value_name = "PROVIDER", value_enum, group = "from")]
    pub(super) oauth: Option<SignInAt>,
    /// Where a password that was typed, or the tokens, are kept [default: keyring]
    #[arg(long, value_name = "WHERE", value_enum)]
    pub(super) keep: Option<Keep>,
    /// The client that you registered at the provider
    #[arg(long, value_name = "ID")]
    pub(super) client_id: Option<String>,
    /// Its secret, in a file (mode 0600)
    #[arg(long, value_name = "PATH")]
    pub(super) client_secret_file: Option<PathBuf>,
    /// Its secret, as a command prints it
    #[arg(long, value_name = "COMMAND", conflicts_with = "client_secret_file")]
    pub(super) client_secret_command: Option<String>,
    /// Microsoft: your organisation's id or domain
    #[arg(long, value_name = "TENANT")]
    pub(super) tenant: Option<String>,
    /// Custom: where you sign in, as the provider documents it (its authorization endpoint)
    #[arg(long, value_name = "URL")]
    pub(super) auth_url: Option<String>,
    /// Custom: where tokens come from (its token endpoint)
    #[arg(long, value_name = "URL")]
    pub(super) token_url: Option<String>,
    /// Custom: where the sign-in by a code begins (its device authorization endpoint)
    #[arg(long, value_name = "URL")]
    pub(super) device_url: Option<String>,
    /// Custom: where tokens are given back (its revocation endpoint)
    #[arg(long, value_name = "URL")]
    pub(super) revoke_url: Option<String>,
    /// Custom: what is asked for; may be given several times
    #[arg(long = "scope", value_name = "SCOPE")]
    pub(super) scopes: Vec<String>,
    /// Sign in by a code that is typed in a browser on any device
    #[arg(long)]
    pub(super) device: bool,
    /// Whether to open a browser for you
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    pub(super) browser: Browser,
    /// Write the config without trying to log in
    #[arg(long)]
    pub(super) no_test: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum How {
    /// TLS from the start
    Tls,
    /// The STARTTLS command, which must succeed
    Starttls,
    /// None: with servers on this very machine only
    Plaintext,
}

impl From<How> for Security {
    fn from(how: How) -> Security {
        match how {
            How::Tls => Security::Tls,
            How::Starttls => Security::StartTls,
            How::Plaintext => Security::Plaintext,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SignInAt {
    Google,
    Microsoft,
    /// Any other, by its addresses: --token-url, and --auth-url or --device-url
    Custom,
}

impl From<SignInAt> for Provider {
    fn from(at: SignInAt) -> Provider {
        match at {
            SignInAt::Google => Provider::Google,
            SignInAt::Microsoft => Provider::Microsoft,
            SignInAt::Custom => Provider::Custom,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Keep {
    /// The system's keyring
    Keyring,
    /// A file beside the config that only you can read
    File,
}

impl ServerArgs {
    /// Where to look for servers.
    pub(super) fn lookup(&self) -> Lookup {
        if self.no_lookup {
            return Lookup::nowhere();
        }
        let mut lookup = match &self.autoconfig {
            Some(url) => Lookup { autoconfig: vec![url.clone()], ..Lookup::nowhere() },
            None => Lookup::default(),
        };
        if self.no_ispdb {
            lookup.database = None;
        } else if let Some(url) = &self.ispdb {
            lookup.database = Some(url.clone());
        }
        if let Some(at) = self.dns {
            lookup.dns = Dns::At(at);
        }
        lookup.ca_file.clone_from(&self.ca_file);
        lookup
    }
}
