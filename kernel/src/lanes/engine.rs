//! The arithmetic over lanes, compiled for the instructions it needs and called through plain functions.

use std::sync::RwLock;

use crate::lanes::bucket::{Biased, Window};
use crate::lanes::coding::Uniform;
use crate::lanes::curve::Encoding;
use crate::lanes::fixed::Table;
use crate::lanes::secret::Parts;
use crate::lanes::sha512;
use crate::lanes::sum::{Cached, Sum};
use crate::scalar::Canonical;

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
    /// The encodings of points, in the same time for every point.
    pub encode: fn(&[Cached], &mut [Encoding]),
    /// The table of a public point.
    pub table: fn(&Cached) -> Box<Table>,
    /// The sums of rows from the first one on, in the same time for every scalar.
    pub rows: fn(&Parts, usize, &mut [Cached]),
    /// Σ scalars\[i\] · points\[i\] for at least one point, in the same time for every scalar.
    pub product: fn(&[Cached], Canonical) -> Cached,
    /// The sum of points.
    pub total: fn(&[Cached]) -> Cached,
}

/// The name of having no engine: dalek does everything.
const NONE: &str = "dalek";

pub type Choice = Option<&'static Engine>;

/// What `force` has chosen.
static FORCED: RwLock<Option<Choice>> = RwLock::new(None);

/// The engine for this processor, unless another one is forced.
pub fn choose() -> Choice {
    let forced = *FORCED.read().unwrap_or_else(|poisoned| poisoned.into_inner());
    forced.unwrap_or_else(|| engines().next())
}

/// Every engine that this processor has the instructions for, the fastest first.
pub fn engines() -> impl Iterator<Item = &'static Engine> {
    #[cfg(target_arch = "x86_64")]
    return [x86_64::ifma::engine(), x86_64::avx2::engine()].into_iter().flatten();
    #[cfg(not(target_arch = "x86_64"))]
    return std::iter::empty();
}

/// Their names, and at last that of having none.
pub fn names() -> Vec<&'static str> {
    engines().map(|engine| engine.name).chain([NONE]).collect()
}

/// Uses the engine of this name from now on, or none, if this is one of the names.
pub fn force(name: &str) -> Option<()> {
    let engine = engines().find(|engine| engine.name == name);
    names().contains(&name).then(|| *FORCED.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(engine))
}

/// `sha512::absorb`, where this processor has registers of eight words.
pub fn absorb() -> Option<sha512::Absorb> {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx512f").then_some(x86_64::absorb);
    #[cfg(not(target_arch = "x86_64"))]
    return None;
}

#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use super::*;

    /// Plain functions around functions compiled with these features; only to be named once the processor was asked.
    macro_rules! compiled {
        ($features:literal $($name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)? = $inner:expr;)*) => {$(
            pub fn $name($($argument: $type),*) $(-> $result)? {
                #[target_feature(enable = $features)]
                fn inner($($argument: $type),*) $(-> $result)? {
                    $inner($($argument),*)
                }
                // SAFETY: the processor has the instructions, or nobody could have named this function.
                unsafe { inner($($argument),*) }
            }
        )*};
    }

    /// A module with the engine that stands on these registers.
    macro_rules! engine {
        ($module:ident, $name:literal, $register:ty, $features:literal, $($feature:tt)*) => {
            pub mod $module {
                use super::*;
                use crate::lanes::limbs::Limbs;
                use crate::lanes::{bucket, coding, fixed, secret};

                compiled! {
                    $features
                    decode(encodings: &[Encoding], out: &mut [Cached]) -> Option<usize>
                        = coding::decode::<Limbs<$register>>;
                    derive(uniform: &[Uniform], out: &mut [Cached], encodings: &mut [Encoding])
                        = coding::derive::<Limbs<$register>>;
                    encode(points: &[Cached], out: &mut [Encoding]) = coding::encode::<Limbs<$register>>;
                    fill(buckets: &mut [Sum], points: &[Cached], scalars: &[Biased], window: &Window)
                        = bucket::fill::<Limbs<$register>>;
                    empty(buckets: &[Sum]) -> Sum = bucket::empty::<Limbs<$register>>;
                    join(windows: &[Sum], width: u32) -> Encoding = bucket::join::<Limbs<$register>>;
                    table(point: &Cached) -> Box<Table> = fixed::table::<Limbs<$register>>;
                    rows(parts: &Parts, first: usize, out: &mut [Cached]) = secret::rows::<Limbs<$register>>;
                    product(points: &[Cached], scalars: Canonical) -> Cached = secret::product::<Limbs<$register>>;
                    total(points: &[Cached]) -> Cached = secret::total::<Limbs<$register>>;
                }

                pub fn engine() -> Choice {
                    static ENGINE: Engine =
                        Engine { name: $name, decode, derive, encode, fill, empty, join, table, rows, product, total };
                    (true $(&& is_x86_feature_detected!($feature))*).then_some(&ENGINE)
                }
            }
        };
    }

    engine!(
        ifma, "avx512ifma", crate::lanes::ifma::Ifma, "avx2,avx512dq,avx512ifma,avx512vl",
        "avx2" "avx512dq" "avx512ifma" "avx512vl"
    );
    engine!(avx2, "avx2", crate::lanes::avx2::Avx2, "avx2,fma", "avx2" "fma");

    compiled! {
        "avx512f"
        absorb(start: &[u64; 8], rows: &[u8]) -> [sha512::Lanes; 8] = sha512::absorb;
    }
}
