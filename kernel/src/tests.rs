//! Points and products against dalek, on every engine that can run here and without one.

use std::io::Write;
use std::sync::Once;

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT as G;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use sha2::{Digest, Sha512};

use crate::fault::Fault;
use crate::lanes::bucket::{self, Cut, FULL, WIDEST};
use crate::lanes::engine::{self, Choice, Engine};
use crate::lanes::field::tests::at_the_bounds;
use crate::lanes::limbs::Limbs;
use crate::lanes::sum::{Cached, IDENTITY};
use crate::lanes::words::Words;
use crate::lanes::{coding, fixed, secret};
use crate::order;
use crate::point::{Points, Source};
use crate::product;
use crate::row::{self, Term};

/// The lanes in plain words.
static WORDS: Engine = Engine {
    name: "plain words",
    decode: coding::decode::<Limbs<Words>>,
    derive: coding::derive::<Limbs<Words>>,
    fill: bucket::fill::<Limbs<Words>>,
    empty: bucket::empty::<Limbs<Words>>,
    join: bucket::join::<Limbs<Words>>,
    encode: coding::encode::<Limbs<Words>>,
    table: fixed::table::<Limbs<Words>>,
    rows: secret::rows::<Limbs<Words>>,
    product: secret::product::<Limbs<Words>>,
    total: secret::total::<Limbs<Words>>,
};

/// Says once, past the capture of tests' output, on what all tests run.
fn announce() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let names: Vec<_> = [WORDS.name].into_iter().chain(engine::engines().map(|engine| engine.name)).collect();
        let _ = writeln!(std::io::stderr(), "\nthe kernel's lanes are tested on {}", names.join(", "));
    });
}

pub fn engines() -> impl Iterator<Item = &'static Engine> {
    announce();
    [&WORDS].into_iter().chain(engine::engines())
}

/// Every engine, and dalek without one.
pub fn choices() -> impl Iterator<Item = Choice> {
    engines().map(Some).chain([None])
}

pub fn hash(label: &str, i: usize) -> [u8; 64] {
    Sha512::digest(format!("{label} {i}")).into()
}

fn points(n: usize) -> (Vec<RistrettoPoint>, Vec<[u8; 32]>) {
    let points: Vec<_> = (0..n).map(|i| RistrettoPoint::from_uniform_bytes(&hash("point", i))).collect();
    let encodings = points.iter().map(|point| point.compress().to_bytes()).collect();
    (points, encodings)
}

/// Scalars below 2^bits with the extremes among them.
fn scalars(n: usize, bits: u32) -> Vec<Scalar> {
    let full = |i| Scalar::from_bytes_mod_order_wide(&hash("scalar", i));
    let short = |i| {
        let mut bytes = [0; 32];
        bytes[..bits as usize / 8].copy_from_slice(&hash("scalar", i)[..bits as usize / 8]);
        Scalar::from_canonical_bytes(bytes).unwrap()
    };
    let one = Scalar::ONE;
    let half = (-one).div_by_2();
    let extremes = if bits < FULL {
        let power = (0..bits).fold(one, |power, _| power + power);
        [Scalar::ZERO, one, power - one, power - one - one]
    } else {
        [Scalar::ZERO, -one, half, half + one]
    };
    (0..n)
        .map(|i| {
            if i < 4 {
                extremes[i]
            } else if bits < FULL {
                short(i)
            } else {
                full(i)
            }
        })
        .collect()
}

fn pack(scalars: &[Scalar]) -> Vec<u8> {
    scalars.iter().flat_map(Scalar::to_bytes).collect()
}

fn encodings_of(cached: &[Cached], engine: &Engine) -> Vec<[u8; 32]> {
    let one = Cut::new(1, 2);
    let scalar = one.bias(order::Tight::ONE);
    cached
        .iter()
        .map(|point| {
            let mut buckets = [IDENTITY];
            (engine.fill)(&mut buckets, &[*point], &[scalar], &one.window(0));
            (engine.join)(&buckets, 1)
        })
        .collect()
}

