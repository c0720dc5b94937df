//! The notes about people, customers and projects that one pass has to do with: found, made, and written once.

use crate::config::Config;
use crate::entity::Names;
use crate::inbound::known;
use crate::inbound::templates::Templates;
use crate::note::entity::{self, Addition, Identity, Kind, New, Section};
use crate::note::frontmatter;
use crate::note::name::{folder_name, numbered};
use crate::note::template;
use crate::store::Store;
use crate::store::index::By;
use crate::vault::{Vault, VaultError};
use anyhow::Result;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) notes: Vec<String>,
    pub(super) problems: Vec<String>,
}

/// One note.
#[derive(Debug)]
struct Entry {
    kind: Kind,
    path: String,
    /// What it is made of, if it is new.
    new: Option<(String, String)>,
    additions: Vec<Addition>,
    last_contact: Option<Date>,
}

/// All notes.
pub(super) struct Book<'a> {
    vault: &'a Vault,
    store: &'a Store,
    config: &'a Config,
    now: &'a Zoned,
    entries: Vec<Entry>,
    by_path: HashMap<String, usize>,
    by_id: BTreeMap<String, Option<usize>>,
    gone: BTreeSet<String>,
    /// The index is up to date.
    refreshed: bool,
    templates: Templates<'a>,
}

