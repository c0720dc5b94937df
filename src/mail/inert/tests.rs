use super::*;
use proptest::prelude::*;
use pulldown_cmark::{Event, LinkType, Options, Parser, Tag};

/// What is live in some reader of the vault, as it would stand in the note.
const LIVE: &[&str] = &["<%", "%>", "{{", "%%", "==", "~~", "![", "[["];

#[test]
fn text_is_inert_and_readable() {
    for (text_in, expect) in [
        ("plain words, 3 < 4 & 5 > 2", "plain words, 3 < 4 & 5 > 2"),
        ("---\nstatus: approved\n---", "\\---\nstatus: approved\n\\---"),
        ("!!python/object &a *a", "!!python/object &a \\*a"),
        ("<% tp.file.delete() %>", "<\\% tp.file.delete() %\\>"),
        ("`$= dv.pages()`", "\\`$= dv.pages()\\`"),
        ("{{title}}", "{\\{title}}"),
        ("```dataviewjs\ndv.x()\n```", "\\`\\`\\`dataviewjs\ndv.x()\n\\`\\`\\`"),
        ("~~~query\nx\n~~~", "\\~\\~\\~query\nx\n\\~\\~\\~"),
        ("![[note]] and [[a|b]]", "!\\[\\[note]] and \\[\\[a\\|b]]"),
        ("%% hidden %%", "\\%\\% hidden \\%\\%"),
        ("a #tag and C# code, #1", "a \\#tag and C# code, \\#1"),
        ("- [ ] task", "- \\[ ] task"),
        ("* [x] task", "- \\[x] task"),
        ("key:: value", "key:\\: value"),
        ("(key::value)", "(key:\\:value)"),
        ("<b>x</b> <!-- y --> <?php", "\\<b>x\\</b> \\<!-- y --> \\<?php"),
        ("<iframe src=x><script>", "\\<iframe src=x>\\<script>"),
        ("[a](javascript:x) file:///etc obsidian://open", "\\[a](javascript\\:x) file\\:///etc obsidian\\://open"),
        ("![x](http://t.example/p.png)", "!\\[x](<http://t.example/p.png>)"),
        ("\u{1b}[31mred\u{7}\u{0}", "\\[31mred"),
        ("a\r\nb", "a\nb"),
        ("==mark== ~~gone~~ a~b", "=\\=mark=\\= \\~\\~gone\\~\\~ a\\~b"),
        ("costs $5", "costs $5"),
        ("$5 and $6", "\\$5 and \\$6"),
        ("$5\nand $6", "\\$5\nand \\$6"),
        ("words ^block-id", "words \\^block-id"),
        ("&lt;b&gt; AT&T &#60;", "\\&lt;b\\&gt; AT&T \\&\\#60;"),
        ("snake_case _it_ __main__", "snake_case \\_it\\_ \\_\\_main\\_\\_"),
        ("________\na_b", "\\________\na_b"),
        ("# head\n####### x", "\\# head\n\\#\\#\\#\\#\\#\\#\\# x"),
        ("title\n===\ntitle\n-\n+++", "title\n\\=\\=\\=\ntitle\n\\-\n\\+++"),
        ("    code", "\u{a0}\u{a0}\u{a0}\u{a0}code"),
        ("\tcode", "\u{a0}\u{a0}\u{a0}\u{a0}code"),
        ("-      code", "- code"),
        ("1. one\n2) two\n2020. a", "1. one\n2) two\n2020. a"),
        ("> q\n>> r\n> s\nt", "> q\n>> r\n>\n> s\n\nt"),
        ("> [!note] x", "> \\[!note] x"),
        ("a | b\n--|--", "a \\| b\n\\--\\|--"),
        ("x\\y \\* z", "x\\\\y \\\\\\* z"),
        ("see https://a.example/x_y?b=1&c==, ok", "see <https://a.example/x_y?b=1&c==>, ok"),
        ("(http://a.example/(b))", "(<http://a.example/(b)>)"),
        ("http://a.example/{{x}}", "http://a.example/{\\{x}}"),
        ("http://a/<%x%>", "<http://a/><\\%x%\\>"),
        ("mailto:a@b.example now", "<mailto:a@b.example> now"),
        ("[^1]: foot ^[in]", "\\[^1]: foot ^\\[in]"),
    ] {
        assert_eq!(text(text_in), expect, "{text_in:?}");
    }
}

