use super::*;
use proptest::prelude::*;
use pulldown_cmark::{Event, LinkType, Options, Parser, Tag};

#[test]
fn reads_well() {
    for (html, expect) in [
        ("<p>Hello <b>Ada</b>,</p><p>see <i>this</i>.</p>", "Hello **Ada**,\n\nsee *this*."),
        ("a<br>b<br><br>c", "a  \nb\n\nc"),
        ("<h2>Title</h2><ul><li>one</li><li>two<ul><li>deep</li></ul></li></ul>", "## Title\n\n- one\n- two\n  - deep"),
        ("<ol><li>a<li>b</ol>", "1. a\n2. b"),
        ("<blockquote>said</blockquote>ok", "> said\n\nok"),
        (
            "a<blockquote><p>b<p>c<blockquote>d</blockquote></blockquote><blockquote>e</blockquote>",
            "a\n\n> b\n>\n> c\n>\n> > d\n\n> e",
        ),
        ("<ol><li>a<li><p>b<p>c<ul><li><blockquote>d</blockquote></ul></ol>", "1. a\n2. b\n\n   c\n\n   - > d"),
        ("<ol><li>a</ol> <ol start=7><li>b</ol><ol><li>c</ol>", "1. a\n\n7) b\n\n1. c"),
        ("<ol>x<li>a</li> <ol><li>b</ol> c <b>d</b><li>e</ol>", "x\n1. a\n   1. b\n   c **d**\n2. e"),
        ("<ul><ul><li>a<li>b</ul></ul>c", "- a\n- b\n\nc"),
        ("a<div hidden>x</div> b", "a b"),
        ("<a href='https://a.example/x(1)?q=a b'>the plan</a>", "[the plan](https://a.example/x%281%29?q=a%20b)"),
        ("<a href='https://a.example/'>https://a.example</a>", "<https://a.example/>"),
        ("<head><BASE target=x href='https://a.example/x/'></head><a href='y'>z</a>", "[z](https://a.example/x/y)"),
        ("<a href='y'>z</a> <a href='//a.example/'>x</a>", "z x"),
        (
            "<a href='https://аррle.example/a'>apple.example</a>",
            "[apple.example](https://xn--le-6kc8da.example/a) (→ <https://xn--le-6kc8da.example>)",
        ),
        (
            "<a href='https://b.example@c.example/'>b.example</a> x",
            "[b.example](https://b.example@c.example/) (→ <https://c.example>) x",
        ),
        (
            "the <s>first</s> <del>10:00</del> 11:00, 10<sup>2</sup> m<sup>2</sup> 1<sup>st</sup>",
            "the ~~first 10:00~~ 11:00, 10² m² 1st",
        ),
        ("<img src=x alt='\u{1f600}'> hi", "\u{1f600} hi"),
        (
            "<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·<span>&nbsp; </span></span>a</p>\
             <p style='mso-list:l0 level2 lfo1'><b><span style='mso-list:Ignore'>a)<span>&nbsp; </span></span>b</b></p>\
             <p style='mso-list:l1 level1 lfo2'><span style='mso-list:Ignore'>3.<span>&nbsp; </span></span>c</p><p>d</p>",
            "- a\n   - a) **b**\n3. c\n\nd",
        ),
        (
            "<table><tr><td>Order:</td><td>42</td></tr><tr><td>To:</td><td>me</td></tr></table>",
            "| | |\n| --- | --- |\n| Order: | 42 |\n| To: | me |",
        ),
        ("<a href='javascript:alert(1)'>click</a>", "click"),
        ("<a href='obsidian://open'>x</a> <a href='file:///etc/passwd'>y</a>", "x y"),
        ("<a href=' JaVaScRiPt:x'>z</a><a href='data:text/html,x'>w</a>", "zw"),
        ("<img src='http://t.example/p.png' alt='a chart'>", "(image: a chart)"),
        ("<img src='http://t.example/p.png'>x<img width=1 height=1 alt=t src=x>", "x"),
        ("<img src=x alt='![[a]]'>", "(image: !\\[\\[a\\]\\])"),
        ("<p>visit https://a.example/b_c now</p>", "visit <https://a.example/b_c> now"),
        ("<p>- not a list</p><p># no</p><p>1. no</p><p>&gt; no</p>", "\\- not a list\n\n\\# no\n\n1\\. no\n\n\\> no"),
        ("<p>[[note]] <%x%> &lt;% y %&gt; {{z}}</p>", "\\[\\[note\\]\\] <\\%x%\\> <\\% y %\\> {\\{z}}"),
        ("<li>[ ] task</li>", "- \\[ \\] task"),
        ("!<a href='http://a.example/i.png'>x</a>", "\\![x](http://a.example/i.png)"),
        ("<a href='http://a.example/'>a](http://b.example) [b</a>", "[a\\](http://b.example) \\[b](http://a.example/)"),
        ("<code>x*y</code> <code>= this.file</code>", "`x*y` = this.file"),
        ("<code>$= dv</code>", "$= dv"),
        ("<pre>let a = [1];\n  b</pre>", "```\nlet a = [1];\n  b\n```"),
        ("<pre><code class='language-dataviewjs'>dv.x()\n```\n</code></pre>", "````\ndv.x()\n```\n````"),
        (
            "<noscript>no <b>script</b></noscript><video><a href='http://a.example/v'>film</a></video>",
            "no **script**[film](http://a.example/v)",
        ),
        (
            "<img src='cid:image001.png@01'> <img src=CID:x> <img src=cid:y@z alt=me>",
            "(image: image001.png) (image) (image: me)",
        ),
        (
            "<pre>status:: approved\nstd::fmt</pre> <code>(due :: now)</code>",
            "```\nstatus:\u{200b}: approved\nstd::fmt\n```\n\n`(due :\u{200b}: now)`",
        ),
        ("<pre>&lt;%x%&gt;</pre>", "```\n<\u{200b}%x%>\n```"),
        ("<script>x</script><style>y</style><title>t</title><!-- c -->z", "z"),
        ("<div style='display: none'>pre</div><span style='font-size:0px'>h</span>z", "z"),
        ("<p style='display:none'>gone<p>kept", "kept"),
        (
            "<div style='font-size:0'>a<p style='font-size:12px'>b</p><p class=x>c</p><img alt=d src=x><b>e</b></div>f",
            "b\n\nc\n\n(image: d)  \nf",
        ),
        (
            "<table><tr><td style='font-size:0;line-height:0'><a href='http://a.example/'><img alt=Shop src=x></a></table>",
            "[(image: Shop)](http://a.example/)",
        ),
        (
            "<div style='opacity:0'>a</div><div style='max-width:0;overflow:hidden'>b</div><b style='opacity:0.5'>c</b>",
            "**c**",
        ),
        ("&#27;[31mred&#0;&#x202e;", "\\[31mred\u{fffd}"),
        ("<iframe src=x>a</iframe><form><input value=q>ok<textarea>t</textarea></form>", "ok"),
    ] {
        assert_eq!(to_markdown(html), expect, "{html}");
    }
}

