//! The elements of HTML that a mail can show, and how each behaves. What is not named here shows its content.

/// An element (or a text) of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    /// The whole.
    Root,
    /// Not an element, but a text.
    Text,
    A,
    B,
    I,
    /// Struck through.
    S,
    Sup,
    Code,
    Pre,
    Br,
    Img,
    Hr,
    /// A line or block of its own.
    Div,
    P,
    /// `h1` to `h6`.
    Heading(u8),
    Ul,
    Ol,
    Li,
    Dl,
    Dt,
    Dd,
    Blockquote,
    Table,
    Caption,
    Rows,
    Row,
    /// `th` when true.
    Cell(bool),
    /// Part of a line, without a look of its own.
    Inline,
    /// Says nothing, whatever it holds; its tags are not looked at.
    Nothing,
    /// Its content is no HTML, and not shown.
    Raw,
    /// It and its content are not shown.
    Dropped,
}

impl Tag {
    /// The element of this name, in whatever case.
    pub(super) fn of(name: &str) -> Tag {
        let mut lower = [0_u8; 10];
        let Some(lower) = lower.get_mut(..name.len()) else { return Tag::Inline };
        lower.copy_from_slice(name.as_bytes());
        lower.make_ascii_lowercase();
        match &*lower {
            b"a" => Tag::A,
            b"b" | b"strong" => Tag::B,
            b"i" | b"em" => Tag::I,
            b"s" | b"strike" | b"del" => Tag::S,
            b"sup" => Tag::Sup,
            b"code" | b"kbd" | b"samp" | b"tt" | b"var" => Tag::Code,
            b"pre" | b"listing" => Tag::Pre,
            b"br" => Tag::Br,
            b"img" | b"image" => Tag::Img,
            b"hr" => Tag::Hr,
            b"div" | b"center" | b"section" | b"article" | b"header" | b"footer" | b"main" | b"nav" | b"aside"
            | b"address" | b"figure" | b"figcaption" | b"details" | b"summary" | b"fieldset" | b"legend" => Tag::Div,
            b"p" => Tag::P,
            b"h1" => Tag::Heading(1),
            b"h2" => Tag::Heading(2),
            b"h3" => Tag::Heading(3),
            b"h4" => Tag::Heading(4),
            b"h5" => Tag::Heading(5),
            b"h6" => Tag::Heading(6),
            b"ul" | b"menu" | b"dir" => Tag::Ul,
            b"ol" => Tag::Ol,
            b"li" => Tag::Li,
            b"dl" => Tag::Dl,
            b"dt" => Tag::Dt,
            b"dd" => Tag::Dd,
            b"blockquote" => Tag::Blockquote,
            b"table" => Tag::Table,
            b"caption" => Tag::Caption,
            b"tbody" | b"thead" | b"tfoot" => Tag::Rows,
            b"tr" => Tag::Row,
            b"td" => Tag::Cell(false),
            b"th" => Tag::Cell(true),
            b"html" | b"head" | b"body" | b"meta" | b"link" | b"base" | b"input" | b"embed" | b"param" | b"source"
            | b"track" | b"area" | b"col" | b"colgroup" | b"frame" | b"frameset" | b"wbr" | b"bgsound" | b"map"
            // What stands in these is for those who run, play or draw nothing: as we.
            | b"noscript" | b"object" | b"applet" | b"canvas" | b"audio" | b"video" => Tag::Nothing,
            b"script" | b"style" | b"title" | b"textarea" | b"xmp" | b"iframe" | b"noembed" | b"noframes"
            | b"plaintext" => Tag::Raw,
            b"template" | b"svg" | b"select" => Tag::Dropped,
            _ => Tag::Inline,
        }
    }

    /// True for what ends a paragraph, and starts a line of its own.
    pub(super) fn is_block(self) -> bool {
        !matches!(
            self,
            Tag::Text
                | Tag::A
                | Tag::B
                | Tag::I
                | Tag::S
                | Tag::Sup
                | Tag::Code
                | Tag::Br
                | Tag::Img
                | Tag::Inline
                | Tag::Nothing
        )
    }

    /// True for what has no content.
    pub(super) fn is_empty(self) -> bool {
        matches!(self, Tag::Br | Tag::Img | Tag::Hr | Tag::Text)
    }

    /// What an end tag does not reach over.
    pub(super) fn bounds(self) -> bool {
        matches!(self, Tag::Root | Tag::Table | Tag::Cell(_) | Tag::Caption)
    }
}
