use super::*;
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};

#[test]
fn reads_well() {
    for (html, expect) in [
        ("<p>Hello <b>Ada</b>,</p><p>see <i>this</i>.</p>", "Hello **Ada**,\n\nsee *this*."),
        ("a<br>b<br><br>c", "a  \nb\n\nc"),
        ("<h2>Title</h2><ul><li>one</li><li>two<ul><li>deep</li></ul></li></ul>", "## Title\n\n- one\n- two\n  - deep"),
        ("<ol><li>a<li>b</ol>", "1. a\n2. b"),
        ("<blockquote>said</blockquote>ok", "> said\n\nok"),
        ("<a href='https://a.example/x(1)?q=a b'>the plan</a>", "[the plan](https://a.example/x%281%29?q=a%20b)"),
        ("<a href='https://a.example/'>https://a.example</a>", "<https://a.example/>"),
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
        ("<pre>&lt;%x%&gt;</pre>", "```\n<\u{200b}%x%>\n```"),
        ("<script>x</script><style>y</style><title>t</title><!-- c -->z", "z"),
        ("<div style='display: none'>pre</div><span style='font-size:0px'>h</span>z", "z"),
        ("<p style='display:none'>gone<p>kept", "kept"),
        ("<td style='font-size:0'>a<table><td style='font-size:0px'>kept</table>", "a\n\nkept"),
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
        assert_eq!(to_markdown_new(html), expect, "{html}");
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
        (0..200).map(|i| format!("<b id={i}>")).collect::<String>() + &"<p>x".repeat(20_000),
        format!("<p {}>x", (0..50_000).map(|i| format!("a{i}=1 ")).collect::<String>()),
        "<".repeat(100_000),
        "&".repeat(100_000),
        "<a href=x>".repeat(20_000),
        "<table>".to_owned() + &"<tr><td>x".repeat(20_000),
        format!("<table><tr>{}", "<td>x<td>".repeat(10_000)),
        "`".repeat(100_000),
        "x ".repeat(200_000),
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
    for event in Parser::new_ext(&markdown, options) {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => assert!(
                ["http:", "https:", "mailto:", "tel:"].iter().any(|s| dest_url.to_lowercase().starts_with(s)),
                "{html:?} became {markdown:?}"
            ),
            Event::Start(Tag::Image { .. } | Tag::HtmlBlock | Tag::FootnoteDefinition(_) | Tag::Strikethrough)
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
}

const SOUP: &str = "(<(b|i|p|br|li|ul|ol|pre|code|h1|a href='http://x.example/[]()'|a href=javascript:x|table|tr|td|blockquote|div|img alt='a]b')>|</(b|i|p|li|ul|pre|code|a|table|tr|td|blockquote|div)>|[-=+#>*_~`$%{}<&|:^!\\[\\]().\\\\/ \\n\\ta1x]|&lt;|&gt;|https://a.example/){0,50}";

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]
    #[test]
    fn any_soup_becomes_inert(html in SOUP) {
        assert_inert(&html);
        let _ = (to_text(&html), to_markdown_new(&html));
    }

    #[test]
    fn any_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        assert_inert(&String::from_utf8_lossy(&bytes));
    }
}

/// A tree as text: what the rest looks at.
fn outline(root: &std::rc::Rc<htmd::Node>) -> String {
    use markup5ever_rcdom::NodeData;
    let mut out = String::new();
    let mut stack = vec![(std::rc::Rc::clone(root), 0)];
    while let Some((node, depth)) = stack.pop() {
        let line = match &node.data {
            NodeData::Document => "document".to_owned(),
            NodeData::Text { contents } => format!("{:?}", &**contents.borrow()),
            NodeData::Element { name, attrs, .. } => {
                let attrs: Vec<_> =
                    attrs.borrow().iter().map(|a| format!(" {}={:?}", &*a.name.local, &*a.value)).collect();
                format!("<{}{}>", &*name.local, attrs.concat())
            }
            _ => "-".to_owned(),
        };
        out += &format!("{}{line}\n", " ".repeat(depth));
        let children = node.children.borrow();
        let is_here = |c: &std::rc::Rc<htmd::Node>| {
            c.parent.take().is_some_and(|parent| {
                let here = parent.upgrade().is_some_and(|p| std::rc::Rc::ptr_eq(&p, &node));
                c.parent.set(Some(parent));
                here
            })
        };
        assert!(children.iter().all(is_here), "a child knows its parent");
        // Comments outside of the body are not kept by the fast parser; nobody reads any.
        let kept = |c: &&std::rc::Rc<htmd::Node>| {
            depth > 1 || !matches!(c.data, NodeData::Comment { .. } | NodeData::Doctype { .. })
        };
        stack.extend(children.iter().rev().filter(kept).map(|c| (std::rc::Rc::clone(c), depth + 1)));
    }
    out
}

