//! Asking a language model, over the wire: the shapes that servers have, and everything that they do wrong.

use crate::support::*;
use postnote::config::{Config, Model};
use postnote::llm::{Answer, LlmError, Question, Role, Server};
use postnote::secret::SecretString;
use serde_json::json;
use std::path::Path;

const ACCOUNT: &str = "[[accounts]]\nname = \"work\"\nemail = \"sam@example.org\"\n[accounts.imap]\nhost = \"localhost\"\n\
    [accounts.smtp]\nhost = \"localhost\"\n[accounts.auth]\npassword = { env = \"X\" }\n";

pub fn model(assistant: &str) -> Model {
    let text = format!("vault = \"/v\"\n[assistant]\n{assistant}\n{ACCOUNT}");
    Config::parse(&text, Path::new("/"), Path::new("/")).unwrap().model.unwrap()
}

pub fn question() -> Question {
    let text = json!({ "type": "string", "minLength": 1, "maxLength": 40 });
    Question {
        system: "Say something.".into(),
        turns: vec![(Role::User, "Now.".into())],
        schema: json!({ "type": "object", "properties": { "said": text }, "required": ["said"], "additionalProperties": false }),
        most_tokens: 500,
    }
}

fn at(port: u16, more: &str) -> Model {
    model(&format!("provider = \"openai\"\nbase_url = \"http://127.0.0.1:{port}/v1\"\nmodel = \"m\"\n{more}"))
}

async fn ask(server: &ModelServer, more: &str) -> Result<Answer, LlmError> {
    Server::new(&at(server.port, more), Some(SecretString::from("hunter2"))).ask(&question()).await
}

#[tokio::test]
async fn openai_ollama_vllm_and_azure() {
    let server = ModelServer::saying("{\"said\":\"x\"}");
    let answer = ask(&server, "").await.unwrap();
    assert_eq!((answer.text.as_str(), answer.tokens), ("{\"said\":\"x\"}", 1000));
    let asked = &server.asked()[0];
    assert!(asked.head.starts_with("post /v1/chat/completions http/1.1"), "{}", asked.head);
    assert!(asked.head.contains("authorization: bearer hunter2"));
    assert_eq!(asked.body["response_format"]["type"], "json_schema");
    assert_eq!(asked.body["stream"], true);
    // Piece by piece, as most servers answer then.
    let server = ModelServer::start(|_, _| Reply::Streams("{\"said\":\"x\"}".into()));
    let answer = ask(&server, "").await.unwrap();
    assert_eq!((answer.text.as_str(), answer.tokens), ("{\"said\":\"x\"}", 1000));
    // No usage, content in parts, as some servers have it: it is estimated.
    let parts = json!({ "choices": [{ "message": { "content": [{ "type": "text", "text": "{}" }] } }] }).to_string();
    let server = ModelServer::start(move |_, _| Reply::Status(200, "", parts.clone()));
    let answer = ask(&server, "").await.unwrap();
    assert!(answer.text == "{}" && answer.tokens > 0);
    // Azure: another header for the key, and a query that stays.
    let server = ModelServer::saying("{}");
    let url = format!("http://127.0.0.1:{}/openai/deployments/d?api-version=2024-10-21", server.port);
    let azure = model(&format!("provider = \"openai\"\nbase_url = \"{url}\"\nmodel = \"m\""));
    Server::new(&azure, Some(SecretString::from("hunter2"))).ask(&question()).await.unwrap();
    let head = server.asked()[0].head.clone();
    assert!(head.starts_with("post /openai/deployments/d/chat/completions?api-version=2024-10-21 "), "{head}");
    assert!(head.contains("api-key: hunter2") && !head.contains("authorization"), "{head}");
}

/// Events as a server sends them, the end among them.
fn stream(events: &[serde_json::Value]) -> Reply {
    let lines: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
    Reply::Raw(format!("{head}{lines}data: [DONE]\n\n").into_bytes())
}

