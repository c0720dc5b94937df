//! The owner's templates, read once where they are needed, and what is wrong with them.

use crate::config::Shape;
use crate::note::draft::Look;
use crate::note::template::{Kind, Template, TemplateError};
use crate::vault::Vault;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Each by its path and kind; `None`: it does not do.
type Read = BTreeMap<(String, Kind), Option<Rc<Template>>>;

/// The templates that were asked for so far.
#[derive(Debug)]
pub struct Templates<'a> {
    vault: &'a Vault,
    read: RefCell<Read>,
    problems: RefCell<Vec<String>>,
}

impl<'a> Templates<'a> {
    /// None is read yet.
    pub fn new(vault: &'a Vault) -> Templates<'a> {
        Templates { vault, read: RefCell::default(), problems: RefCell::default() }
    }

    /// The template of a shape; `None`: a built-in one, or one that does not do, which is told of.
    pub fn of(&self, shape: &Shape, kind: Kind) -> Option<Rc<Template>> {
        let Shape::File(path) = shape else { return None };
        let known = self.read.borrow().get(&(path.clone(), kind)).cloned();
        known.unwrap_or_else(|| {
            let read = match self.vault.read(path) {
                Ok(text) => Template::read(path, &text, kind).map_err(|e| e.to_string()),
                Err(e) if e.is_missing_file() => {
                    Err(format!("{path}: there is no such template in the vault; the built-in shape is used"))
                }
                Err(e) => Err(format!("{e}; the built-in shape is used")),
            };
            let read = read.map_err(|e| self.tell(e)).ok().map(Rc::new);
            self.read.borrow_mut().insert((path.clone(), kind), read.clone());
            read
        })
    }

    /// A template that turned out not to do.
    pub fn report(&self, error: Option<TemplateError>) {
        error.into_iter().for_each(|e| self.tell(e.to_string()));
    }

    fn tell(&self, problem: String) {
        let mut problems = self.problems.borrow_mut();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    /// What was wrong, each once.
    pub fn problems(&self) -> Vec<String> {
        self.problems.take()
    }
}

/// How a draft of this shape looks; `own`: its template, where it has one.
pub fn look<'t>(shape: &Shape, own: Option<&'t Template>) -> Look<'t> {
    match (shape, own) {
        (_, Some(template)) => Look::Own(template),
        (Shape::EmailDraft, None) => Look::EmailDraft,
        _ => Look::Reply,
    }
}
