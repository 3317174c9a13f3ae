//! Arithmetic on public values over lanes (specs/decisions/lanes.md), from one register up to sums of many products.
//!
//! `engine` compiles it for the instructions that a processor has, and is what the rest of the kernel calls.
#![cfg_attr(
    not(any(test, target_arch = "x86_64")),
    expect(dead_code, reason = "no other processor has an engine yet: dalek does everything")
)]

#[cfg(target_arch = "x86_64")]
pub mod avx2;
pub mod bucket;
pub mod coding;
pub mod curve;
pub mod digit;
pub mod engine;
pub mod field;
pub mod fixed;
#[cfg(target_arch = "x86_64")]
pub mod ifma;
pub mod limbs;
pub mod register;
pub mod secret;
pub mod sha512;
pub mod sum;
#[cfg(test)]
pub mod words;
