//! The index of the vault's notes, brought up to date: what was changed since it was last looked at is read again.

use super::rebuild::fixed_part;
use crate::config::Config;
use crate::note::{context, entity};
use crate::store::Store;
use crate::store::index::{By, Name};
use crate::vault::{Stamp, Vault};
use anyhow::Result;

/// Brings the index up to date. Messages and drafts are in the database already.
pub(super) fn refresh(vault: &Vault, store: &Store, config: &Config) -> Result<()> {
    let left_out = [fixed_part(&config.paths.sources), config.paths.outbox.as_str()];
    update(store, vault, config, vault.listing_without(&left_out)?, |_| true)
}

/// The same of the folders that drafts may draw on.
pub(super) fn refresh_context(vault: &Vault, store: &Store, config: &Config) -> Result<()> {
    let mut listing = Vec::new();
    for folder in &config.context {
        listing.extend(vault.listing(folder)?);
    }
    listing.sort_by(|(one, _), (other, _)| one.cmp(other));
    listing.dedup_by(|(one, _), (other, _)| one == other);
    update(store, vault, config, listing, |path| is_context(config, path))
}

/// True for a note in a folder that drafts may draw on.
pub(super) fn is_context(config: &Config, path: &str) -> bool {
    config.context.iter().any(|folder| path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/')))
}

type Listing = Vec<(String, Option<Stamp>)>;

/// `covers`: which of the notes that are known would have been listed.
fn update(
    store: &Store,
    vault: &Vault,
    config: &Config,
    listing: Listing,
    covers: impl Fn(&str) -> bool,
) -> Result<()> {
    let index = store.index()?;
    index.atomically(|index| {
        let mut before = index.stamps()?;
        for (path, stamp) in &listing {
            let stamp = stamp.as_ref().and_then(Stamp::to_bytes).unwrap_or_default();
            let known = before.remove(path).is_some_and(|known| known == stamp && !stamp.is_empty());
            if known {
                continue;
            }
            match vault.read(path) {
                Ok(text) => {
                    let open = is_context(config, path) && !context::is_confidential(&text);
                    index.put(path, &stamp, &names(&text), open.then_some(text.as_str()))?;
                }
                // Gone meanwhile, or no text: nothing is known of it.
                Err(_) => index.put(path, &stamp, &[], None)?,
            }
        }
        before.keys().filter(|path| covers(path)).try_for_each(|path| index.forget(path))?;
        Ok(())
    })
}

fn names(text: &str) -> Vec<Name> {
    let Some(identity) = entity::identity(text) else { return Vec::new() };
    let of = |by: By, names: Vec<String>| names.into_iter().map(move |name| Name { by, name });
    let called = identity.title.into_iter().chain(identity.aliases).map(|n| n.to_lowercase()).collect();
    let mut names: Vec<Name> = of(By::Email, identity.emails).collect();
    names.extend(of(By::Domain, identity.domains));
    names.extend(of(By::Name, called));
    names
}
