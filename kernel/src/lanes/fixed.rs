//! Multiples of one point by many secret scalars, from a table with the multiples of every digit.
#![forbid(unsafe_code)]

use crate::lanes::curve::{Points, Ready, inverse};
use crate::lanes::digit::{self, Digit, LANES, append_multiples, multiples, windows};
use crate::lanes::field::{Element, Loose, Tight};
use crate::lanes::limbs::{Coordinates, Lanes, Pair};
use crate::lanes::sum::{self, Cached, IDENTITY};

/// Bits of a digit: additions are dearer than the look-ups of a wider one, which doubles the table.
const WIDTH: usize = 5;
const WINDOWS: usize = windows(WIDTH);
const MULTIPLES: usize = multiples(WIDTH);
pub type Cut = digit::Cut<WIDTH>;

/// Y−X, Y+X, 2dT of a point whose Z is 1.
type Affine = [Element; 3];
/// For each window i, the odd multiples of 32ⁱ times the point: 96 KiB, the same from every engine.
pub struct Table([[Affine; MULTIPLES]; WINDOWS]);

/// The table of a public point.
#[inline(always)]
pub fn table<L: Coordinates>(point: &Cached) -> Box<Table> {
    let powers = powers::<L>(point);
    let mut points: Vec<Ready<Pair<L>>> = Vec::with_capacity(WINDOWS.div_ceil(LANES) * MULTIPLES);
    for powers in powers.chunks(LANES) {
        // Missing lanes repeat the first power.
        append_multiples(&mut points, Ready::gather(|i| powers.get(i).unwrap_or(&powers[0])), MULTIPLES);
    }
    let inverses = inverses(&points);
    let mut table = Box::new(Table([[[Element::ZERO; 3]; MULTIPLES]; WINDOWS]));
    for (i, point) in points.iter().enumerate() {
        let windows = &mut table.0[i / MULTIPLES * LANES..];
        for (k, coordinate) in [point.minus, point.plus, point.t].into_iter().enumerate() {
            let affine = coordinate.times(inverses[i]).freeze();
            affine.scatter(|lane, element| {
                if let Some(window) = windows.get_mut(lane) {
                    window[i % MULTIPLES][k] = element;
                }
            });
        }
    }
    table
}

/// 32ⁱ times the point.
#[cfg_attr(not(debug_assertions), inline(always))]
fn powers<L: Coordinates>(point: &Cached) -> [Cached; WINDOWS] {
    let mut powers = [*point; WINDOWS];
    let mut power = sum::add(Loose::<L>::load(&IDENTITY), Tight::load(point), 0);
    for place in &mut powers[1..] {
        for _ in 0..WIDTH {
            power = sum::add(power, sum::cache(power), 0);
        }
        *place = sum::cache(power).store();
    }
    powers
}

/// 1/Z of each point, by one inversion for all.
#[cfg_attr(not(debug_assertions), inline(always))]
fn inverses<L: Lanes>(points: &[Ready<L>]) -> Vec<Tight<L>> {
    let mut product = Tight::splat(Element::ONE);
    let mut inverses = Vec::with_capacity(points.len());
    for point in points {
        inverses.push(product);
        product = product.times(point.z);
    }
    // Points that are ready have 2Z.
    let inverse = inverse(product);
    let mut rest = inverse.plus(inverse);
    for (place, point) in inverses.iter_mut().zip(points).rev() {
        *place = rest.times(*place);
        rest = rest.times(point.z);
    }
    inverses
}

/// Adds to each sum its scalar times the table's point, in the same time for every scalar.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn add<L: Coordinates>(mut sums: Points<Pair<L>>, table: &Table, scalars: &Cut) -> Points<Pair<L>> {
    for (i, window) in table.0.iter().enumerate() {
        let digit = scalars.digit(i);
        sums = sums
            .add_affine([choose(window, 0, &digit), choose(window, 1, &digit), choose(window, 2, &digit)], digit.minus);
    }
    sums
}

/// A coordinate of each digit's multiple: all multiples are read, whichever are chosen.
#[inline(always)]
fn choose<L: Lanes>(window: &[Affine; MULTIPLES], coordinate: usize, digit: &Digit) -> Tight<L> {
    let mut chosen = Tight::splat(window[0][coordinate]);
    for (j, multiple) in window.iter().enumerate().skip(1) {
        chosen = Tight::splat(multiple[coordinate]).select(digit.chooses(j), chosen);
    }
    chosen
}
