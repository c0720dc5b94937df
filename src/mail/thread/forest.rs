//! Messages → the trees of their conversations: the REFERENCES algorithm of RFC 5256 §3, over messages that are all here.
//!
//! Values in, values out. What arrives one by one is threaded by `inbound`, which agrees with this on what belongs together.
//! Whatever the headers say, there are no loops, and no walk recurses.

use super::references;
use crate::mail::{Message, subject};
use jiff::Timestamp;
use std::collections::HashSet;
use std::collections::hash_map::{Entry, HashMap};

/// A conversation that goes deeper than this is cut there; a loop is looked for no further.
const MAX_DEPTH: usize = 4000;

/// What joins messages into conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// References and In-Reply-To alone; In-Reply-To also where References name nothing that is here.
    References,
    /// As IMAP's THREAD has it: In-Reply-To only without References, and then the base subjects of what begins a conversation
    /// (§3, step 5).
    ReferencesAndSubject,
}

/// A message and what answers it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// The index of the message; `None` for one that is not here, but that several here answer.
    pub message: Option<usize>,
    /// The answers, as indices into [`Forest::nodes`], oldest first.
    pub children: Vec<usize>,
}

/// Conversations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forest {
    /// All nodes, in no order.
    pub nodes: Vec<Node>,
    /// The first node of each conversation, oldest first.
    pub roots: Vec<usize>,
}

/// The trees that these messages make.
pub fn forest(messages: &[Message], by: By) -> Forest {
    let mut arena = Arena::of(messages, by);
    let mut roots: Vec<usize> = arena.unparented();
    roots = roots.into_iter().flat_map(|root| arena.prune(root)).collect();
    arena.sort(messages, &mut roots);
    if by == By::ReferencesAndSubject {
        roots = arena.gather(messages, &roots);
        arena.sort(messages, &mut roots);
    }
    let nodes = arena.0.into_iter().map(|c| Node { message: c.message, children: c.children }).collect();
    Forest { nodes, roots }
}

#[derive(Debug, Default)]
struct Container {
    message: Option<usize>,
    parent: Option<usize>,
    children: Vec<usize>,
}

struct Arena(Vec<Container>);

impl Arena {
    /// Step 1: every id that is named has a container, and each hangs below the one named before it.
    fn of(messages: &[Message], by: By) -> Arena {
        let mut arena = Arena(Vec::with_capacity(messages.len()));
        let mut ids: HashMap<&str, usize> = HashMap::with_capacity(messages.len());
        let mut owns = Vec::with_capacity(messages.len());
        for (index, message) in messages.iter().enumerate() {
            let own = match message.message_id.as_deref().map(|id| ids.entry(id)) {
                // A second message of one id is a message without an id.
                Some(Entry::Occupied(known)) if arena.get(*known.get()).message.is_none() => *known.get(),
                Some(Entry::Vacant(free)) => *free.insert(arena.add(None)),
                Some(Entry::Occupied(_)) | None => arena.add(None),
            };
            arena.edit(own, |c| c.message = Some(index));
            let mut before = None;
            for id in references(message) {
                let next = *ids.entry(id).or_insert_with(|| arena.add(None));
                if arena.get(next).parent.is_none() {
                    arena.link(before, next);
                }
                before = Some(next);
            }
            // What a message says of itself is worth more than what others said before it came.
            arena.unlink(own);
            arena.link(before, own);
            owns.push(own);
        }
        if by == By::References {
            for (message, own) in messages.iter().zip(owns) {
                let answered = message.in_reply_to.iter().filter_map(|id| ids.get(id.as_str()).copied());
                arena.mend(own, answered);
            }
        }
        arena
    }

    /// Broken References: what a message hangs below is not here, and what it answers is.
    fn mend(&mut self, own: usize, mut answered: impl Iterator<Item = usize>) {
        let mut top = own;
        for _ in 0..MAX_DEPTH {
            let Some(parent) = self.get(top).parent else { break };
            if self.get(parent).message.is_some() {
                return;
            }
            top = parent;
        }
        let here = answered.find(|at| self.get(*at).message.is_some() && !self.is_below(*at, top));
        if self.get(top).parent.is_none() {
            self.link(here, top);
        }
    }

    fn add(&mut self, message: Option<usize>) -> usize {
        self.0.push(Container { message, ..Container::default() });
        self.0.len() - 1
    }

    fn get(&self, at: usize) -> &Container {
        const NONE: &Container = &Container { message: None, parent: None, children: Vec::new() };
        self.0.get(at).unwrap_or(NONE)
    }

    fn edit(&mut self, at: usize, change: impl FnOnce(&mut Container)) {
        self.0.get_mut(at).map(change);
    }

    fn link(&mut self, parent: Option<usize>, child: usize) {
        let Some(parent) = parent.filter(|parent| !self.is_below(*parent, child)) else { return };
        self.edit(child, |c| c.parent = Some(parent));
        self.edit(parent, |c| c.children.push(child));
    }

