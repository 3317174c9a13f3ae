//! Bytes that may be secret.
#![forbid(unsafe_code)]

#[cfg(test)]
mod tests;

use std::ops::{Deref, DerefMut};

/// Wiped when dropped: as `Zeroizing`, which however writes zeros byte by byte.
pub struct Wiped(Vec<u8>);

impl Wiped {
    pub fn zeros(length: usize) -> Self {
        Self(vec![0; length])
    }
}

impl From<Vec<u8>> for Wiped {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Deref for Wiped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Wiped {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.fill(0);
        zeroize::optimization_barrier(self.0.as_slice());
    }
}
