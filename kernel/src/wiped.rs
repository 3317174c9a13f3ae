//! Bytes that may be secret, and work that leaves none of them behind.
#![forbid(unsafe_code)]

#[cfg(test)]
mod tests;

use std::ops::{Deref, DerefMut};

/// More bytes of stack than any piece of secret work takes; a test reads a process's memory to see it.
const DEPTH: usize = 1 << 14;

/// Does the work, then overwrites the stack on which it was done. What the work returns stands with the caller.
///
/// Every loop that several threads share calls this for each of its pieces: a thread that takes one has a stack of its own.
pub fn traceless<T>(work: impl FnOnce() -> T) -> T {
    let result = apart(work);
    overwrite();
    result
}

/// In a frame of its own, or the caller's would hold what the work leaves.
#[inline(never)]
fn apart<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// In a frame that begins where the work's did.
#[inline(never)]
fn overwrite() {
    let stack = [0u8; DEPTH];
    zeroize::optimization_barrier(&stack);
}

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
