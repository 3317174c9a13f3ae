//! Bytes become points and points become bytes, eight in step.
#![forbid(unsafe_code)]

use crate::lanes::curve::{Encoding, Points, Ready};
use crate::lanes::field::{Element, Tight};
use crate::lanes::limbs::{Coordinates, Lanes, Pair};
use crate::lanes::sum::Cached;

/// What a point is derived from.
pub type Uniform = [u8; 64];

/// Whether 32 bytes are a field element below p that is not negative (RFC 9496 §4.3.1).
#[inline(always)]
fn is_canonical(bytes: &[u8; 32]) -> bool {
    bytes[31] >> 7 == 0 && Element::read(bytes).is_reduced() && bytes[0] & 1 == 0
}

/// Reads points; the index of the first that is not valid.
#[inline(always)]
pub fn decode<L: Coordinates>(encodings: &[Encoding], out: &mut [Cached]) -> Option<usize> {
    let count = Pair::<L>::COUNT;
    for (chunk, (encodings, out)) in encodings.chunks(count).zip(out.chunks_mut(count)).enumerate() {
        // Missing lanes repeat the first point.
        let at = |i: usize| encodings.get(i).unwrap_or(&encodings[0]);
        let (valid, points) = Points::<Pair<L>>::decode(Tight::gather(|i| Element::read(at(i))));
        if let Some(i) = (0..encodings.len()).find(|&i| valid >> i & 1 == 0 || !is_canonical(&encodings[i])) {
            return Some(chunk * count + i);
        }
        points.ready().scatter(out);
    }
    None
}

/// Twice the map of 64 bytes, as points and their encodings.
#[inline(always)]
pub fn derive<L: Coordinates>(uniform: &[Uniform], out: &mut [Cached], encodings: &mut [Encoding]) {
    let count = Pair::<L>::COUNT;
    for ((uniform, out), encodings) in uniform.chunks(count).zip(out.chunks_mut(count)).zip(encodings.chunks_mut(count))
    {
        let half = |i: usize, first: usize| {
            let bytes = uniform.get(i).unwrap_or(&uniform[0]);
            Element::read(&std::array::from_fn(|k| bytes[first + k]))
        };
        let first = Points::map(Tight::<Pair<L>>::gather(|i| half(i, 0)));
        let second = Points::map(Tight::gather(|i| half(i, 32)));
        let sum = first.add(second.ready(), 0);
        let points = sum.doubled(1);
        points.ready().scatter(out);
        write(points, encodings);
    }
}

/// The encodings of points, which may be secret: in the same time for every value.
#[inline(always)]
pub fn encode<L: Coordinates>(points: &[Cached], out: &mut [Encoding]) {
    let count = Pair::<L>::COUNT;
    for (points, out) in points.chunks(count).zip(out.chunks_mut(count)) {
        let points = Ready::<Pair<L>>::gather(|i| points.get(i).unwrap_or(&points[0])).points();
        write(points, out);
    }
}

#[inline(always)]
fn write<L: Lanes>(points: Points<L>, out: &mut [Encoding]) {
    points.encode().freeze().scatter(|i, element| {
        if let Some(encoding) = out.get_mut(i) {
            *encoding = element.write();
        }
    });
}
