//! The language model, where there is one: its server is asked for its list of models, and shown nothing.

use super::Finding;
use crate::config::Model;
use crate::llm::{LlmError, Server};
use crate::secret;

/// The keyring's user name for the key, as `thinking` reads it.
const KEY: &str = "assistant";

pub(super) async fn examine(model: &Model, offline: bool) -> Vec<Finding> {
    let key = match &model.api_key {
        None => None,
        Some(source) => match secret::text(source, KEY).await {
            Ok(key) => Some(key),
            Err(e) => {
                let fix = "put the key where assistant.api_key says, or choose another source for it";
                return vec![Finding::fault("model", format!("its key: {e}"), fix)];
            }
        },
    };
    if offline {
        return Vec::new();
    }
    let (name, at) = (&model.name, &model.base_url);
    vec![match Server::new(model, key).models().await {
        Ok(None) => Finding::note("model", format!("{at} is there; whether it has {name:?}, it does not say")),
        Ok(Some(list)) if has(&list, name) => Finding::ok("model", format!("{at} has {name:?}")),
        Ok(Some(list)) => {
            let near = list.iter().min_by_key(|other| strsim::damerau_levenshtein(other, name));
            let fix = match near {
                Some(near) => {
                    format!("set assistant.model to one that it has, such as {near:?}, or fetch {name:?} there")
                }
                None => format!("fetch {name:?} there: the server has no model at all"),
            };
            Finding::fault("model", format!("{at} has no model {name:?}"), fix)
        }
        Err(e @ LlmError::Unauthorized { .. }) => Finding::fault("model", e.to_string(), "check assistant.api_key"),
        Err(e @ LlmError::Net(_)) => {
            let fix =
                "start the model's server, or correct assistant.base_url; until then the built-in rules do the work";
            Finding::fault("model", e.to_string(), fix)
        }
        Err(e) => Finding::fault("model", e.to_string(), "check assistant.base_url and assistant.provider"),
    }]
}

/// Ollama's names carry a tag, which may be left out.
fn has(list: &[String], name: &str) -> bool {
    list.iter().any(|other| other == name || other.strip_prefix(name).is_some_and(|rest| rest.starts_with(':')))
}
