//! Rows of bytes turned into columns.
#![forbid(unsafe_code)]

/// The parts of these widths that every row consists of, each part joined over all rows.
pub fn cut(rows: &[&[u8]], widths: &[usize]) -> Vec<Vec<u8>> {
    let mut columns: Vec<_> = widths.iter().map(|width| Vec::with_capacity(width * rows.len())).collect();
    for row in rows {
        let mut rest = *row;
        for (column, width) in columns.iter_mut().zip(widths) {
            let (part, after) = rest.split_at(*width);
            column.extend_from_slice(part);
            rest = after;
        }
    }
    columns
}
