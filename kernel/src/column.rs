//! Rows of bytes: turned into columns, or put into another order.
#![forbid(unsafe_code)]

use crate::fault::{Fault, items};
use crate::wiped::Wiped;

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

/// The items of 32 bytes at the given indices, in that order; they may be secret.
pub fn take(packed: &[u8], order: &[usize]) -> Result<Wiped, Fault> {
    let from = items::<32>(packed)?;
    if let Some(&i) = order.iter().find(|&&i| i >= from.len()) {
        return Err(Fault::Index(i));
    }
    let mut taken = Wiped::zeros(32 * order.len());
    for (item, &i) in taken.as_chunks_mut::<32>().0.iter_mut().zip(order) {
        *item = from[i];
    }
    Ok(taken)
}