#[test]
fn tables_are_data_or_layout() {
    for (html, expect) in [
        (
            "<table><tr><th>a<th>b|c</tr><tr><td>1<td><code>x|y</code></tr></table>",
            "| a | b\\|c |\n| --- | --- |\n| 1 | `x\\|y` |",
        ),
        ("<table role=presentation><tr><td>a<td>b<tr><td>c<td>d</table>", "a b\n\nc d"),
        ("<table><tr><td><p>a</p><p>b</p><td>c<tr><td>d</table>", "a\n\nb\n\nc\n\nd"),
        ("<table><tr><td><table><tr><td>a<td>b<tr><td>c<td>d</table></table>", "| a | b |\n| --- | --- |\n| c | d |"),
        ("<table><tr><td>a<tr><td>b</table>", "a\n\nb"),
    ] {
        assert_eq!(to_markdown(html), expect, "{html}");
    }
}

#[test]
fn plain_text_keeps_lines_and_links() {
    for (html, expect) in [
        ("<p>a<br>b</p><p>c</p>", "a\nb\n\nc"),
        (
            "<a href='http://a.example/x'>here</a> <a href='http://a.example'>a.example</a>",
            "here <http://a.example/x> a.example",
        ),
        ("<ul><li>a<li>b</ul>", "- a\n- b"),
        ("x<blockquote>q<br>r</blockquote>y", "x\n\n> q\n> r\n\ny"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
    ] {
        assert_eq!(to_text(html), expect, "{html}");
    }
}

#[test]
fn quotes_can_be_left_out() {
    for (html, expect) in [
        ("new<div class=gmail_quote>On x wrote:<blockquote>old</blockquote></div>", "new"),
        ("new<blockquote type=cite>old</blockquote>", "new"),
        ("<div>new<div id=divRplyFwdMsg>From: a</div>old</div>", "new"),
        (
            "see<div class=gmail_quote>---------- Forwarded message ----------<br>old</div>",
            "see\n\n---------- Forwarded message ----------  \nold",
        ),
    ] {
        assert_eq!(Page::of(html).markdown_new(&[]), expect, "{html}");
    }
}

/// Found by fuzzing: what stands where a link's host should be was shown as it stood.
#[test]
fn a_host_that_is_none_is_not_shown() {
    for href in
        ["https://ex\u{430}mple.c<% tp.x %>/", "https://a@b<% x %>/", "https://\u{430}`[[x]]/", "https://a@>\u{430}/"]
    {
        let markdown = to_markdown(&format!("<a href='{href}'>in</a>"));
        assert!(!markdown.contains('→') && !["<%", "[[", "`"].iter().any(|live| markdown.contains(live)), "{markdown}");
    }
}

#[test]
fn a_page_in_its_place_keeps_links_without_a_host() {
    for (html, expect) in [
        ("<a href='/'>/</a> <a href='a.html'>a <b>b</b></a>", "[/](/) [a **b**](a.html)"),
        ("<a href='a)(b'>x</a><a href='obsidian:x'>y</a>", "[x](a%29%28b)y"),
        ("<base href='https://a.example/x/'><a href='y'>z</a>", "[z](https://a.example/x/y)"),
    ] {
        assert_eq!(to_markdown_in_place(html), expect, "{html}");
    }
}

#[test]
fn bombs_are_bounded() {
    for html in [
        "<div>".repeat(10_000),
        "<b>".repeat(10_000) + "x",
        "<b>a</b>".repeat(30_000),
        "<table><tr><td>".repeat(10_000) + "x",
        "<ul><li>".repeat(10_000) + "x",
        "<blockquote>".repeat(5_000) + &"x<br>".repeat(5_000),
        (0..200).map(|i| format!("<b id={i}>")).collect::<String>() + &"<p>x".repeat(8_000),
        format!("<p {}>x", (0..8_000).map(|i| format!("a{i}=1 ")).collect::<String>()),
        "<".repeat(30_000),
        "&".repeat(30_000),
        "<a href=x>".repeat(8_000),
        "<table>".to_owned() + &"<tr><td>x".repeat(8_000),
        format!("<table><tr>{}", "<td>x<td>".repeat(10_000)),
        "`".repeat(30_000),
        "<div>".repeat(60_000),
        "<div x=".repeat(30_000),
        "<!--".repeat(30_000),
        "<title>".repeat(30_000),
        "<svg>".repeat(30_000),
        "<a href='x".repeat(30_000),
        "</p>".repeat(30_000),
        "<p><span>".repeat(30_000) + &"</x>".repeat(30_000),
        ("<b>".repeat(88) + &"<i>".repeat(12) + &"</b>".repeat(88)).repeat(50),
        format!("<table><tr>{}<tr><td>x", "<td colspan=40>x".repeat(8_000)),
        " ^".repeat(30_000) + &"\u{2003}".repeat(30_000) + "x",
        format!("http://a.example/{}", ")".repeat(100_000)),
        "mailto: ".repeat(60_000),
        "&am".repeat(60_000),
        "<p>$~:".repeat(30_000),
        "x ".repeat(60_000),
    ] {
        let start = html.get(..html.len().min(20)).unwrap_or_default().to_owned();
        let (markdown, text) = (to_markdown(&html), to_text(&html));
        assert!(markdown.len() < 64 << 20 && text.len() < 16 << 20, "{start}: {}", markdown.len());
    }
}

fn assert_inert(html: &str) {
    let markdown = to_markdown(html);
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_WIKILINKS
        | Options::ENABLE_MATH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_GFM
        | Options::ENABLE_STRIKETHROUGH;
    assert!(!markdown.contains("<%"), "{html:?} became {markdown:?}");
    let mut outside = markdown.clone().into_bytes();
    for (event, range) in Parser::new_ext(&markdown, options).into_offset_iter() {
        if matches!(event, Event::Code(_) | Event::Start(Tag::CodeBlock(_)))
            || matches!(event, Event::Start(Tag::Link { link_type: LinkType::Autolink, .. }))
        {
            outside.get_mut(range).into_iter().flatten().for_each(|b| *b = b' ');
        }
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => assert!(
                ["http:", "https:", "mailto:", "tel:"].iter().any(|s| dest_url.to_lowercase().starts_with(s)),
                "{html:?} became {markdown:?}"
            ),
            // Words that the sender struck stay struck; no text of his strikes any.
            Event::Start(Tag::Strikethrough) => assert!(strikes(html), "{html:?} became {markdown:?}"),
            Event::Start(Tag::Image { .. } | Tag::HtmlBlock | Tag::FootnoteDefinition(_))
            | Event::Start(Tag::BlockQuote(Some(_)))
            | Event::Html(_)
            | Event::InlineHtml(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::TaskListMarker(_)
            | Event::FootnoteReference(_) => panic!("{event:?}: {html:?} became {markdown:?}"),
            Event::Code(c) => {
                assert!(!c.trim().starts_with('=') && !c.trim().starts_with("$="), "{html:?} became {markdown:?}");
            }
            _ => {}
        }
    }
    // What Obsidian and its plugins look for in the text as it is written.
    let outside = String::from_utf8_lossy(&outside).replace("\\!", " ").replace("\\[", " ");
    for live in ["[[", "![", "%%", "==", "{{", "::", "<!--", "~~", "$$"] {
        let meant = live == "~~" && strikes(html);
        assert!(meant || !outside.contains(live), "{live} in {html:?} became {markdown:?}");
    }
}

/// True when the sender may have struck words.
fn strikes(html: &str) -> bool {
    let html = html.to_lowercase();
    ["<s", "<del"].iter().any(|tag| html.contains(tag))
}

/// What a mail may bring in, by FAULTS' row 25.
const LIVE: &[&str] = &[
    "---\nstatus: approved\n---",
    "!!python/object &a *a",
    "<% tp.file.delete() %>",
    "`= this.file` `$= dv.pages()`",
    "{{title}}",
    "```dataviewjs\ndv.x()\n```",
    "~~~tasks\nnot done\n~~~",
    "![[note]] [[a|b]]",
    "%% gone %%",
    "#tag",
    "- [ ] task 📅 2026-01-01",
    "key:: value (a:: b)",
    "<iframe src=x></iframe><script>alert(1)</script>",
    "[a](javascript:x) [b](file:///etc/passwd) <obsidian://open?vault=x>",
    "![x](http://t.example/p.png)",
    "\u{1b}]0;x\u{7}\u{202e}",
    "> [!danger] callout",
    "words ^block",
    "==mark== ~~gone~~ $$x$$ [^1]: note",
];

#[test]
fn nothing_is_live_wherever_it_stands() {
    for live in LIVE {
        let text = live.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\'', "&#39;");
        let numbered: String = live.chars().map(|c| format!("&#{};", c as u32)).collect();
        for inner in [text.as_str(), &numbered, live] {
            for html in [
                inner.to_owned(),
                format!("<p>{inner}</p>"),
                format!("<h1>{inner}</h1>"),
                format!("<ul><li>{inner}</ul>"),
                format!("<ol><li>{inner}</ol>"),
                format!("<blockquote>{inner}</blockquote>"),
                format!("<table><tr><th>{inner}<td>{inner}<tr><td>{inner}<td>x</table>"),
                format!("<pre>{inner}</pre>"),
                format!("<pre class='language-dataviewjs'><code class=dataviewjs>{inner}</code></pre>"),
                format!("<code>{inner}</code>"),
                format!("<b>{inner}</b><i>{inner}</i>{inner}"),
                format!("<a href='https://a.example/'>{inner}</a>"),
                format!("<a href='{inner}'>x</a>!<a href=\"{inner}\">y</a>"),
                format!("<a href='https://a.example/{inner}'>x</a>"),
                format!("<img src='{inner}' alt='{inner}'>"),
                format!("<img src='cid:{inner}'>"),
                format!("<div title='{inner}' class='{inner}' style='{inner}'>x</div>"),
            ] {
                assert_inert(&html);
            }
        }
    }
}

