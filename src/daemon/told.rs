//! What was told already is not told again: with a pass for each mail and each save, a draft that cannot be read
//! would else be complained of all day.

use crate::pass::Outcome;
use std::collections::{BTreeMap, BTreeSet};

/// What the last passes told.
#[derive(Debug, Default)]
pub(super) struct Told {
    posted: BTreeSet<String>,
    pulled: BTreeMap<String, BTreeSet<String>>,
    error: Option<String>,
}

impl Told {
    /// Takes out of the outcome what the last pass over the same things told, too.
    pub(super) fn sift(&mut self, outcome: &mut Outcome) {
        self.error = None;
        let mut told = BTreeSet::new();
        let mut fresh = |what: String| {
            let fresh = !self.posted.contains(&what) && !told.contains(&what);
            told.insert(what);
            fresh
        };
        outcome.posted.problems.retain(|problem| fresh(problem.clone()));
        outcome.posted.changed.retain(|(path, why)| fresh(format!("{path}\n{why}")));
        self.posted = told;
        for (account, pulled) in &mut outcome.pulled {
            let Ok(pulled) = pulled else { continue };
            let before = self.pulled.insert(account.clone(), pulled.problems.iter().cloned().collect());
            pulled.problems.retain(|problem| before.as_ref().is_none_or(|b| !b.contains(problem)));
        }
    }

    /// True when a pass that could not be made failed for the same reason as the one before.
    pub(super) fn again(&mut self, error: &anyhow::Error) -> bool {
        let text = format!("{error:#}");
        let again = self.error.as_ref() == Some(&text);
        self.error = Some(text);
        again
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbound::Pulled;
    use crate::outbound::Posted;

    fn outcome(posted: &[&str], pulled: &[&str]) -> Outcome {
        let texts = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        let posted = Posted { problems: texts(posted), ..Posted::default() };
        let pulled = vec![("work".to_owned(), Ok(Pulled { problems: texts(pulled), ..Pulled::default() }))];
        Outcome { pulled, posted, ..Outcome::default() }
    }

    #[test]
    fn what_stays_is_told_once_and_what_comes_back_again() {
        let mut told = Told::default();
        let mut after = |posted: &[&str], pulled: &[&str]| {
            let mut outcome = outcome(posted, pulled);
            told.sift(&mut outcome);
            let problems = outcome.pulled.iter().flat_map(|(_, p)| p.as_ref().expect("pulled").problems.clone());
            (outcome.posted.problems.clone(), problems.collect::<Vec<_>>())
        };
        assert_eq!(after(&["a", "b"], &["x"]), (vec!["a".to_owned(), "b".to_owned()], vec!["x".to_owned()]));
        assert_eq!(after(&["b", "c"], &["x"]), (vec!["c".to_owned()], vec![]));
        assert_eq!(after(&[], &[]), (vec![], vec![]));
        assert_eq!(after(&["b"], &["x"]), (vec!["b".to_owned()], vec!["x".to_owned()]));
    }
}
