//! Where a secret is kept, as the config says it.

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::path::PathBuf;

/// Where a secret is kept: one of `{ keyring = true }`, `{ env = "NAME" }`, `{ command = "pass show x" }`,
/// `{ file = "PATH" }`. Paths are as written: the config resolves them.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// The system's keyring, service `postnote`, user the account's name.
    Keyring,
    /// An environment variable, by name.
    Env(String),
    /// The first line that a shell command prints.
    Command(String),
    /// A file that only its owner can read.
    File(PathBuf),
}

impl SecretSource {
    /// The key that the config has for it.
    pub fn kind(&self) -> &'static str {
        match self {
            SecretSource::Keyring => "keyring",
            SecretSource::Env(_) => "env",
            SecretSource::Command(_) => "command",
            SecretSource::File(_) => "file",
        }
    }
}

impl fmt::Debug for SecretSource {
    /// Without the command's arguments: people do write `echo hunter2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretSource::Keyring => f.write_str("Keyring"),
            SecretSource::Env(name) => f.debug_tuple("Env").field(name).finish(),
            SecretSource::Command(_) => f.write_str("Command(…)"),
            SecretSource::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}

const KEYS: &[&str] = &["keyring", "env", "command", "file"];
const FORMS: &str = "one of { keyring = true }, { env = \"NAME\" }, { command = \"pass show x\" }, { file = \"PATH\" }";

impl<'de> Deserialize<'de> for SecretSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SourceVisitor)
    }
}

struct SourceVisitor;

/// A password written where its source belongs: the usual error would quote it.
fn bare<E: Error>() -> E {
    E::custom(format!("a secret does not stand in the config itself: say where it is kept, {FORMS}"))
}

impl<'de> Visitor<'de> for SourceVisitor {
    type Value = SecretSource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(FORMS)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<SecretSource, E> {
        Err(bare())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<SecretSource, E> {
        Err(bare())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<SecretSource, E> {
        Err(bare())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<SecretSource, E> {
        Err(bare())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<SecretSource, E> {
        Err(bare())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SecretSource, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<String>()? {
            if found.is_some() {
                return Err(A::Error::custom(format!("a secret has exactly one source: {FORMS}")));
            }
            found = Some(match key.as_str() {
                "keyring" if map.next_value::<bool>()? => SecretSource::Keyring,
                "keyring" => {
                    return Err(A::Error::custom("`keyring` can only be true; for another source use its key"));
                }
                "env" => SecretSource::Env(given(map.next_value()?, "env")?),
                "command" => SecretSource::Command(given(map.next_value()?, "command")?),
                "file" => SecretSource::File(given(map.next_value()?, "file")?.into()),
                other => return Err(A::Error::unknown_field(other, KEYS)),
            });
        }
        found.ok_or_else(|| A::Error::custom(format!("a secret needs a source: {FORMS}")))
    }
}

fn given<E: Error>(value: String, key: &str) -> Result<String, E> {
    if value.trim().is_empty() || value.contains('\0') {
        return Err(E::custom(format!("`{key}` is empty or holds a NUL")));
    }
    Ok(value)
}
