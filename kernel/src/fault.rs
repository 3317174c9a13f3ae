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
