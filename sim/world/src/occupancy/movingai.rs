//! MovingAI `.map`: a few lines of header, then one character for each cell.

use super::{Cell, MapError, checked_size};

/// Columns, and the cells row by row from the north.
pub(super) fn parse(text: &str) -> Result<(usize, Vec<Cell>), MapError> {
    let (mut columns, mut rows) = (None, None);
    let mut lines = text.lines().zip(1..);
    for (line, _) in lines.by_ref() {
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some("map"), _) => break,
            (Some("width"), Some(count)) => columns = Some(number("width", count)?),
            (Some("height"), Some(count)) => rows = Some(number("height", count)?),
            _ => {}
        }
    }
    let missing = |what| MapError::value(what, "missing", "the header needs a line for it, and then a line \"map\"");
    let (columns, rows) = (columns.ok_or_else(|| missing("width"))?, rows.ok_or_else(|| missing("height"))?);
    let promised = checked_size(columns, rows)?;
    let mut cells = Vec::with_capacity(promised);
    for (text, line) in lines.take(rows) {
        for (character, column) in text.trim_end_matches('\r').chars().zip(1..=columns) {
            cells.push(cell(character).ok_or(MapError::Character { line, column, character })?);
        }
    }
    if cells.len() < promised {
        return Err(MapError::Short { promised, found: cells.len() });
    }
    Ok((columns, cells))
}

fn number(what: &'static str, text: &str) -> Result<usize, MapError> {
    text.parse().map_err(|_| MapError::value(what, text, "allowed is a whole number of cells"))
}

/// S and E are floor in the maps of the robot runners' league; water and trees are no floor for a truck.
fn cell(character: char) -> Option<Cell> {
    match character {
        '.' | 'G' | 'S' | 'E' => Some(Cell::Free),
        '@' | 'O' | 'T' | 'W' => Some(Cell::Taken),
        _ => None,
    }
}
