use super::*;
use serde_json::json;

fn question() -> Question {
    Question {
        system: "Read.".into(),
        turns: vec![(Role::User, "Hello".into()), (Role::Assistant, "{}".into()), (Role::User, "Again".into())],
        schema: json!({ "type": "object" }),
        most_tokens: 100,
    }
}

#[test]
fn what_is_asked() {
    let body = openai::body("m", &question(), 0);
    assert_eq!(body["messages"].as_array().map(Vec::len), Some(4));
    assert_eq!(body["response_format"]["json_schema"]["schema"], json!({ "type": "object" }));
    assert_eq!(body["max_tokens"], 100);
    let body = openai::body("m", &question(), 9);
    assert!(body.get("response_format").is_none() && body.get("max_tokens").is_none());
    assert_eq!(body["max_completion_tokens"], 100);
    let bounded = json!({ "type": "string", "maxLength": 3, "properties": { "maxLength": { "maxItems": 2 } } });
    let body = openai::body("m", &Question { schema: bounded, ..question() }, 2);
    let schema = &body["response_format"]["json_schema"]["schema"];
    assert_eq!(*schema, json!({ "type": "string", "properties": { "maxLength": {} } }));
    let body = anthropic::body("m", &question(), 0);
    assert_eq!(body["system"], "Read.");
    assert_eq!(body["messages"][1]["role"], "assistant");
    assert_eq!(body["tools"][0]["input_schema"], json!({ "type": "object" }));
    assert_eq!((&body["stream"], &anthropic::body("m", &question(), 1)["stream"]), (&json!(true), &json!(false)));
}

#[test]
fn what_comes_back() {
    let said = |json: Value| openai::read(&json).map_err(|e| e.to_string());
    let chosen = |message: Value, why: &str| json!({ "choices": [{ "message": message, "finish_reason": why }] });
    assert_eq!(said(chosen(json!({ "content": "{}" }), "stop")), Ok(("{}".into(), None)));
    let parts = json!({ "content": [{ "type": "text", "text": "{" }, { "type": "text", "text": "}" }] });
    assert_eq!(said(chosen(parts, "stop")), Ok(("{}".into(), None)));
    for (json, wrong) in [
        (json!({}), "choices"),
        (json!([]), "choices"),
        (json!({ "choices": [{}] }), "message"),
        (chosen(json!({ "content": null }), "stop"), "content"),
        (chosen(json!({ "content": "{" }), "length"), "longer"),
        (chosen(json!({ "content": null, "refusal": "no" }), "stop"), "declines"),
        (chosen(json!({ "content": "" }), "content_filter"), "declines"),
    ] {
        assert!(said(json.clone()).is_err_and(|e| e.contains(wrong)), "{json}");
    }
    let said = |json: Value| anthropic::read(&json).map_err(|e| e.to_string());
    let used = json!({ "content": [{ "type": "text", "text": "Well." }, { "type": "tool_use", "input": { "a": 1 } }],
        "usage": { "input_tokens": 3, "output_tokens": 4 } });
    assert_eq!(said(used), Ok(("{\"a\":1}".into(), Some(7))));
    for (json, wrong) in [
        (json!({ "content": [] }), "empty"),
        (json!({}), "content"),
        (json!({ "stop_reason": "refusal", "content": [] }), "declines"),
        (json!({ "stop_reason": "max_tokens", "content": [] }), "longer"),
    ] {
        assert!(said(json.clone()).is_err_and(|e| e.contains(wrong)), "{json}");
    }
}

