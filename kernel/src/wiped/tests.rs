//! No copy of a secret is left on the heap. A stack cannot be looked at from within: `tests/mixnet/test_wiped.py` does so
//! from another process.

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_COMPRESSED;

use zeroize::Zeroizing;

use super::Wiped;
use crate::heap::{MARK, unwiped};
use crate::lanes::digit::{Cut, LANES};
use crate::lanes::engine::Choice;
use crate::order::Tight;
use crate::point::{Points, Source};
use crate::row::{self, Term};
use crate::tests::choices;
use crate::{column, product, scalar};

/// Secret scalars that the heap knows, each a little larger than the one before.
fn secrets(n: usize) -> Wiped {
    let mut packed = Wiped::zeros(32 * n);
    for (i, scalar) in packed.as_chunks_mut::<32>().0.iter_mut().enumerate() {
        scalar[..16].copy_from_slice(&MARK.to_le_bytes());
        scalar[16..24].copy_from_slice(&(2 * i as u64).to_le_bytes());
    }
    packed
}

fn number(n: u8) -> [u8; 32] {
    std::array::from_fn(|i| if i == 0 { n } else { 0 })
}

fn cut<const WIDTH: usize>() -> Vec<Cut<WIDTH>> {
    let secrets = secrets(LANES);
    vec![Cut::new(|lane| Tight::read(&secrets.as_chunks().0[lane]))]
}

#[test]
fn the_heap_sees_what_is_left() {
    assert_eq!(unwiped(|| drop(secrets(3))), 0);
    assert_eq!(unwiped(|| drop(secrets(3).to_vec())), 1);
    let half = || (MARK / 2).to_le_bytes().to_vec();
    assert_eq!(unwiped(|| drop(half())), 1);
    assert_eq!(unwiped(|| drop(Wiped::from(half()))), 0);
    assert_eq!(unwiped(|| drop(cut::<4>())), 1);
    assert_eq!(unwiped(|| drop(cut::<5>())), 1);
    assert_eq!(unwiped(|| drop(Zeroizing::new(cut::<4>()))), 0);
    assert_eq!(unwiped(|| drop(Zeroizing::new(cut::<5>()))), 0);
    let growing = || {
        let mut copy = secrets(1).to_vec();
        copy.reserve_exact(1 << 20);
        copy.fill(0);
    };
    assert_eq!(unwiped(growing), 1);
}

#[test]
fn scalars_are_wiped() {
    let (one, zero) = (number(1), number(0));
    for n in [1, 2, 511, 513, 1100] {
        let (ones, zeros) = (one.repeat(n), zero.repeat(n));
        let all = || {
            let secrets = secrets(n);
            let mut wide = Wiped::zeros(64 * n);
            for (wide, secret) in wide.as_chunks_mut::<64>().0.iter_mut().zip(secrets.as_chunks::<32>().0) {
                wide[..32].copy_from_slice(secret);
            }
            assert_eq!(scalar::first_noncanonical(&secrets), Ok(None));
            let kept = [
                scalar::combine(&secrets, &zero, |x, y| (x + y).reduce()),
                scalar::combine(&secrets, &zeros, |x, y| x - y),
                scalar::combine(&ones, &secrets, |x, y| (x * y).reduce()),
                scalar::invert(&secrets).and_then(|inverses| scalar::invert(&inverses)),
                scalar::reduce(&wide),
                column::take(&secrets, &(0..n).collect::<Vec<_>>()),
            ];
            for result in kept {
                assert_eq!(&*result.unwrap(), &*secrets);
            }
            let first = &secrets[..32];
            for result in [scalar::sum(first), scalar::dot(first, &one), scalar::products(first)] {
                assert_eq!(&*result.unwrap(), first);
            }
        };
        assert_eq!(unwiped(all), 0, "{n}");
    }
}

#[test]
fn scalars_of_products_and_rows_are_wiped() {
    for (n, engine) in [1, 2, 31, 33, 300].into_iter().flat_map(|n| choices().map(move |engine| (n, engine))) {
        let uniform: Vec<u8> = (0..64 * n).map(|i| (i * i + 7 * i) as u8).collect();
        let derived = Points::derive(&uniform, engine).unwrap();
        let all = || products_and_rows(n, &derived, engine);
        assert_eq!(unwiped(all), 0, "{n} {:?}", engine.map(|engine| engine.name));
    }
}

/// Products and rows of every kind with secret scalars.
fn products_and_rows(n: usize, derived: &Points, engine: Choice) {
    let base = RISTRETTO_BASEPOINT_COMPRESSED.to_bytes();
    let (secrets, column) = (secrets(n), derived.encodings());
    let term = |points, scalars| Term { points, scalars };
    let terms = || {
        vec![
            term(Source::Encoded(&base), Some(&secrets[..])),
            term(Source::Encoded(&column[..32]), Some(&secrets[..])),
            term(Source::Encoded(column), Some(&secrets[..])),
            term(Source::Encoded(&column[..32]), Some(&secrets[..32])),
            term(Source::Decoded(derived), Some(&secrets[..32])),
        ]
    };
    product::secret(&Source::Encoded(column), &secrets, engine).unwrap();
    // Halved, where dalek has no row with a point of its own without a scalar; and not.
    for last in [None, Some(term(Source::Decoded(derived), None)), Some(term(Source::Encoded(column), None))] {
        let terms: Vec<_> = terms().into_iter().chain(last).collect();
        row::rows(&terms, n, engine).unwrap();
        row::rows(&terms[2..], n, engine).unwrap();
        row::rows(&terms[4..], n, engine).unwrap();
    }
}