const SOUP: &str = "(<(b|i|s|del|p|br|li|ul|ol|pre|code|h1|a href='http://x.example/[]()'|a href=javascript:x|table|tr|td|blockquote|div|img alt='a]b')>|</(b|i|s|del|p|li|ul|pre|code|a|table|tr|td|blockquote|div)>|[-=+#>*_~`$%{}<&|:^!\\[\\]().\\\\/ \\n\\ta1x]|&lt;|&gt;|https://a.example/){0,50}";

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]
    #[test]
    fn any_soup_becomes_inert(html in SOUP) {
        assert_inert(&html);
        let _ = (to_text(&html), Page::of(&html).markdown_new(&[]));
    }

    #[test]
    fn any_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        assert_inert(&String::from_utf8_lossy(&bytes));
    }
}

/// The text of HTML as a browser's parser finds it.
fn text_by_html5ever(html: &str) -> String {
    use html5ever::tendril::TendrilSink;
    use markup5ever_rcdom::{NodeData, RcDom};
    let root = html5ever::parse_document(RcDom::default(), html5ever::ParseOpts::default()).one(html).document;
    // A node that goes takes along what is below it: the root stays.
    let (mut out, mut stack) = (String::new(), vec![std::rc::Rc::clone(&root)]);
    while let Some(node) = stack.pop() {
        match &node.data {
            NodeData::Text { contents } => out.push_str(&contents.borrow()),
            NodeData::Element { name, .. } if matches!(&*name.local, "style" | "script" | "title") => continue,
            _ => {}
        }
        stack.extend(node.children.borrow().iter().rev().map(std::rc::Rc::clone));
    }
    out
}

