//! A template of the owner's: text → [`Template`]; values → the body of a note, and keys that its frontmatter has besides ours.
//!
//! A template is a note whose body is minijinja, and whose frontmatter holds further keys for the notes. It decides how a note
//! looks, and nothing else: the keys that postnote reads are written by postnote whatever a template says. What comes from a mail is
//! inert wherever a template puts it: values are escaped when they are put down, after every filter, and one that would stand in
//! code, HTML or a link's address is refused (`probe`). A template that does not do is said to by file, line and what to do, and the
//! built-in shape is used.
//!
//! - [`kind`]: what the notes are, and which values and keys each has

pub mod kind;
mod probe;

pub use kind::Kind;

use super::frontmatter::{self, Writer};
use crate::mail::inert;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, filters, tests};
use std::fmt::Write as _;

/// So many steps one note may take.
const FUEL: u64 = 200_000;
/// Calls within calls.
const DEPTH: usize = 32;
/// A template longer than this, in octets, is none.
const MOST: usize = 64 * 1024;
/// The value that says that only places are to be seen, or that nothing is to be escaped. No template can name or set it.
const MODE: &str = "postnote mode";

/// Why a template cannot be used, for the person who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}{}: {what}; the built-in shape is used until that is put right", .line.map(|n| format!(", line {n}")).unwrap_or_default())]
pub struct TemplateError {
    /// The template's path in the vault.
    pub path: String,
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong, and what to do.
    pub what: String,
}

/// A template, read and found in order.
#[derive(Debug)]
pub struct Template {
    path: String,
    kind: Kind,
    /// The lines above the body.
    above: usize,
    /// Each further key, the line that it stands in, and its values: one, or a list of them.
    extra: Vec<(String, usize, Extra)>,
    engine: Environment<'static>,
}

#[derive(Debug)]
enum Extra {
    Text(String),
    List(Vec<String>),
}

/// The keys that a template adds, filled in.
#[derive(Debug, Default)]
struct Extras {
    tags: Vec<String>,
    keys: Vec<(String, Vec<String>, bool)>,
}

impl Extras {
    /// Writes them below the keys that are there.
    fn write(&self, writer: &mut Writer) {
        for (key, values, is_list) in &self.keys {
            match values.first().filter(|_| !is_list) {
                Some(one) => writer.text(key, one),
                None => writer.list(key, values),
            };
        }
    }
}

impl Template {
    /// Reads a template, and tells of everything that can be known to be wrong before there is a note to write.
    pub fn read(path: &str, text: &str, kind: Kind) -> Result<Template, TemplateError> {
        let error = |line: Option<usize>, what: String| TemplateError { path: path.to_owned(), line, what };
        if text.len() > MOST {
            return Err(error(None, "it is longer than 64 KB; shorten it".to_owned()));
        }
        let text = text.replace("\r\n", "\n");
        let has_head = text.trim_start_matches('\u{feff}').starts_with("---\n");
        let (front, body) = match has_head {
            true => frontmatter::parse(&text).map_err(|e| error(None, e.to_string()))?,
            false => (frontmatter::Frontmatter::default(), text.trim_start_matches('\u{feff}')),
        };
        let above = text.lines().count() - body.lines().count();
        let line_of = |key: &str| {
            let names = |line: &str| line.trim_start_matches(['"', '\'']).starts_with(key);
            text.lines().take(above).position(names).map_or(1, |at| at + 1)
        };
        let mut extra = Vec::new();
        for key in front.keys() {
            let line = line_of(&key);
            if kind::is_own(&key) {
                let what =
                    format!("`{key}` is a key that postnote writes and reads itself; take it out of the template");
                return Err(error(Some(line), what));
            }
            let values = front.list(&key).ok_or_else(|| {
                error(
                    Some(line),
                    format!("`{key}` should be one text or a list of texts, with quotes around `{{{{ … }}}}`"),
                )
            })?;
            let value = match (front.is_nested(&key), values.as_slice()) {
                (false, [one]) => Extra::Text(one.clone()),
                _ => Extra::List(values),
            };
            extra.push((key, line, value));
        }
        let mut template = Template { path: path.to_owned(), kind, above, extra, engine: engine() };
        if let Some(at) = body.lines().position(|line| line.contains("autoescape")) {
            return Err(template.wrong(at + 1, "`autoescape` cannot be switched; take it out"));
        }
        template.engine.add_template_owned("note", body.to_owned()).map_err(|e| template.of_engine(&e))?;
        template.known_values(body)?;
        for (_, line, value) in &template.extra {
            for text in value.texts() {
                let read = template.engine.template_from_str(text).map_err(|e| error(Some(*line), plain(&e)))?;
                template.are_known(&read.undeclared_variables(false), |_| *line)?;
            }
        }
        Ok(template)
    }