#[test]
fn html_in_order_takes_the_short_way() {
    for html in [
        "",
        " \n ",
        "just text",
        "<p>a</p>\n<p>b &amp; c</p>\n",
        "<!DOCTYPE html>\n<html xmlns=x><head>\n<meta charset=utf-8><title>x & <b></title>\n<style>p > a{}</style></head>\n<body class=c style='margin:0'>\n\
         <table width=600><tr><td>a</td>\n<td align=left><b class=q>b</b> c</td></tr> <tr><td></td></tr></table></body>\n</html>\n",
        "<div>a<!-- x -->b<font size=2>c<br>d</font>e<STRONG>f</STRONG></div><em>g</em>",
        "<ul class=x>\n<li>a</li>\n<li>b<ol start=3><li>c</li></ol></li></ul>",
        "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td><p>b</p><table><tr><td><p>c</p></td></tr></table></td></tr></tbody></table>",
        "<a href='https://example.org/?a=1&copy=2&amp;b'>x</a><img src=x alt='a &lt; b'/><hr/>",
        "<div style='display: none'>a<p>b</p></div><span hidden>c</span><img width=1 height='1px' src=y>",
        "<form><table><tr><td>x</td></tr></table></form>",
        "<p>a<o:p>&nbsp;</o:p></p><pre>  b\n c</pre>",
        "<meta charset=x><div>a</div>",
        "<h1>a <span>b</span></h1><blockquote type=cite><div>c</div></blockquote>",
    ] {
        let fast = fast::tree(html).unwrap_or_else(|| panic!("{html} is in order"));
        assert_eq!(outline(&fast), outline(&tree::slow_root_of(html)), "{html}");
    }
}

#[test]
fn html_out_of_order_takes_the_long_way() {
    for html in [
        "<p>a<p>b",
        "<p><div>a</div></p>",
        "<b>a<i>b</b>c</i>",
        "<table><td>a</td></table>",
        "<table>a</table>",
        "<a href=x>a<a href=y>b</a></a>",
        "<svg>a</svg>",
        "<div>a",
        "a</div>",
        "<p a=1 a=2>x</p>",
        "<p/>x",
        "<!--> x -->",
        "<script><!-- </script> --></script>",
        "&#0;",
        "<ul><li>a<li>b</ul>",
        "<li>a</li>",
        "a\r\nb",
        "<![CDATA[x]]>",
        "</body>x",
        "<html><html>",
        "<h1><h2>a</h2></h1>",
        "1 < 2",
    ] {
        assert!(fast::tree(html).is_none(), "{html}");
    }
}

const TAG: &str = "(div|p|span|b|i|strong|em|a|table|tr|td|th|tbody|thead|tfoot|ul|ol|li|dl|dd|dt|br|img|hr|h1|h2|blockquote|font|center|pre|code|html|head|body|style|script|title|meta|form|u|o:p|input|sup|section|link)";

fn markup() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let attribute = r#"( (class|id|href|alt|style|width|height|hidden|title|start|type|CLASS)(=("[a-z &;]{0,5}"|'[a-z]{0,3}'|[a-z0-9]{1,3}|"display:none"|"gmail_quote"|1|0))?){0,2}"#;
    let text = prop_oneof!["[ab \\n]{0,4}", "(&amp;|&nbsp;|&copy|&#65;|&x|<!-- c -->|é|<!DOCTYPE html>|&| )"];
    let void = (TAG, attribute).prop_map(|(tag, attributes)| format!("<{tag}{attributes}>"));
    let stray = TAG.prop_map(|tag| format!("</{tag}>"));
    let leaf = prop_oneof![8 => text, 1 => void, 1 => stray];
    leaf.prop_recursive(6, 40, 5, move |inner| {
        let inside = proptest::collection::vec(inner, 0..5).prop_map(|inside| inside.concat());
        let any = (TAG, attribute, inside.clone()).prop_map(|(tag, a, inside)| format!("<{tag}{a}>{inside}</{tag}>"));
        let table = inside.clone().prop_map(|i| format!("<table> <tr>\n<td>{i}</td> </tr></table>"));
        let rows =
            inside.clone().prop_map(|i| format!("<table><tbody><tr><td>{i}</td><td></td></tr></tbody>\n</table>"));
        let page = inside.prop_map(|i| format!("<html><head><style>x</style></head>\n<body>{i}</body></html>\n"));
        prop_oneof![8 => any, 2 => table, 1 => rows, 1 => page]
    })
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig {
        failure_persistence: None, ..proptest::prelude::ProptestConfig::with_cases(2000)
    })]
    /// Where the fast parser makes a tree, it is the one that the two parsers make.
    #[test]
    fn the_short_way_leads_where_the_long_one_does(html in markup()) {
        if let Some(fast) = fast::tree(&html) {
            proptest::prop_assert_eq!(outline(&fast), outline(&tree::slow_root_of(&html)));
        }
    }
}