fn letters(text: &str) -> Vec<char> {
    let mut letters: Vec<_> = text.chars().filter(|c| c.is_alphanumeric()).collect();
    // Browsers move what stands in a table and in no cell.
    letters.sort_unstable();
    letters
}

const TAG: &str = "(div|p|b|i|a|span|table|tr|td|ul|li|br|hr|h1|blockquote|center|section|form|dl|dd|DIV)";

fn markup() -> impl Strategy<Value = String> {
    let attribute = r#"( (class|id|dir|CLASS|data-x)(=("[a-z &;>]{0,5}"|'[a-z<]{0,3}'|[a-z0-9]{1,3}))?){0,2}"#;
    let text = prop_oneof!["[ab \\n]{0,4}", "(&amp;|&nbsp;|&copy|&#65;|&x|<!-- c -->|é|<!DOCTYPE html>|&|< )"];
    let void = (TAG, attribute).prop_map(|(tag, attributes)| format!("<{tag}{attributes}>"));
    let stray = TAG.prop_map(|tag| format!("</{tag}>"));
    let leaf = prop_oneof![8 => text, 1 => void, 1 => stray];
    leaf.prop_recursive(6, 40, 5, move |inner| {
        let inside = proptest::collection::vec(inner, 0..5).prop_map(|inside| inside.concat());
        let any = (TAG, attribute, inside.clone()).prop_map(|(tag, a, inside)| format!("<{tag}{a}>{inside}</{tag}>"));
        let page = inside.prop_map(|i| format!("<html><head><style>x</style></head>\n<body>{i}</body></html>\n"));
        prop_oneof![8 => any, 1 => page]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]
    /// However tags are nested, no letter is lost and none is added.
    #[test]
    fn the_text_is_that_of_a_browser(html in markup()) {
        let theirs = letters(&text_by_html5ever(&html));
        prop_assert_eq!(letters(&to_text(&html)), theirs.clone());
        prop_assert_eq!(letters(&to_markdown(&html)), theirs);
    }
}