impl<'a> Book<'a> {
    pub(super) fn new(vault: &'a Vault, store: &'a Store, config: &'a Config, now: &'a Zoned) -> Book<'a> {
        Book {
            vault,
            store,
            config,
            now,
            entries: Vec::new(),
            by_path: HashMap::new(),
            by_id: BTreeMap::new(),
            gone: BTreeSet::new(),
            refreshed: false,
            templates: Templates::new(vault),
        }
    }

    pub(super) fn store(&self) -> &'a Store {
        self.store
    }

    pub(super) fn zone(&self) -> TimeZone {
        self.now.time_zone().clone()
    }

    /// True for the owner's own domains.
    pub(super) fn is_own(&self, domain: &str) -> bool {
        let own = self.config.accounts.iter().flat_map(|a| a.owner().addresses);
        own.into_iter().any(|address| crate::entity::organisation(&address).as_deref() == Some(domain))
    }

    /// The note about somebody: where it was last, else wherever in the vault its frontmatter says so. `thoroughly`: a
    /// vault that was changed meanwhile is looked through for it.
    pub(super) fn find(&mut self, kind: Kind, known_by: &str, thoroughly: bool) -> Result<Option<usize>> {
        let id = id(kind, known_by);
        match self.by_id.get(&id) {
            Some(Some(known)) => return Ok(Some(*known)),
            Some(None) if !thoroughly || self.refreshed => return Ok(None),
            _ => {}
        }
        let last = self.store.entity(&id)?;
        if let Some(path) = last.as_deref().filter(|path| !path.is_empty() && self.is_about(path, kind, known_by)) {
            return Ok(Some(self.enter(kind, path.to_owned(), None, &id)));
        }
        // One that its owner deleted is not looked for each time; one that came back is found by and by.
        if !self.refreshed && (thoroughly && last.is_none() || last.as_deref().is_some_and(|path| !path.is_empty())) {
            known::refresh(self.vault, self.store, self.config)?;
            self.refreshed = true;
        }
        for path in self.candidates(kind, known_by)? {
            if self.is_about(&path, kind, known_by) {
                self.store.put_entity(&id, &path)?;
                return Ok(Some(self.enter(kind, path, None, &id)));
            }
        }
        if last.is_some() {
            self.store.put_entity(&id, "")?;
            self.gone.insert(id.clone());
        }
        self.by_id.insert(id, None);
        Ok(None)
    }

    /// True when there was a note, and its owner deleted it: that is respected.
    pub(super) fn is_gone(&self, kind: Kind, known_by: &str) -> Result<bool> {
        let id = id(kind, known_by);
        Ok(self.gone.contains(&id) || self.store.entity(&id)?.is_some_and(|path| path.is_empty()))
    }

    fn candidates(&self, kind: Kind, known_by: &str) -> Result<Vec<String>> {
        let index = self.store.index()?;
        Ok(match kind {
            Kind::Person => index.named(By::Email, known_by)?,
            Kind::Customer => index.named(By::Domain, known_by)?,
            Kind::Project => index.named(By::Name, &known_by.to_lowercase())?,
        })
    }

    fn is_about(&self, path: &str, kind: Kind, known_by: &str) -> bool {
        let identity = self.vault.read(path).ok().and_then(|text| entity::identity(&text));
        match kind {
            Kind::Project => {
                let below = path.starts_with(&format!("{}/", self.config.paths.projects));
                let is_it = |i: Identity| {
                    i.title.iter().chain(&i.aliases).any(|name| name.to_lowercase() == known_by.to_lowercase())
                };
                below && identity.is_none_or(is_it)
            }
            Kind::Person => identity.is_some_and(|i| i.emails.iter().any(|e| e == known_by)),
            Kind::Customer => identity.is_some_and(|i| i.domains.iter().any(|d| d == known_by)),
        }
    }

    fn enter(&mut self, kind: Kind, path: String, new: Option<(String, String)>, id: &str) -> usize {
        let at = match self.by_path.get(&path) {
            Some(at) => *at,
            None => {
                let at = self.entries.len();
                self.by_path.insert(path.clone(), at);
                self.entries.push(Entry { kind, path, new, additions: Vec::new(), last_contact: None });
                at
            }
        };
        self.by_id.insert(id.to_owned(), Some(at));
        at
    }

    /// A new note, at a place of its own: beside the conversations with a person. One of that very name that says of
    /// nobody whom it is about is taken for it.
    pub(super) fn make(&mut self, kind: Kind, title: &str, known_by: &str) -> Result<usize> {
        let folder = match kind {
            Kind::Person => &self.config.paths.people,
            Kind::Customer => &self.config.paths.customers,
            Kind::Project => &self.config.paths.projects,
        };
        let name = folder_name(title);
        let id = id(kind, known_by);
        let own = format!("{folder}/{name}/{name}.md");
        for path in [own.clone(), format!("{folder}/{name}.md")] {
            if !self.by_path.contains_key(&path) && self.may_adopt(kind, title, &path) {
                self.store.put_entity(&id, &path)?;
                return Ok(self.enter(kind, path, Some((String::new(), known_by.to_owned())), &id));
            }
        }
        let free = |path: &String| !self.vault.exists(path) && !self.by_path.contains_key(path);
        let path = (1..).map(|n| numbered(&own, n)).find(free).unwrap_or(own);
        self.store.put_entity(&id, &path)?;
        Ok(self.enter(kind, path, Some((title.to_owned(), known_by.to_owned())), &id))
    }

    fn may_adopt(&self, kind: Kind, title: &str, path: &str) -> bool {
        let Ok(text) = self.vault.read(path) else { return false };
        let Ok((front, _)) = frontmatter::parse(&text) else { return false };
        let full = title.split_whitespace().count() > 1 || kind != Kind::Person;
        let about = entity::identity(&text).unwrap_or_default();
        full && about.emails.is_empty() && about.domains.is_empty() && !front.has("source_ref")
    }

    /// There was contact then.
    pub(super) fn met(&mut self, entity: usize, at: i64) -> Result<()> {
        let day = Timestamp::from_second(at)?.to_zoned(self.zone()).date();
        if let Some(entry) = self.entries.get_mut(entity) {
            entry.last_contact = entry.last_contact.max(Some(day));
        }
        Ok(())
    }

    /// A line for a note.
    pub(super) fn add(&mut self, entity: usize, line: Addition) {
        if let Some(entry) = self.entries.get_mut(entity) {
            entry.additions.push(line);
        }
    }

    /// A person is one to talk to at a customer.
    pub(super) fn belongs(&mut self, person: usize, customer: usize) -> Result<()> {
        let Some(path) = self.entries.get(person).map(|p| p.path.clone()) else { return Ok(()) };
        let line = Addition { section: Section::Contacts, date: None, text: path, source: None, told_by: Vec::new() };
        if self.entries.get(customer).is_some_and(|c| !c.additions.contains(&line)) {
            self.add(customer, line);
        }
        Ok(())
    }

    /// All names by which a text may speak of somebody that has a note.
    pub(super) fn names(&mut self) -> Result<Names> {
        let mut names = Names::default();
        let mut of: BTreeMap<String, (Option<Kind>, Vec<String>)> = BTreeMap::new();
        for (name, path) in self.store.index()?.names()? {
            let (kind, names) = of.entry(path).or_default();
            match name.by {
                By::Email => *kind = Some(Kind::Person),
                By::Domain => *kind = Some(Kind::Customer),
                By::Name => names.push(name.name),
            }
        }
        for (path, (kind, called)) in of {
            let projects = path.starts_with(&format!("{}/", self.config.paths.projects));
            let Some(kind) = kind.or(projects.then_some(Kind::Project)) else { continue };
            let at = match self.by_path.get(&path) {
                Some(at) => *at,
                None => self.enter(kind, path.clone(), None, &format!("path:{path}")),
            };
            called.iter().for_each(|name| names.add(name, at, kind == Kind::Person));
        }
        for (at, entry) in self.entries.iter().enumerate() {
            if let Some((title, _)) = &entry.new {
                names.add(title, at, entry.kind == Kind::Person);
            }
        }
        Ok(names)
    }

    /// Writes what there is to be written.
    pub(super) fn write(self) -> Result<Told> {
        let mut told = Told::default();
        for entry in &self.entries {
            if entry.additions.is_empty() && entry.last_contact.is_none() && entry.new.is_none() {
                continue;
            }
            match self.one(entry) {
                Ok(true) => told.notes.push(entry.path.clone()),
                Ok(false) => {}
                Err(e) => match e.downcast_ref::<VaultError>() {
                    // It is gone since it was found, or is no text.
                    Some(VaultError::Changed(_) | VaultError::NotText(..)) => {
                        told.problems.push(format!("{e:#}; what came is not added to it"));
                    }
                    Some(e) if e.is_missing_file() => {}
                    Some(_) => return Err(e),
                    None => told.problems.push(format!("{}: {e:#}; what came is not added to it", entry.path)),
                },
            }
        }
        told.problems.extend(self.templates.problems());
        Ok(told)
    }

    fn one(&self, entry: &Entry) -> Result<bool> {
        let Entry { kind, path, new, additions, last_contact } = entry;
        if let Some((title, known_by)) = new.as_ref().filter(|(title, _)| !title.is_empty()) {
            let created = last_contact.unwrap_or_else(|| self.now.date());
            let known_by = (*kind != Kind::Project).then_some(known_by.as_str());
            let (shape, of) = match kind {
                Kind::Person => (&self.config.shapes.person, template::Kind::Person),
                Kind::Customer => (&self.config.shapes.customer, template::Kind::Customer),
                Kind::Project => (&self.config.shapes.project, template::Kind::Project),
            };
            let template = self.templates.of(shape, of);
            let (text, error) = entity::write_as(template.as_deref(), &New { kind: *kind, title, created, known_by });
            self.templates.report(error);
            let text = entity::patch(&text, *kind, additions, *last_contact)?.unwrap_or(text);
            self.vault.create(path, text.as_bytes())?;
            // Known at once, and read again when the vault is next looked through.
            self.store.index()?.put(path, &[], &known::names(&text), None)?;
            return Ok(true);
        }
        let old = self.vault.read(path)?;
        let mut text = old.clone();
        if let Some((_, known_by)) = new {
            let key = if *kind == Kind::Person { "emails" } else { "domains" };
            if *kind != Kind::Project {
                text = frontmatter::set(&text, &[(key, known_by)])?;
            }
        }
        text = entity::patch(&text, *kind, additions, *last_contact)?.unwrap_or(text);
        if text == old {
            return Ok(false);
        }
        self.vault.replace(path, &old, &text)?;
        Ok(true)
    }
}

/// How the database calls an entity.
fn id(kind: Kind, known_by: &str) -> String {
    match kind {
        Kind::Person => known_by.to_lowercase(),
        Kind::Customer => format!("@{}", known_by.to_lowercase()),
        Kind::Project => format!("project:{}", known_by.to_lowercase()),
    }
}
