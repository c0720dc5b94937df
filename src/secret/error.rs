//! Why there is no secret, in words for the person who reads them. None of these holds a secret, or a command
//! that might.

use std::path::PathBuf;

/// Why a secret cannot be read, kept or removed. Each says what to do; whoever shows it names the account.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The environment variable cannot be used.
    #[error("the environment variable {name} {problem}; set it, or choose another source in the config")]
    Env {
        /// The account's name.
        account: String,
        /// The variable's name.
        name: String,
        /// `is not set`, or what else.
        problem: &'static str,
    },
    /// The file cannot be used.
    #[error("the file {} {problem}", path.display())]
    File {
        /// The account's name.
        account: String,
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
    /// The command did not give a secret.
    #[error("the password command {problem}; run it by hand to see why")]
    Command {
        /// The account's name.
        account: String,
        /// What happened.
        problem: String,
    },
    /// The command took longer than it may.
    #[error(
        "the password command did not end within {seconds} s; if it asks for something, answer it, or unlock what it waits for"
    )]
    CommandTimedOut {
        /// The account's name.
        account: String,
        /// How long it was given.
        seconds: u64,
    },
    /// There is nothing in it.
    #[error("the password from `{kind}` is empty")]
    Empty {
        /// The account's name.
        account: String,
        /// The source's key in the config.
        kind: &'static str,
    },
    /// More than one line, or a NUL.
    #[error("the password from `{kind}` is more than one line; keep nothing else with it")]
    NotOneLine {
        /// The account's name.
        account: String,
        /// The source's key in the config.
        kind: &'static str,
    },
    /// The keyring holds nothing for the account.
    #[error("the keyring holds no password for it; run: postnote login {account}")]
    NoEntry {
        /// The account's name.
        account: String,
    },
    /// No keyring service.
    #[error(
        "no keyring service is running here ({detail}); start one (gnome-keyring, KWallet), \
         or choose another source in the config: {{ command = … }}, {{ env = … }} or {{ file = … }}"
    )]
    KeyringMissing {
        /// The account's name.
        account: String,
        /// What the system says.
        detail: String,
    },
    /// The keyring is locked, or access was denied.
    #[error("the keyring is locked or denies access ({detail}); unlock it and try again")]
    KeyringLocked {
        /// The account's name.
        account: String,
        /// What the system says.
        detail: String,
    },
    /// The keyring did not answer; usually it waits for someone to unlock it.
    #[error("the keyring did not answer within {seconds} s; it may be waiting to be unlocked")]
    KeyringTimedOut {
        /// The account's name.
        account: String,
        /// How long it was given.
        seconds: u64,
    },
    /// There are no tokens for the account.
    #[error("it is not signed in; run: postnote login {account}")]
    NotSignedIn {
        /// The account's name.
        account: String,
    },
    /// The provider does not renew the sign-in any more.
    #[error("its sign-in is over ({said}); run: postnote login {account}")]
    SignInOver {
        /// The account's name.
        account: String,
        /// What the provider says.
        said: String,
    },
    /// The owner, or the provider, said no.
    #[error("the sign-in was refused ({said}); run postnote login {account} to try again")]
    SignInRefused {
        /// The account's name.
        account: String,
        /// What the provider says.
        said: String,
    },
    /// Nobody signed in.
    #[error("nobody has signed in in time; run postnote login {account} to try again")]
    SignInTimedOut {
        /// The account's name.
        account: String,
    },
    /// The provider refuses the client.
    #[error(
        "{at} gives no token ({said}); check auth.oauth2: client_id, client_secret and scopes as they are registered"
    )]
    Provider {
        /// The account's name.
        account: String,
        /// The provider's host.
        at: String,
        /// What it says.
        said: String,
    },
    /// The provider cannot be asked now.
    #[error("its token cannot be renewed now ({problem}); the sign-in is kept, and it is tried again")]
    ProviderAway {
        /// The account's name.
        account: String,
        /// What happened.
        problem: String,
    },
    /// No device code to be had.
    #[error("there is no device_url to sign in at with a code: leave out --device, or set auth.oauth2.device_url")]
    NoDeviceFlow {
        /// The account's name.
        account: String,
    },
    /// The browser could not come back.
    #[error(
        "this machine cannot be listened on for the browser ({detail}); check auth.oauth2.redirect_url, or try --device"
    )]
    NoLoopback {
        /// The account's name.
        account: String,
        /// What the system says.
        detail: String,
    },
    /// The keyring has no room.
    #[error(
        "the provider's token is too large for the keyring; set auth.oauth2.tokens = {{ file = \"…\" }} and run: postnote login {account}"
    )]
    TokensTooLarge {
        /// The account's name.
        account: String,
    },
    /// Another fault of the keyring.
    #[error("the keyring failed: {detail}")]
    Keyring {
        /// The account's name.
        account: String,
        /// What the keyring says.
        detail: String,
    },
}

impl SecretError {
    /// Whether trying again later, with the config unchanged, may do: a keyring that is locked or not up yet.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            SecretError::CommandTimedOut { .. }
                | SecretError::KeyringMissing { .. }
                | SecretError::KeyringLocked { .. }
                | SecretError::KeyringTimedOut { .. }
                | SecretError::ProviderAway { .. }
        )
    }

    /// Whether the keyring simply holds nothing for the account.
    pub fn is_no_entry(&self) -> bool {
        matches!(self, SecretError::NoEntry { .. })
    }
}