#[tokio::test]
async fn ollama_streams_as_it_does() {
    let chunk = |delta: serde_json::Value, finish: Option<&str>| {
        json!({ "id": "chatcmpl-41", "object": "chat.completion.chunk", "created": 1_767_606_919, "model": "llama3.2",
            "system_fingerprint": "fp_ollama", "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] })
    };
    let said = |text: &str| chunk(json!({ "role": "assistant", "content": text }), None);
    // A model that thinks says that beside its answer, and it is none.
    let thinks = chunk(json!({ "role": "assistant", "content": "", "reasoning": "{\"said\":\"no\"}" }), None);
    let used = json!({ "id": "chatcmpl-41", "object": "chat.completion.chunk", "model": "llama3.2", "choices": [],
        "usage": { "prompt_tokens": 40, "completion_tokens": 9, "total_tokens": 49 } });
    let events = [
        thinks,
        said("{\"said\""),
        said(":\"x\"}"),
        chunk(json!({ "role": "assistant", "content": "" }), Some("stop")),
        used,
    ];
    let server = ModelServer::start(move |_, _| stream(&events));
    let answer = ask(&server, "").await.unwrap();
    assert_eq!((answer.text.as_str(), answer.tokens), ("{\"said\":\"x\"}", 49));
    // One that is not pulled says so with 404, and that is its owner's business.
    let missing =
        json!({ "error": { "message": "model \"m\" not found, try pulling it first", "type": "not_found_error" } });
    let server = ModelServer::start(move |_, _| Reply::Status(404, "", missing.to_string()));
    let error = ask(&server, "").await.unwrap_err();
    assert!(error.is_of_config() && error.to_string().contains("try pulling it first"), "{error}");
}

#[tokio::test]
async fn vllm_streams_as_it_does() {
    let chunk = |delta: serde_json::Value, finish: Option<&str>| {
        json!({ "id": "chatcmpl-7", "object": "chat.completion.chunk", "created": 1_767_606_919, "model": "m",
            "choices": [{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish, "stop_reason": null, "token_ids": null }] })
    };
    let said = |text: &str| chunk(json!({ "content": text }), None);
    let used = json!({ "id": "chatcmpl-7", "object": "chat.completion.chunk", "choices": [],
        "usage": { "prompt_tokens": 40, "total_tokens": 52, "completion_tokens": 12 } });
    let begins = chunk(json!({ "role": "assistant", "content": "" }), None);
    let thinks = chunk(json!({ "reasoning_content": "hm", "content": null }), None);
    let events = [
        begins.clone(),
        thinks,
        said("{\"said\":"),
        said("\"x\"}"),
        chunk(json!({ "content": "" }), Some("stop")),
        used,
    ];
    let cut = [begins, said("{\"said\""), chunk(json!({ "content": "" }), Some("length"))];
    // What it cannot hold to, it says; then it is asked in the next shape.
    let no = json!({ "object": "error", "message": "The provided JSON schema contains features not supported", "type": "BadRequestError",
        "param": null, "code": 400 });
    let server = ModelServer::start(move |number, _| match number {
        0 => Reply::Status(400, "", no.to_string()),
        1 => Reply::Status(400, "", no.to_string()),
        2 => stream(&events),
        _ => stream(&cut),
    });
    let client = Server::new(&at(server.port, ""), None);
    let answer = client.ask(&question()).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.tokens), ("{\"said\":\"x\"}", 52));
    let schema = &server.asked()[2].body["response_format"]["json_schema"]["schema"];
    assert!(!schema.to_string().contains("maxLength") && schema["required"] == json!(["said"]), "{schema}");
    assert!(matches!(client.ask(&question()).await, Err(LlmError::Cut)));
}

