//! The arithmetic over lanes, compiled for the instructions it needs and called through plain functions.

use crate::bucket::{self, Biased, Window};
use crate::curve::{self, Cached, Sum};
#[cfg(target_arch = "x86_64")]
use crate::ifma::Ifma;

/// Whether this processor can multiply over lanes; without it dalek does everything.
pub fn available() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("avx512ifma")
        && is_x86_feature_detected!("avx512vl");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// Whether this processor has registers of eight words.
pub fn wide() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx512f");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

macro_rules! engine {
    ($features:literal if $present:ident: $($name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)? = $inner:expr;)*) => {$(
        pub fn $name($($argument: $type),*) $(-> $result)? {
            assert!($present());
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = $features)]
                fn inner($($argument: $type),*) $(-> $result)? {
                    $inner($($argument),*)
                }
                // SAFETY: the processor has the instructions.
                unsafe { inner($($argument),*) }
            }
            #[cfg(not(target_arch = "x86_64"))]
            unreachable!()
        }
    )*};
}

engine! {
    "avx2,avx512ifma,avx512vl" if available:
    decode(encodings: &[[u8; 32]], out: &mut [Cached]) -> Option<usize> = curve::decode::<Ifma>;
    derive(uniform: &[[u8; 64]], out: &mut [Cached], encodings: &mut [[u8; 32]]) = curve::derive::<Ifma>;
    fill(buckets: &mut [Sum], points: &[Cached], scalars: &[Biased], window: &Window) = bucket::fill::<Ifma>;
    empty(buckets: &[Sum]) -> Sum = bucket::empty::<Ifma>;
    join(windows: &[Sum], width: u32) -> [u8; 32] = bucket::join::<Ifma>;
}

engine! {
    "avx512f" if wide:
    absorb(start: &[u64; 8], rows: &[u8]) -> [crate::sha512::Lanes; 8] = crate::sha512::absorb;
}