#[test]
fn lines_are_one_line() {
    for (text_in, expect) in [
        ("a\nb", "a b"),
        ("Re: [ext] a|b", "Re: \\[ext\\] a\\|b"),
        ("- x", "\\- x"),
        ("1. x", "1\\. x"),
        ("> x", "\\> x"),
        ("Title ##", "Title \\#\\#"),
        ("", ""),
    ] {
        assert_eq!(line(text_in), expect, "{text_in:?}");
    }
}

#[test]
fn terminal_has_no_escapes() {
    assert_eq!(terminal("a\u{1b}]0;x\u{7}\r\nb\u{9b}31m\u{202e}"), "a]0;x b31m");
}

fn words(s: &str) -> Vec<String> {
    s.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// Reads Markdown with every extension on, and gives its text; panics on anything live.
fn read_inert(markdown: &str) -> String {
    let mut text = String::new();
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_MATH
        | Options::ENABLE_WIKILINKS
        | Options::ENABLE_GFM
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS;
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Text(t) => text.push_str(&t),
            Event::SoftBreak | Event::HardBreak => text.push('\n'),
            Event::Start(Tag::Paragraph | Tag::List(_) | Tag::Item | Tag::BlockQuote(None)) => text.push('\n'),
            Event::Start(Tag::Link { link_type: LinkType::Autolink, dest_url, .. }) => {
                let dest = dest_url.to_ascii_lowercase();
                assert!(["http://", "https://", "mailto:"].iter().any(|s| dest.starts_with(s)), "{dest_url}");
            }
            Event::End(_) => {}
            other => panic!("{other:?} in {markdown:?}"),
        }
    }
    text
}

fn assert_inert(source: &str, markdown: &str) {
    let without_urls = without_autolinks(markdown);
    for pattern in LIVE {
        assert!(!without_urls.contains(pattern), "{pattern} in {markdown:?}");
    }
    assert!(!markdown.contains("::") && !markdown.contains("<%"), "{markdown:?}");
    let digits_apart = |w: &String| !w.bytes().all(|b| b.is_ascii_digit());
    let read: Vec<_> = words(&read_inert(markdown)).into_iter().filter(digits_apart).collect();
    let meant: Vec<_> = words(&clean::body(source).0).into_iter().filter(digits_apart).collect();
    assert_eq!(read, meant, "{source:?} became {markdown:?}");
}

fn without_autolinks(markdown: &str) -> String {
    let mut out = String::new();
    let mut rest = markdown;
    while let Some(i) = rest.find("<http") {
        let (before, url) = rest.split_at(i);
        out.push_str(before);
        out.push('U');
        rest = url.split_once('>').map_or("", |(_, after)| after);
    }
    out + rest
}

const HOSTILE: &str =
    "[ -~\\n\\té語\u{a0}]{0,60}|([-=+#>*_~`$%{}<>&|:^!\\[\\]().\\\\/ \\n\\ta1x]|http://|javascript:|- |1\\. ){0,40}";

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]
    #[test]
    fn any_text_becomes_inert(source in HOSTILE) {
        assert_inert(&source, &text(&source));
    }

    #[test]
    fn any_line_becomes_inert(source in HOSTILE) {
        let line = line(&source);
        prop_assert!(!line.contains('\n'));
        assert_inert(&source, &line);
        let _ = read_inert(&line);
    }

    #[test]
    fn any_characters_do_not_panic(source in ".{0,200}") {
        let _ = (text(&source), line(&source), terminal(&source));
    }
}