    fn unlink(&mut self, child: usize) {
        let Some(parent) = self.get(child).parent else { return };
        self.edit(child, |c| c.parent = None);
        self.edit(parent, |c| c.children.retain(|other| *other != child));
    }

    fn take_children(&mut self, at: usize) -> Vec<usize> {
        self.0.get_mut(at).map(|c| std::mem::take(&mut c.children)).unwrap_or_default()
    }

    /// True when `at` is `above` or hangs below it, and where it hangs too deep to tell.
    fn is_below(&self, at: usize, above: usize) -> bool {
        let mut next = Some(at);
        for _ in 0..MAX_DEPTH {
            match next {
                Some(at) if at == above => return true,
                Some(at) => next = self.get(at).parent,
                None => return false,
            }
        }
        true
    }

    /// Step 2.
    fn unparented(&self) -> Vec<usize> {
        (0..self.0.len()).filter(|at| self.get(*at).parent.is_none()).collect()
    }

    /// Step 3: what is not here makes way for what hangs below it, but for a root with several answers. Gives what takes the
    /// place of a root.
    fn prune(&mut self, root: usize) -> Vec<usize> {
        let mut order = vec![root];
        let mut done = 0;
        while let Some(at) = order.get(done).copied() {
            order.extend(&self.get(at).children);
            done += 1;
        }
        for at in order.into_iter().rev() {
            let children = self.take_children(at);
            let mut kept = Vec::with_capacity(children.len());
            for child in children {
                if self.get(child).message.is_some() {
                    kept.push(child);
                } else {
                    kept.append(&mut self.take_children(child));
                }
            }
            self.edit(at, |c| c.children = kept);
        }
        let own = self.get(root);
        if own.message.is_some() || own.children.len() > 1 { vec![root] } else { own.children.clone() }
    }

    /// When a message was sent; one that is not here is as old as the first that is below it.
    fn time(&self, messages: &[Message], at: usize) -> (Option<Timestamp>, usize) {
        let here = |at: usize| self.get(at).message;
        let first =
            here(at).or_else(|| self.get(at).children.iter().find_map(|child| here(*child))).unwrap_or(usize::MAX);
        (messages.get(first).and_then(|m| m.date), first)
    }

    /// Steps 4 and 6: by the time when they were sent, then as they came.
    fn sort(&mut self, messages: &[Message], roots: &mut [usize]) {
        for at in 0..self.0.len() {
            let mut children = self.take_children(at);
            children.sort_by_key(|child| self.time(messages, *child));
            self.edit(at, |c| c.children = children);
        }
        roots.sort_by_key(|root| self.time(messages, *root));
    }

    /// Step 5: conversations whose beginnings have one base subject become one.
    fn gather(&mut self, messages: &[Message], roots: &[usize]) -> Vec<usize> {
        let subjects: Vec<(String, bool)> = roots
            .iter()
            .map(|root| {
                let (_, first) = self.time(messages, *root);
                messages
                    .get(first)
                    .map(|m| subject::parts(&m.subject))
                    .map(|(base, mark)| (base, mark.is_some()))
                    .unwrap_or_default()
            })
            .collect();
        // By base subject: the root that the others join, and whether its subject is that of an answer.
        let mut table: HashMap<&str, (usize, bool)> = HashMap::new();
        for (root, (base, marked)) in roots.iter().zip(&subjects).filter(|(_, (base, _))| !base.is_empty()) {
            let better = |(known, answer): &(usize, bool)| {
                self.get(*known).message.is_some() && (self.get(*root).message.is_none() || *answer && !marked)
            };
            if table.get(base.as_str()).is_none_or(better) {
                table.insert(base, (*root, *marked));
            }
        }
        let mut kept = Vec::with_capacity(roots.len());
        for (root, (base, marked)) in roots.iter().zip(&subjects) {
            let Some((known, answer)) = table.get(base.as_str()).copied().filter(|(known, _)| known != root) else {
                kept.push(*root);
                continue;
            };
            match (self.get(known).message, self.get(*root).message) {
                (None, None) => {
                    let mut children = self.take_children(*root);
                    self.edit(known, |c| c.children.append(&mut children));
                }
                (None, Some(_)) => self.edit(known, |c| c.children.push(*root)),
                (Some(_), _) if *marked && !answer => self.edit(known, |c| c.children.push(*root)),
                _ => {
                    let both = self.add(None);
                    self.edit(both, |c| c.children = vec![known, *root]);
                    table.insert(base, (both, false));
                    kept.push(both);
                }
            }
        }
        // Some were put below another after they had been kept.
        let below: HashSet<usize> = kept.iter().flat_map(|root| self.get(*root).children.iter().copied()).collect();
        kept.retain(|root| !below.contains(root));
        kept
    }
}

#[cfg(test)]
mod tests;