#[test]
fn an_answer_piece_by_piece() {
    let pieces = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null},\"finish_reason\":null}]}\n\n: ping\n\n\
        data: {\"choices\":[{\"delta\":{\"content\":\"{\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"}\"},\"finish_reason\":\"stop\"}]}\n\n\
        data: {\"choices\":[],\"usage\":{\"total_tokens\":7}}\n\ndata: [DONE]\n\n";
    let whole = openai::of_stream(pieces).expect("whole");
    assert_eq!(openai::read(&whole).ok(), Some(("{}".into(), Some(7))));
    let cut = pieces.split("data: {\"choices\":[{\"delta\":{\"content\":\"}").next().unwrap_or_default();
    for (text, wrong) in [
        (cut, "breaks off"),
        ("", "breaks off"),
        ("data: {\"error\":{\"code\":503,\"message\":\"loading\"}}\n", "busy"),
        ("data: <html>\n", "no JSON"),
    ] {
        assert!(openai::of_stream(text).is_err_and(|e| e.to_string().contains(wrong)), "{text}");
    }
}

#[test]
fn an_answer_of_anthropic_piece_by_piece() {
    let event = |json: Value| format!("event: {}\ndata: {json}\n\n", json["type"].as_str().unwrap_or_default());
    let delta = |delta: Value| event(json!({ "type": "content_block_delta", "index": 1, "delta": delta }));
    let usage = json!({ "input_tokens": 3, "output_tokens": 1 });
    let begin = event(json!({ "type": "message_start", "message": { "content": [], "usage": usage } }))
        + &event(
            json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "Well." } }),
        )
        + &event(json!({ "type": "ping" }))
        + &event(
            json!({ "type": "content_block_start", "index": 1, "content_block": { "type": "tool_use", "input": {} } }),
        );
    let stop = |why: &str| {
        let usage = json!({ "output_tokens": 4 });
        event(json!({ "type": "message_delta", "delta": { "stop_reason": why }, "usage": usage }))
            + &event(json!({ "type": "message_stop" }))
    };
    let pieces = delta(json!({ "type": "input_json_delta", "partial_json": "{\"a\"" }))
        + &delta(json!({ "type": "input_json_delta", "partial_json": ":1}" }));
    let said = |text: &str| anthropic::of_stream(text).and_then(|whole| anthropic::read(&whole));
    assert_eq!(said(&format!("{begin}{pieces}{}", stop("tool_use"))).ok(), Some(("{\"a\":1}".into(), Some(7))));
    // Half a JSON is for whoever asked to judge.
    let half = delta(json!({ "type": "input_json_delta", "partial_json": "{\"a\"" }));
    assert_eq!(said(&format!("{begin}{half}{}", stop("tool_use"))).ok(), Some(("Well.{\"a\"".into(), Some(7))));
    let overloaded = event(json!({ "type": "error", "error": { "type": "overloaded_error", "message": "full" } }));
    let refused = event(json!({ "type": "error", "error": { "type": "authentication_error", "message": "no" } }));
    for (text, wrong) in [
        (format!("{begin}{pieces}"), "breaks off"),
        (String::new(), "breaks off"),
        (format!("{begin}{half}{}", stop("max_tokens")), "longer"),
        (format!("{begin}{}", stop("refusal")), "declines"),
        (format!("{begin}{pieces}{overloaded}"), "busy"),
        (format!("{begin}{refused}"), "refuses the key"),
        ("data: <html>\n".to_owned(), "no JSON"),
    ] {
        assert!(said(&text).is_err_and(|e| e.to_string().contains(wrong)), "{wrong}: {text}");
    }
}

#[test]
fn statuses_in_words() {
    for (status, transient, of_config) in [
        (400, false, false),
        (401, false, true),
        (403, false, true),
        (404, false, true),
        (429, true, false),
        (500, true, false),
        (503, true, false),
        (529, true, false),
    ] {
        let body = br#"{"error":{"message":"the key sk-123 is bad\u001b[2J"}}"#;
        let error = LlmError::from_status(status, body, None);
        assert_eq!((error.is_transient(), error.is_of_config()), (transient, of_config), "{status}");
        assert!(!error.to_string().contains('\u{1b}'));
        assert!(!(matches!(status, 401 | 403) && error.to_string().contains("sk-123")));
    }
}
