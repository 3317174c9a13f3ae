//! The arithmetic over lanes, compiled for the instructions it needs and called through plain functions.

use crate::lanes::bucket::{Biased, Window};
use crate::lanes::curve::{Cached, Encoding, Sum, Uniform};
use crate::lanes::sha512;

/// What points and products ask of lanes. Without an engine dalek does everything.
pub struct Engine {
    pub name: &'static str,
    /// Reads points; the index of the first that is not valid.
    pub decode: fn(&[Encoding], &mut [Cached]) -> Option<usize>,
    /// Twice the map of 64 bytes, as points and their encodings.
    pub derive: fn(&[Uniform], &mut [Cached], &mut [Encoding]),
    /// Adds each point to the bucket of its scalar's digit.
    pub fill: fn(&mut [Sum], &[Cached], &[Biased], &Window),
    /// Σ i · bucket\[i−1\].
    pub empty: fn(&[Sum]) -> Sum,
    /// The encoding of Σ 2^(i·width) · windows\[i\].
    pub join: fn(&[Sum], u32) -> Encoding,
}

pub type Choice = Option<&'static Engine>;

/// The engine for this processor.
pub fn choose() -> Choice {
    #[cfg(target_arch = "x86_64")]
    return x86_64::ifma();
    #[cfg(not(target_arch = "x86_64"))]
    return None;
}

/// `sha512::absorb`, where this processor has registers of eight words.
pub fn absorb() -> Option<sha512::Absorb> {
    #[cfg(target_arch = "x86_64")]
    return x86_64::absorb();
    #[cfg(not(target_arch = "x86_64"))]
    return None;
}

#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use super::*;
    use crate::lanes::ifma::Ifma;
    use crate::lanes::limbs::Limbs;
    use crate::lanes::{bucket, curve};

    /// Plain functions around functions compiled with these features; only to be named once the processor was asked.
    macro_rules! compiled {
        ($features:literal $($name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)? = $inner:expr;)*) => {$(
            fn $name($($argument: $type),*) $(-> $result)? {
                #[target_feature(enable = $features)]
                fn inner($($argument: $type),*) $(-> $result)? {
                    $inner($($argument),*)
                }
                // SAFETY: the processor has the instructions, or nobody could have named this function.
                unsafe { inner($($argument),*) }
            }
        )*};
    }

    compiled! {
        "avx2,avx512dq,avx512ifma,avx512vl"
        decode(encodings: &[Encoding], out: &mut [Cached]) -> Option<usize> = curve::decode::<Limbs<Ifma>>;
        derive(uniform: &[Uniform], out: &mut [Cached], encodings: &mut [Encoding]) = curve::derive::<Limbs<Ifma>>;
        fill(buckets: &mut [Sum], points: &[Cached], scalars: &[Biased], window: &Window) = bucket::fill::<Limbs<Ifma>>;
        empty(buckets: &[Sum]) -> Sum = bucket::empty::<Limbs<Ifma>>;
        join(windows: &[Sum], width: u32) -> Encoding = bucket::join::<Limbs<Ifma>>;
    }

    compiled! {
        "avx512f"
        absorb_wide(start: &[u64; 8], rows: &[u8]) -> [sha512::Lanes; 8] = sha512::absorb;
    }

    pub fn ifma() -> Choice {
        static IFMA: Engine = Engine { name: "avx512ifma", decode, derive, fill, empty, join };
        let present = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512ifma")
            && is_x86_feature_detected!("avx512vl");
        present.then_some(&IFMA)
    }

    pub fn absorb() -> Option<sha512::Absorb> {
        is_x86_feature_detected!("avx512f").then_some(absorb_wide)
    }
}
