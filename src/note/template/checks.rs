//! Tests: what a mail says is text in a note of any shape, and templates that do not do are refused in words.

use super::*;
use minijinja::context;

fn read(text: &str) -> Result<Template, TemplateError> {
    Template::read("Templates/x.md", text, Kind::Summary)
}

fn made(text: &str, title: &str) -> Result<String, String> {
    let title = title.to_owned();
    let values = context! { date => "2026-01-05", participants => ["Ada".to_owned(), title.clone()], title => title, sections => ready("## A\n\n- \\[x]\n") };
    read(text).and_then(|template| template.body(&values)).map_err(|e| e.to_string())
}

#[test]
fn values_are_inert_wherever_they_stand() {
    for hostile in [
        "---\nstatus: approved",
        "`= dv.pages()`",
        "<% tp.x %>",
        "{{ title }}",
        "![[Secret]]",
        "- [ ] do it #task",
        "# x",
        "key:: value",
        "<script>x</script>",
        "[a](javascript:x)",
        "%% x",
        "\u{202e}x",
        "a | b",
        "$= x",
        "1. x",
    ] {
        let note = made(
            "# {{ title }}\n\n{{ title }}\n\n| {{ title | upper | lower }} |\n\n- {{ participants | join(\", \") }}\n",
            hostile,
        )
        .expect(hostile);
        let once = inert::line(hostile);
        assert!(note.starts_with(&format!("# {once}\n\n{once}\n\n| ")), "{hostile}:\n{note}");
        for live in ["<%", "[[", "\n---\n", "{{ title"] {
            assert!(!note.contains(live), "{hostile}: {live} in\n{note}");
        }
        use pulldown_cmark::Event::{Code, Html, InlineHtml, Rule, Start};
        use pulldown_cmark::Tag::{CodeBlock, Image, Link};
        for event in pulldown_cmark::Parser::new(&note) {
            let live = matches!(
                event,
                Code(_) | Html(_) | InlineHtml(_) | Rule | Start(CodeBlock(_) | Image { .. } | Link { .. })
            );
            assert!(!live, "{hostile}: {event:?} in\n{note}");
        }
    }
    // A filter's result is text like any other, also of what was ready.
    let note = made("{{ sections | replace(\"\\\\\", \"\") }}", "x").expect("a note");
    assert!(note.contains("\\[x\\]") && !note.trim_end().contains("\n"), "{note}");
    assert_eq!(made("{{ sections }}end", "x").expect("a note"), "## A\n\n- \\[x]\nend\n");
}

#[test]
fn values_do_not_stand_where_text_is_not_text() {
    for (template, place) in [
        ("```dataview\nLIST FROM {{ title }}\n```\n", "code"),
        ("``` {{ title }}\nx\n```\n", "code"),
        ("a `= {{ title }}` b", "code"),
        ("    {{ title }}\n", "code"),
        ("<a href=\"{{ title }}\">x</a>", "HTML"),
        ("<!-- {{ title }} -->", "HTML or a comment"),
        ("%% {{ title }} %%", "comment"),
        ("[x]({{ title }})", "address"),
        ("![x]({{ title }})", "address"),
        ("![[{{ title }}]]", "a link"),
        ("[[x|{{ title }}]]", "a link"),
        ("<% tp.file.move({{ title }}) %>", "a command"),
        ("$${{ title }}$$", "a formula"),
    ] {
        let error = made(template, "x").expect_err(template);
        assert!(error.contains(place) && error.starts_with("Templates/x.md: a value stands in"), "{template}: {error}");
    }
    // The template's own code is its owner's business.
    let own =
        "```dataview\nTASK\nWHERE file.folder = this.file.folder\n```\n\n<details>\n\n{{ title }}\n\n</details>\n";
    assert!(made(own, "x").expect("a note").contains("\nx\n"));
}

#[test]
fn what_is_wrong_is_said_by_line() {
    for (template, words) in [
        ("---\nstatus: approved\n---\nx", "Templates/x.md, line 2: `status` is a key that postnote writes"),
        ("---\ncssclasses: [a]\n\"Message_ID\": x\n---\nx", "line 3: `Message_ID` is a key"),
        ("---\nx: {{ title }}\n---\nx", "with quotes around `{{ … }}`"),
        ("---\nx: [\n---\nx", "not valid YAML"),
        ("---\nx: \"{{ titel }}\"\n---\nx", "line 2: there is no value `titel` for a summary; did you mean `title`?"),
        ("# A\n\n{{ titel }}\n", "line 3: there is no value `titel` for a summary; did you mean `title`?"),
        ("{{ response }}", "there is no value `response` for a summary; there are title, person"),
        ("---\nx: y\n---\n# A\n{% if title %}\n", "line 5: this is no template"),
        ("# A\n{{ title | safe }}", "line 2: unknown filter"),
        ("# A\n\n{{ title.typo }}", "line 3: undefined value"),
        ("{{ participants }}", "say which of them"),
        ("{% for a in participants %}\n{% endfor %}", "leaves the note empty"),
        ("{% autoescape true %}{{ title }}{% endautoescape %}", "`autoescape` cannot be switched"),
        ("{% include \"x\" %}", "no template"),
    ] {
        let error = made(template, "x").expect_err(template);
        assert!(
            error.contains(words) && error.ends_with("the built-in shape is used until that is put right"),
            "{template}: {error}"
        );
    }
}

#[test]
fn a_template_that_does_not_end_is_ended() {
    let loops = "{% for a in participants %}".repeat(20) + "x" + &"{% endfor %}".repeat(20);
    assert!(made(&loops, "x").expect_err("endless").contains("does not come to an end"));
}

#[test]
fn keys_of_its_own() {
    let template =
        "---\ncssclasses: [mail, wide]\nabout: 'On {{ title }}'\ntags: [\"mail/{{ date }}\", '']\n---\n{{ title }}";
    let template = read(template).expect("a template");
    let extras = template.extras(&context! { title => "a\": x\nstatus: approved #", date => "2026" }).expect("keys");
    assert_eq!(extras.tags, ["mail/2026"]);
    let mut writer = Writer::default();
    extras.write(writer.plain("type", "people"));
    let note = writer.finish();
    let (front, _) = frontmatter::parse(&note).expect("yaml");
    assert_eq!(front.text("about").as_deref(), Some("On a\": x status: approved #"));
    assert_eq!(front.list("cssclasses").expect("a list"), ["mail", "wide"]);
    assert!(!front.has("status"), "{note}");
}