#[tokio::test]
async fn azure_filters_before_and_after() {
    let filter = json!({ "hate": { "filtered": false, "severity": "safe" } });
    let chunk = |delta: serde_json::Value, finish: Option<&str>| {
        json!({ "id": "chatcmpl-9", "object": "chat.completion.chunk", "model": "gpt-4o", "choices": [{ "index": 0, "delta": delta,
            "content_filter_results": filter, "finish_reason": finish }] })
    };
    let begins =
        json!({ "id": "", "object": "", "model": "", "choices": [], "prompt_filter_results": [{ "prompt_index": 0 }] });
    let whole = [begins.clone(), chunk(json!({ "content": "{\"said\":\"x\"}" }), None), chunk(json!({}), Some("stop"))];
    let stopped = [begins, chunk(json!({ "content": "{\"said\"" }), None), chunk(json!({}), Some("content_filter"))];
    let refused = json!({ "error": { "message": "The response was filtered", "type": null, "param": "prompt", "code": "content_filter",
        "status": 400, "innererror": { "code": "ResponsibleAIPolicyViolation" } } });
    let server = ModelServer::start(move |number, _| match number {
        0 => stream(&whole),
        1 => stream(&stopped),
        _ => Reply::Status(400, "", refused.to_string()),
    });
    let url = format!("http://127.0.0.1:{}/openai/deployments/d?api-version=2024-10-21", server.port);
    let model = model(&format!("provider = \"openai\"\nbase_url = \"{url}\"\nmodel = \"m\""));
    let client = Server::new(&model, Some(SecretString::from("hunter2")));
    assert_eq!(client.ask(&question()).await.unwrap().text, "{\"said\":\"x\"}");
    assert!(matches!(client.ask(&question()).await, Err(LlmError::Declined)));
    // Turned away before the model: once is enough.
    assert!(matches!(client.ask(&question()).await, Err(LlmError::Declined)));
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn anthropic() {
    let said = json!({ "content": [{ "type": "tool_use", "name": "answer", "input": { "said": "x" } }],
        "stop_reason": "tool_use", "usage": { "input_tokens": 5, "output_tokens": 6 } });
    let server = ModelServer::start(move |_, _| Reply::Status(200, "", said.to_string()));
    let url = format!("http://127.0.0.1:{}", server.port);
    let model = model(&format!("provider = \"anthropic\"\nbase_url = \"{url}\"\nmodel = \"m\""));
    let answer = Server::new(&model, Some(SecretString::from("hunter2"))).ask(&question()).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.tokens), ("{\"said\":\"x\"}", 11));
    let asked = &server.asked()[0];
    assert!(asked.head.starts_with("post /v1/messages http/1.1") && asked.head.contains("x-api-key: hunter2"));
    assert!(asked.head.contains("anthropic-version: 2023-06-01"));
    assert_eq!(asked.body["tool_choice"]["name"], "answer");
    assert_eq!(asked.body["stream"], true);
    // Piece by piece, as it answers then; and one that breaks off is not asked again.
    let events = |events: &[serde_json::Value]| {
        let lines = events.iter().map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap()));
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n";
        format!("{head}{}", lines.collect::<String>()).into_bytes()
    };
    let piece = |text: &str| {
        let delta = json!({ "type": "input_json_delta", "partial_json": text });
        json!({ "type": "content_block_delta", "index": 0, "delta": delta })
    };
    let begin = json!({ "type": "message_start", "message": { "usage": { "input_tokens": 5, "output_tokens": 1 } } });
    let part =
        json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "tool_use", "input": {} } });
    let end =
        json!({ "type": "message_delta", "delta": { "stop_reason": "tool_use" }, "usage": { "output_tokens": 6 } });
    let stop = json!({ "type": "message_stop" });
    let broken = events(&[begin.clone(), part.clone(), piece("{\"said\"")]);
    let whole = events(&[begin, part, piece("{\"said\":"), json!({ "type": "ping" }), piece("\"x\"}"), end, stop]);
    let server =
        ModelServer::start(move |number, _| Reply::Raw(if number == 0 { whole.clone() } else { broken.clone() }));
    let url = format!("http://127.0.0.1:{}/v1", server.port);
    let model = self::model(&format!("provider = \"anthropic\"\nbase_url = \"{url}\"\nmodel = \"m\""));
    let client = Server::new(&model, Some(SecretString::from("hunter2")));
    let answer = client.ask(&question()).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.tokens), ("{\"said\":\"x\"}", 11));
    assert!(server.asked()[0].head.starts_with("post /v1/messages http/1.1"));
    let error = client.ask(&question()).await.unwrap_err();
    assert!(error.to_string().contains("breaks off"), "{error}");
    assert_eq!(server.asked().len(), 2);
    // One in between that cannot stream is asked for the whole, and that is remembered.
    let said = json!({ "content": [{ "type": "text", "text": "{}" }], "stop_reason": "end_turn" }).to_string();
    let server = ModelServer::start(move |_, asked| match asked.body["stream"] == true {
        true => Reply::Status(400, "", "{\"error\":{\"message\":\"stream is not supported\"}}".into()),
        false => Reply::Status(200, "", said.clone()),
    });
    let url = format!("http://127.0.0.1:{}", server.port);
    let model = self::model(&format!("provider = \"anthropic\"\nbase_url = \"{url}\"\nmodel = \"m\""));
    let client = Server::new(&model, None);
    for _ in 0..2 {
        assert_eq!(client.ask(&question()).await.unwrap().text, "{}");
    }
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn what_a_server_does_not_take_is_left_out_and_remembered() {
    // One that knows no schema at all and wants the newer name of the limit.
    let server = ModelServer::start(|_, asked| {
        let kind = asked.body["response_format"]["type"].as_str().unwrap_or_default().to_owned();
        let old = asked.body.get("max_tokens").is_some();
        match kind.as_str() == "json_schema" || old {
            true => Reply::Status(400, "", "{\"error\":{\"message\":\"unsupported\"}}".into()),
            false => Reply::Says("{}".into()),
        }
    });
    let client = Server::new(&at(server.port, ""), None);
    client.ask(&question()).await.unwrap();
    let first = server.asked().len();
    client.ask(&question()).await.unwrap();
    assert_eq!(server.asked().len(), first + 1);
    let last = &server.asked()[first].body;
    assert_eq!(last["response_format"]["type"], "json_object");
    assert_eq!(last["max_completion_tokens"], 500);
    // One that takes nothing says so in the end.
    let server = ModelServer::start(|_, _| Reply::Status(400, "", "{\"error\":\"no\"}".into()));
    let error = ask(&server, "").await.unwrap_err();
    assert!(error.to_string().contains("does not take the request") && error.to_string().contains("no"), "{error}");
}