    /// Its path in the vault.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The keys that it adds. Nothing is escaped there: that is the serializer's.
    fn extras(&self, values: &Value) -> Result<Extras, TemplateError> {
        let mut extras = Extras::default();
        for (key, line, value) in &self.extra {
            let fill = |text: &String| {
                let filled = self.engine.render_str(text, mode(values, "raw"));
                let error = |e: Error| TemplateError { path: self.path.clone(), line: Some(*line), what: plain(&e) };
                filled.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).map_err(error)
            };
            let filled = value.texts().iter().map(fill).collect::<Result<Vec<_>, _>>()?;
            match key.as_str() {
                "tags" => extras.tags = filled.into_iter().filter(|tag| !tag.is_empty()).collect(),
                _ => extras.keys.push((key.clone(), filled, matches!(value, Extra::List(_)))),
            }
        }
        Ok(extras)
    }

    /// The note's body, one line end at its end.
    fn body(&self, values: &Value) -> Result<String, TemplateError> {
        let note = self.engine.get_template("note").map_err(|e| self.of_engine(&e))?;
        let render = |how: &str| note.render(mode(values, how)).map_err(|e| self.of_engine(&e));
        if let Some(what) = probe::misplaced(&render("probe")?) {
            return Err(TemplateError { path: self.path.clone(), line: None, what });
        }
        let body = render("")?;
        if body.trim().is_empty() {
            return Err(self.refused("it leaves the note empty"));
        }
        Ok(format!("{}\n", body.trim_matches('\n').trim_end()))
    }

    /// A whole note: the keys that `head` writes, with the template's tags among them, its own below them, and its body.
    pub fn note(&self, values: &Value, head: impl FnOnce(&[String]) -> Writer) -> Result<String, TemplateError> {
        let extras = self.extras(values)?;
        let body = self.body(values)?;
        let mut writer = head(&extras.tags);
        extras.write(&mut writer);
        Ok(writer.finish() + &body)
    }

    /// What it makes does not do, in words.
    pub fn refused(&self, what: &str) -> TemplateError {
        TemplateError { path: self.path.clone(), line: None, what: what.to_owned() }
    }

    fn wrong(&self, line: usize, what: &str) -> TemplateError {
        TemplateError { path: self.path.clone(), line: Some(self.above + line), what: what.to_owned() }
    }

    fn of_engine(&self, error: &Error) -> TemplateError {
        let line = error.line().map(|line| self.above + line);
        TemplateError { path: self.path.clone(), line, what: plain(error) }
    }

    /// Every name in the body is one that such notes have.
    fn known_values(&self, body: &str) -> Result<(), TemplateError> {
        let names = self.engine.get_template("note").map_err(|e| self.of_engine(&e))?.undeclared_variables(false);
        let line = |name: &str| {
            let is_it = |line: &&str| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
            let in_use = |line: &str| line.contains("{{") || line.contains("{%");
            let at = body.lines().position(|line| in_use(line) && is_it(&line)).unwrap_or_default();
            self.above + at + 1
        };
        self.are_known(&names, line)
    }

    fn are_known(
        &self,
        names: &std::collections::HashSet<String>,
        line: impl Fn(&str) -> usize,
    ) -> Result<(), TemplateError> {
        let known = self.kind.values();
        let Some(name) = names.iter().filter(|name| !known.contains(&name.as_str())).min() else { return Ok(()) };
        let near = known.iter().map(|k| (strsim::damerau_levenshtein(name, k), *k)).min();
        let hint = match near.filter(|(distance, k)| *distance <= 2.max(k.len() / 3)) {
            Some((_, near)) => format!("; did you mean `{near}`?"),
            None => format!("; there are {}", known.join(", ")),
        };
        let what = format!("there is no value `{name}` for {}{hint}", self.kind.called());
        Err(TemplateError { path: self.path.clone(), line: Some(line(name)), what })
    }
}

