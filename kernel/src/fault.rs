//! Why a call is refused: every function of this crate answers with a value or with one of these.
#![forbid(unsafe_code)]

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A buffer that should hold items of `width` bytes has `len`.
    Width { len: usize, width: usize },
    /// Two vectors that go together have different lengths.
    Lengths { left: usize, right: usize },
    /// The point at this index is not a canonical ristretto255 encoding.
    Encoding(usize),
    /// The scalar at this index is not below the group order.
    Scalar(usize),
    /// The scalar at this index is zero and has no inverse.
    Zero(usize),
    /// An index of a selection lies outside the vector.
    Index(usize),
    /// No map has keys and values of these widths.
    Row { key: usize, value: usize },
    /// In a coded map a key occurs twice: it has only so many.
    Twice(usize),
    /// A map has as many rows as it can number.
    Full,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Width { len, width } => write!(f, "{len} bytes are not items of {width} bytes"),
            Self::Lengths { left, right } => write!(f, "lengths differ: {left} and {right}"),
            Self::Encoding(i) => write!(f, "point {i} is not a canonical encoding"),
            Self::Scalar(i) => write!(f, "scalar {i} is not canonical"),
            Self::Zero(i) => write!(f, "scalar {i} is zero"),
            Self::Index(i) => write!(f, "index {i} is out of range"),
            Self::Row { key, value } => write!(f, "there is no map of {key} bytes to {value} bytes"),
            Self::Twice(keys) => write!(f, "a key occurs twice: there are {keys}"),
            Self::Full => write!(f, "the map is full"),
        }
    }
}

/// Splits a packed buffer into items of `N` bytes.
pub fn items<const N: usize>(data: &[u8]) -> Result<&[[u8; N]], Fault> {
    match data.as_chunks() {
        (whole, []) => Ok(whole),
        _ => Err(Fault::Width { len: data.len(), width: N }),
    }
}

/// Splits a packed buffer into items of `width` bytes, at least one.
pub fn cut(data: &[u8], width: usize) -> Result<std::slice::ChunksExact<'_, u8>, Fault> {
    let whole = data.chunks_exact(width);
    if whole.remainder().is_empty() { Ok(whole) } else { Err(Fault::Width { len: data.len(), width }) }
}

/// Refuses an item that has not `width` bytes.
pub fn exactly(item: &[u8], width: usize) -> Result<(), Fault> {
    if item.len() == width { Ok(()) } else { Err(Fault::Width { len: item.len(), width }) }
}