#[tokio::test]
async fn a_busy_server_is_asked_again() {
    for status in [429, 500, 503, 529] {
        let server = ModelServer::start(move |number, _| match number {
            0 => Reply::Status(status, "Retry-After: 0\r\n", "{}".into()),
            _ => Reply::Says("{}".into()),
        });
        ask(&server, "").await.unwrap();
        assert_eq!(server.asked().len(), 2);
    }
    // For an hour: that is not waited for.
    let server = ModelServer::start(|_, _| Reply::Status(429, "Retry-After: 3600\r\n", "{}".into()));
    let error = ask(&server, "").await.unwrap_err();
    assert!(error.is_transient() && error.retry_after().is_some_and(|after| after.as_secs() == 3600));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn faults_in_plain_words() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{\"choices\"";
    let long = format!("{{\"x\":\"{}\"}}", "y".repeat(5_000_000));
    for (reply, words, transient) in [
        (Reply::Status(401, "", "{\"error\":{\"message\":\"bad key hunter2\"}}".into()), "refuses the key", false),
        (Reply::Status(404, "", "{\"error\":{\"message\":\"no such model\"}}".into()), "no such model", false),
        (Reply::Status(302, "Location: http://192.0.2.1/\r\n", String::new()), "status 302", false),
        (Reply::Status(200, "", "<html>".into()), "no JSON", false),
        (Reply::Status(200, "", "{}".into()), "choices", false),
        (Reply::Status(200, "", long), "no answer to what was asked", false),
        (Reply::Endless, "no answer to what was asked", false),
        (Reply::Raw(head.into()), "before the answer was whole", true),
        (Reply::Raw(b"SSH-2.0-x\r\n".to_vec()), "failed", true),
        (Reply::Raw(Vec::new()), "before the answer was whole", true),
        (Reply::Silence, "does not answer", true),
    ] {
        let reply = std::sync::Mutex::new(Some(reply));
        let server = ModelServer::start(move |_, _| reply.lock().unwrap().take().unwrap_or(Reply::Silence));
        let error = ask(&server, "timeout = \"2s\"").await.unwrap_err();
        assert!(error.to_string().contains(words), "{words}: {error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
        assert_eq!(error.is_transient(), transient, "{error}");
        assert_eq!(server.asked().len(), 1, "what a server may have worked on is not asked again: {error}");
    }
    // Nobody there.
    let error = Server::new(&at(free_ports(1)[0], ""), None).ask(&question()).await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("refuses the connection"), "{error}");
    // Another machine over http, which the name only turns out to be when it is looked up.
    let mut elsewhere = at(1, "");
    elsewhere.base_url = "http://192.0.2.1/v1".parse().unwrap();
    let error = Server::new(&elsewhere, None).ask(&question()).await.unwrap_err();
    assert!(error.is_of_config() && error.to_string().contains("not on this machine"), "{error}");
}
