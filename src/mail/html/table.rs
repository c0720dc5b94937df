//! Tables: data becomes a table, layout what it shows.

use super::markdown::{Gap, Writer};
use super::tag::Tag;
use super::tree::{Id, Tree};

const MAX_CELLS: usize = 20_000;
const MAX_COLUMNS: usize = 40;
/// Cells of a layout stand beside each other up to this length.
const SHORT: usize = 80;

/// What a cell holds, as far as it matters here.
#[derive(Debug, Default, Clone, Copy)]
struct Look {
    filled: bool,
    length: usize,
    /// Paragraphs beside each other.
    paragraphs: usize,
    /// What does not fit in a cell.
    large: bool,
    lines: bool,
}

/// Writes a table.
pub(super) fn write(writer: &mut Writer<'_, '_>, id: Id) {
    let tree = writer.tree;
    writer.part(Gap::Paragraph);
    let (captions, rows) = rows_of(tree, id);
    for caption in captions {
        writer.children(caption);
        writer.part(Gap::Paragraph);
    }
    let nests = tree.node(id).is_none_or(|table| table.nests);
    let role = tree.raw_attribute(id, "role").unwrap_or_default().trim();
    let layout = nests || matches!(role, "presentation" | "none") || rows.len() < 2 || writer.one_line > 0;
    match if layout { None } else { grid(tree, &rows) } {
        Some(grid) => data(writer, &grid),
        None => flat(writer, &rows),
    }
    writer.part(Gap::Paragraph);
}

/// The captions of a table, and the cells of its own rows.
fn rows_of(tree: &Tree<'_>, table: Id) -> (Vec<Id>, Vec<Vec<Id>>) {
    let (mut captions, mut rows) = (Vec::new(), Vec::new());
    let cells = |row: Id| tree.children(row).filter(|c| matches!(tree.tag(*c), Tag::Cell(_))).collect::<Vec<_>>();
    for child in tree.children(table) {
        match tree.tag(child) {
            Tag::Caption => captions.push(child),
            Tag::Row => rows.push(cells(child)),
            Tag::Rows => rows.extend(tree.children(child).filter(|r| tree.tag(*r) == Tag::Row).map(cells)),
            _ => {}
        }
    }
    (captions, rows)
}

/// The rows with cells where they stand; `None` for what is no table of data.
fn grid(tree: &Tree<'_>, rows: &[Vec<Id>]) -> Option<Vec<Vec<Option<Id>>>> {
    let mut grid: Vec<Vec<Option<Id>>> = Vec::new();
    // How many rows each column is still taken by a cell from above.
    let mut taken: Vec<usize> = Vec::new();
    let (mut cells, mut beside) = (0, false);
    for row in rows {
        let mut line: Vec<Option<Id>> = Vec::new();
        let mut filled = 0;
        for cell in row {
            let look = look(tree, *cell);
            if look.large || look.paragraphs > 1 {
                return None;
            }
            while taken.get(line.len()).is_some_and(|t| *t > 0) {
                line.push(None);
            }
            let wide = tree.number(*cell, "colspan").unwrap_or(1).clamp(1, MAX_COLUMNS);
            let tall = tree.number(*cell, "rowspan").unwrap_or(1).clamp(1, rows.len());
            for i in 0..wide {
                taken.resize(taken.len().max(line.len() + 1), 0);
                if let Some(t) = taken.get_mut(line.len()) {
                    *t = tall;
                }
                line.push((i == 0 && look.filled).then_some(*cell));
            }
            if line.len() > MAX_COLUMNS {
                return None;
            }
            filled += usize::from(look.filled);
        }
        for t in &mut taken {
            *t = t.saturating_sub(1);
        }
        beside |= filled > 1;
        cells += line.len();
        if cells > MAX_CELLS {
            return None;
        }
        if filled > 0 {
            grid.push(line);
        }
    }
    beside.then_some(grid)
}

