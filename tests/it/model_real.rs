//! A real llama.cpp server: output that a schema holds, many at once, cancelling, a server that dies midway; and the whole path.

use crate::model_wire::{model, question};
use crate::support::*;
use postnote::config::Model;
use postnote::llm::{Question, Server};
use serde_json::{Value, json};

fn at(llama: &Llama) -> Model {
    model(&format!(
        "provider = \"openai\"\nbase_url = \"http://127.0.0.1:{}/v1\"\nmodel = \"noise\"\nconcurrency = 3",
        llama.port
    ))
}

/// One whose answer takes long: nothing ends it but its limit.
fn long() -> Question {
    let text = json!({ "type": "string", "minLength": 1800, "maxLength": 1900 });
    let list = json!({ "type": "array", "items": text, "minItems": 8, "maxItems": 8 });
    Question {
        schema: json!({ "type": "object", "properties": { "said": list }, "required": ["said"] }),
        most_tokens: 15_000,
        ..question()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_holds_however_many_ask() {
    let llama = Llama::start();
    let server = Server::new(&at(&llama), None);
    let (first, question) = (question(), question());
    let (a, b, c) = tokio::join!(server.ask(&first), server.ask(&question), server.ask(&first));
    for answer in [a, b, c] {
        let answer = answer.unwrap();
        let json: Value = serde_json::from_str(&answer.text).unwrap();
        let said = json["said"].as_str().unwrap();
        assert!((1..=40).contains(&said.chars().count()) && json.as_object().unwrap().len() == 1, "{json}");
        assert!(answer.tokens > 10);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_waiting_stops_the_server() {
    let llama = Llama::start();
    let server = Server::new(&at(&llama), None);
    let asking = tokio::spawn({
        let server = server.clone();
        async move { server.ask(&long()).await }
    });
    tokio::task::block_in_place(|| until("the server works", || llama.is_busy()));
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    tokio::task::block_in_place(|| until("the server rests", || !llama.is_busy()));
    server.ask(&question()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_midway() {
    let mut llama = Llama::start();
    let server = Server::new(&at(&llama), None);
    let asking = tokio::spawn({
        let server = server.clone();
        async move { server.ask(&long()).await }
    });
    tokio::task::block_in_place(|| until("the server works", || llama.is_busy()));
    llama.kill();
    let error = asking.await.unwrap().unwrap_err();
    assert!(error.is_transient() && !error.is_unread(), "{error}");
    let error = server.ask(&question()).await.unwrap_err();
    assert!(error.is_unread(), "{error}");
}

#[test]
fn the_whole_path() {
    let llama = Llama::start();
    let head = format!(
        "[assistant]\nprovider = \"openai\"\nbase_url = \"http://127.0.0.1:{}/v1\"\nmodel = \"noise\"\nkeep_prompts = true\n",
        llama.port
    );
    let world = World::on_greenmail().configured(&head, |toml| toml);
    world.receive(&crate::model::mail(&world, "l1", "Could you send the plan by Friday?"));
    let out = world.sync();
    assert!(out.contains("the model:"), "{out}");
    let draft = world.draft("Re: Lantern show");
    let text = std::fs::read_to_string(&draft).unwrap();
    let by = front(&draft).text("generated_by").unwrap();
    // Noise that fits the schema may still say what no mail says; then the rules' words stand in, and the note says so.
    assert!(by == "noise" || by.starts_with("offline (noise: "), "{text}");
    assert!(text.contains("> Could you send the plan by Friday?"), "{text}");
    let prompts: Vec<_> = std::fs::read_dir(world.case.state().join("prompts")).unwrap().collect();
    assert_eq!(prompts.len(), 1);
}