#[test]
fn decoding_gives_the_point_and_refuses_what_dalek_refuses() {
    let (_, encodings) = points(21);
    let hashed = (0..2000).map(|i| {
        let candidate: [u8; 32] = std::array::from_fn(|k| hash("candidate", i)[k]);
        if i % 2 == 0 { candidate } else { candidate.map(|byte| byte & 0x7e) }
    });
    let candidates: Vec<_> = hashed.chain(at_the_bounds()).collect();
    let valid = |candidate: &[u8; 32]| CompressedRistretto(*candidate).decompress().is_some();
    assert!(at_the_bounds().iter().filter(|candidate| valid(candidate)).count() > 50);
    for engine in engines() {
        let decoded = Points::decode(encodings.as_flattened(), Some(engine)).unwrap();
        assert_eq!(encodings_of(decoded.cached(engine), engine), encodings);
        for candidate in &candidates {
            let decoded = Points::decode(candidate, Some(engine));
            assert_eq!(decoded.is_ok(), valid(candidate), "{} {candidate:x?}", engine.name);
            if let Ok(point) = decoded {
                assert_eq!(encodings_of(point.cached(engine), engine), [*candidate]);
            }
        }
    }
}

#[test]
fn deriving_doubles_the_map() {
    let bounds = at_the_bounds();
    let pairs = bounds.iter().zip(bounds.iter().cycle().skip(500));
    let extreme = pairs.map(|(first, second)| [*first, *second].concat().try_into().unwrap());
    let uniform: Vec<[u8; 64]> = (0..19).map(|i| hash("point", i)).chain(extreme).collect();
    let expected = uniform.iter().map(RistrettoPoint::from_uniform_bytes).map(|point| point + point);
    let expected: Vec<[u8; 32]> = expected.map(|point| point.compress().to_bytes()).collect();
    for engine in choices() {
        let derived = Points::derive(uniform.as_flattened(), engine).unwrap();
        assert_eq!(derived.encodings(), expected.as_flattened());
        if let Some(engine) = engine {
            assert_eq!(encodings_of(derived.cached(engine), engine), expected);
        }
    }
}

/// The sum of terms that come all at once.
fn vartime(terms: &[product::Term], engine: Choice) -> Result<[u8; 32], Fault> {
    let mut product = product::Product::new(engine);
    product.add(terms)?;
    product.sum()
}

#[test]
fn products_equal_the_sum_of_multiples() {
    for (n, bits) in [(0, 128), (1, FULL), (5, 160), (95, FULL), (97, 64), (300, 128), (400, 160), (700, FULL)] {
        let (points, encodings) = points(n);
        let scalars = scalars(n, bits);
        let naive: RistrettoPoint = points.iter().zip(&scalars).map(|(point, scalar)| point * scalar).sum();
        let packed = pack(&scalars);
        let outer = Scalar::from_bytes_mod_order_wide(&hash("outer", n));
        let outer_bytes = outer.to_bytes();
        for engine in choices() {
            let decoded = Points::decode(encodings.as_flattened(), engine).unwrap();
            let term =
                |outer| product::Term { points: Source::Encoded(encodings.as_flattened()), scalars: &packed, outer };
            let other =
                product::Term { points: Source::Decoded(&decoded), scalars: &packed, outer: Some(&outer_bytes) };
            let sum = vartime(&[term(None), other], engine).unwrap();
            assert_eq!(sum, (naive + naive * outer).compress().to_bytes(), "{n} {bits}");
            let secret = product::secret(&Source::Decoded(&decoded), &packed, engine).unwrap();
            assert_eq!(secret, naive.compress().to_bytes());
        }
    }
}