fn look(tree: &Tree<'_>, cell: Id) -> Look {
    let mut look = Look::default();
    look_at(tree, cell, &mut look);
    look
}

fn look_at(tree: &Tree<'_>, id: Id, look: &mut Look) {
    for child in tree.children(id) {
        if look.large {
            return;
        }
        match tree.tag(child) {
            Tag::Text => {
                let text = tree.text(child);
                let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{200c}' || c == '\u{feff}');
                look.filled |= !text.is_empty();
                look.length += text.len();
            }
            Tag::Img => {
                let image = tree.image(child);
                look.filled |= !image.is_empty();
                look.length += image.len();
            }
            Tag::Br => look.lines |= look.filled,
            Tag::Heading(_) | Tag::Pre | Tag::Hr | Tag::Ul | Tag::Ol | Tag::Blockquote | Tag::Table => {
                look.large = look.filled || look_into(tree, child);
            }
            tag => {
                let before = look.length;
                look_at(tree, child, look);
                let more = look.length > before;
                look.paragraphs += usize::from(tag == Tag::P && more);
                look.lines |= tag.is_block() && more && before > 0;
            }
        }
    }
}

fn look_into(tree: &Tree<'_>, id: Id) -> bool {
    matches!(tree.tag(id), Tag::Hr) || look(tree, id).filled || tree.holds(id, |tag| tag == Tag::Table)
}

/// A layout table as what it shows: rows below each other, short cells beside each other.
fn flat(writer: &mut Writer<'_, '_>, rows: &[Vec<Id>]) {
    let tree = writer.tree;
    for row in rows {
        let beside = row.len() > 1 && row.iter().all(|cell| is_short(tree, *cell));
        for cell in row {
            writer.part(if beside { Gap::None } else { Gap::Paragraph });
            writer.space = true;
            writer.children(*cell);
        }
        writer.part(Gap::Paragraph);
    }
}

fn is_short(tree: &Tree<'_>, cell: Id) -> bool {
    if tree.holds(cell, |tag| matches!(tag, Tag::Table)) {
        return false;
    }
    let look = look(tree, cell);
    !look.large && !look.lines && look.paragraphs < 2 && look.length < SHORT
}

/// True for a table whose rows are named, and whose columns are not: `Order: | 42`.
fn names_rows(tree: &Tree<'_>, grid: &[Vec<Option<Id>>]) -> bool {
    let named = |row: &Vec<Option<Id>>| {
        let first = row.first().copied().flatten();
        row.len() == 2 && first.is_some_and(|cell| tree.words(cell, 100).trim_end().ends_with(':'))
    };
    grid.iter().all(named)
}

fn data(writer: &mut Writer<'_, '_>, grid: &[Vec<Option<Id>>]) {
    let columns = grid.iter().map(Vec::len).max().unwrap_or(0);
    if names_rows(writer.tree, grid) {
        writer.structure(&format!("|{}", " |".repeat(columns)));
        writer.part(Gap::Line);
        writer.structure(&format!("|{}", " --- |".repeat(columns)));
    }
    let headed = !names_rows(writer.tree, grid);
    for (i, row) in grid.iter().enumerate() {
        let i = i + usize::from(!headed);
        writer.part(if i == 0 { Gap::Paragraph } else { Gap::Line });
        writer.structure("|");
        let in_cell = std::mem::replace(&mut writer.in_cell, true);
        writer.one_line += 1;
        for column in 0..columns {
            writer.out.push_text(" ");
            let from = writer.out.len();
            if let Some(cell) = row.get(column).copied().flatten() {
                writer.children(cell);
            }
            writer.close_all(None);
            writer.space = false;
            if writer.out.len() > from {
                writer.out.push_text(" ");
            }
            writer.out.push_raw("|");
        }
        writer.one_line -= 1;
        writer.in_cell = in_cell;
        if i == 0 {
            writer.part(Gap::Line);
            writer.structure(&format!("|{}", " --- |".repeat(columns)));
        }
    }
}