impl Extra {
    fn texts(&self) -> &[String] {
        match self {
            Extra::Text(one) => std::slice::from_ref(one),
            Extra::List(all) => all,
        }
    }
}

/// A note as a template has it, where there is one; where that does not do, the usual one, with the reason.
pub fn or_usual(
    made: Option<Result<String, TemplateError>>,
    usual: impl FnOnce() -> String,
) -> (String, Option<TemplateError>) {
    match made {
        Some(Ok(text)) => (text, None),
        Some(Err(e)) => (usual(), Some(e)),
        None => (usual(), None),
    }
}

/// Markdown that is ready to stand in a note: a link, a block. It is put down as it is.
pub fn ready(markdown: impl Into<String>) -> Value {
    Value::from_safe_string(markdown.into())
}

fn mode(values: &Value, how: &str) -> Value {
    let how = Value::from(Kwargs::from_iter([(MODE, Value::from(how))]));
    minijinja::value::merge_maps([how, values.clone()])
}

/// What went wrong, without the engine's own way of naming the place.
fn plain(error: &Error) -> String {
    let detail = error.detail().unwrap_or_default();
    match error.kind() {
        ErrorKind::OutOfFuel => "it does not come to an end; look at its loops".to_owned(),
        ErrorKind::SyntaxError => format!("this is no template: {detail}"),
        kind if detail.is_empty() => kind.to_string(),
        kind => format!("{kind}: {detail}"),
    }
}

fn engine() -> Environment<'static> {
    let mut engine = Environment::empty();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_fuel(Some(FUEL));
    engine.set_recursion_limit(DEPTH);
    // Blocks leave no empty lines behind: a note is made of lines.
    let lines = SyntaxConfig::builder().keep_trailing_newline(true).trim_blocks(true).lstrip_blocks(true).build();
    engine.set_syntax(lines.unwrap_or_default());
    // What is put down is escaped below; a filter's result is text like any other.
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_formatter(put);
    engine.add_filter("upper", filters::upper);
    engine.add_filter("lower", filters::lower);
    engine.add_filter("title", filters::title);
    engine.add_filter("capitalize", filters::capitalize);
    engine.add_filter("trim", filters::trim);
    engine.add_filter("replace", filters::replace);
    engine.add_filter("join", filters::join);
    engine.add_filter("length", filters::length);
    engine.add_filter("first", filters::first);
    engine.add_filter("last", filters::last);
    engine.add_filter("sort", filters::sort);
    engine.add_filter("reverse", filters::reverse);
    engine.add_filter("unique", filters::unique);
    engine.add_filter("default", filters::default);
    engine.add_test("defined", tests::is_defined);
    engine
}

/// Puts a value down: ready Markdown as it is, every other text so that nothing in it is live.
fn put(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    if value.is_undefined() {
        return Err(Error::new(ErrorKind::UndefinedError, "there is no such value"));
    }
    let mode = state.lookup(MODE);
    match mode.as_ref().and_then(Value::as_str).unwrap_or_default() {
        "probe" if value.as_str().is_some_and(str::is_empty) => return Ok(()),
        "probe" => return out.write_char(probe::MARK).map_err(Error::from),
        "raw" => return out.write_str(&value.to_string()).map_err(Error::from),
        _ => {}
    }
    let text = match value.kind() {
        ValueKind::String if value.is_safe() => value.to_string(),
        ValueKind::Number | ValueKind::Bool => value.to_string(),
        ValueKind::String => inert::line(&value.to_string()),
        ValueKind::None => String::new(),
        _ => {
            return Err(Error::new(
                ErrorKind::InvalidOperation,
                "this is a list or a group of values; say which of them",
            ));
        }
    };
    out.write_str(&text).map_err(Error::from)
}

#[cfg(test)]
mod checks;