/// The first portions are too small for buckets, later ones make their windows wider.
#[test]
fn terms_may_come_in_portions() {
    let (points, encodings) = points(700);
    let outer = -Scalar::from(5u8);
    for bits in [64, FULL] {
        let scalars = scalars(700, bits);
        for engine in choices() {
            let mut product = product::Product::new(engine);
            let mut expected = RistrettoPoint::default();
            for (first, last) in [(0, 20), (20, 40), (40, 700), (3, 3), (690, 700), (0, 700)] {
                let packed = pack(&scalars[first..last]);
                let points = &points[first..last];
                let naive: RistrettoPoint = points.iter().zip(&scalars[first..last]).map(|(p, s)| p * s).sum();
                let term = |outer| product::Term {
                    points: Source::Encoded(encodings[first..last].as_flattened()),
                    scalars: &packed,
                    outer,
                };
                product.add(&[term(None), term(Some(outer.as_bytes()))]).unwrap();
                expected += naive + naive * outer;
            }
            assert_eq!(product.sum(), Ok(expected.compress().to_bytes()), "{bits}");
        }
    }
}

#[test]
fn rows_equal_those_of_dalek() {
    for n in [0, 1, 7, 33] {
        let (points, encodings) = points(n.max(1));
        let (full, base) = (pack(&scalars(n, FULL)), G.compress().to_bytes());
        let (column, single) = (encodings[..n].as_flattened(), &encodings[0]);
        let one = (-Scalar::from(3u8)).to_bytes();
        let term = |points, scalars| Term { points: Source::Encoded(points), scalars };
        let terms = || {
            vec![
                term(single, Some(&one[..])),
                term(single, None),
                term(&base, Some(&full[..])),
                term(single, Some(&full[..])),
                term(column, Some(&full[..])),
                term(column, Some(&one[..])),
                term(column, None),
            ]
        };
        for first in 0..terms().len() {
            let expected = row::rows(&terms()[first..], n, None).unwrap();
            for engine in engines() {
                let rows = row::rows(&terms()[first..], n, Some(engine)).unwrap();
                assert_eq!(rows.encodings(), expected.encodings(), "{} {n} {first}", engine.name);
            }
        }
        let expected: Vec<_> = points[..n].iter().zip(scalars(n, FULL)).map(|(point, scalar)| point * scalar).collect();
        let rows = row::rows(&[term(column, Some(&full))], n, None).unwrap();
        assert_eq!(rows.points(), expected);
    }
}

#[test]
fn every_width_cuts_every_scalar() {
    for engine in engines() {
        let base = Points::decode(G.compress().as_bytes(), Some(engine)).unwrap();
        for bits in [64, 128, 160, FULL] {
            for scalar in scalars(6, bits) {
                for width in 2..=WIDEST {
                    let cut = Cut::with_width(bits, width);
                    let biased = [cut.bias(order::Tight::read(scalar.as_bytes()))];
                    let sum = |i| {
                        let mut buckets = vec![IDENTITY; cut.buckets(i)];
                        (engine.fill)(&mut buckets, base.cached(engine), &biased, &cut.window(i));
                        (engine.empty)(&buckets)
                    };
                    let sums: Vec<_> = (0..cut.windows()).map(sum).collect();
                    let expected = (G * scalar).compress().to_bytes();
                    assert_eq!((engine.join)(&sums, width), expected, "{} {bits} {width} {scalar:?}", engine.name);
                }
            }
        }
    }
}

#[test]
fn faults_name_the_first_place() {
    let (_, mut encodings) = points(600);
    encodings[517] = [0xff; 32];
    encodings[599] = [1; 32];
    let data = encodings.as_flattened();
    for engine in choices() {
        assert_eq!(Points::decode(data, engine).err(), Some(Fault::Encoding(517)));
        assert_eq!(crate::point::first_undecodable(data, engine), Ok(Some(517)));
        let unused = product::Term { points: Source::Encoded(data), scalars: &[], outer: None };
        assert_eq!(vartime(&[unused], engine), Err(Fault::Encoding(517)));
        let zeros = vec![0; 32 * 600];
        let zero = product::Term { points: Source::Encoded(data), scalars: &zeros, outer: None };
        assert_eq!(vartime(&[zero], engine), Err(Fault::Encoding(517)));
    }
}
