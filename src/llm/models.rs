//! Which models a server has: a question that costs nothing and shows it nothing, to see whether it is there.

use super::{LlmError, Server};
use crate::net::http::{self, Limits};
use hyper::{Request, StatusCode};
use serde_json::Value;
use std::time::Duration;

/// How long the list may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most that is read of it, in octets: some servers have hundreds of models.
const MOST: usize = 2 * 1024 * 1024;

impl Server {
    /// The names of its models; `None` where it keeps no such list.
    pub async fn models(&self) -> Result<Option<Vec<String>>, LlmError> {
        let url = self.url("models");
        let request = self.headed(Request::get(url.as_str()).header("accept", "application/json"), &url);
        let request = request.body(Vec::new()).map_err(|_| LlmError::Unsendable)?;
        let limits = Limits { patience: PATIENCE, most: MOST, in_clear: self.model.allow_http };
        let (head, bytes) = http::send_within(request, self.model.ca_file.as_deref(), limits).await?.into_parts();
        match head.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => return Ok(None),
            other => return Err(LlmError::from_status(other.as_u16(), &bytes, None)),
        }
        let json: Value =
            serde_json::from_slice(&bytes).map_err(|_| LlmError::Nonsense { what: "its list of models is no JSON" })?;
        let id = |model: &Value| model.get("id").and_then(Value::as_str).map(str::to_owned);
        Ok(json.get("data").and_then(Value::as_array).map(|models| models.iter().filter_map(id).collect()))
    }
}
