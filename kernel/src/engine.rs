//! The arithmetic over lanes, compiled for the instructions it needs and called through plain functions.

use crate::bucket::{self, Biased, Window};
use crate::curve::{self, Cached, Sum};

/// Whether this processor can run it; without it dalek does everything.
pub fn available() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("avx512ifma")
        && is_x86_feature_detected!("avx512vl");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

macro_rules! engine {
    ($($name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)? = $module:ident;)*) => {$(
        pub fn $name($($argument: $type),*) $(-> $result)? {
            assert!(available());
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,avx512ifma,avx512vl")]
                fn inner($($argument: $type),*) $(-> $result)? {
                    $module::$name::<crate::ifma::Ifma>($($argument),*)
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
    decode(encodings: &[[u8; 32]], out: &mut [Cached]) -> Option<usize> = curve;
    derive(uniform: &[[u8; 64]], out: &mut [Cached], encodings: &mut [[u8; 32]]) = curve;
    fill(buckets: &mut [Sum], points: &[Cached], scalars: &[Biased], window: &Window) = bucket;
    empty(buckets: &[Sum]) -> Sum = bucket;
    join(windows: &[Sum], width: u32) -> [u8; 32] = bucket;
}
