/** Points and scalars of ristretto255, packed 32 bytes each (specs/group.md). */
import { ristretto255 } from '@noble/curves/ed25519.js';
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js';
import { equal, join } from './bytes.js';
import { Malformed, Rejected } from './errors.js';

/** @typedef {InstanceType<typeof ristretto255.Point>} Point */

const { BASE, ZERO, Fn } = ristretto255.Point;
export const SIZE = 32;
export const IDENTITY = new Uint8Array(SIZE);
export const G = BASE;

/** Pieces of 32 bytes. @param {Uint8Array} packed */
export function pieces(packed) {
  if (packed.length % SIZE) throw new Malformed('points and scalars take 32 bytes each');
  return Array.from({ length: packed.length / SIZE }, (_, at) => packed.subarray(at * SIZE, (at + 1) * SIZE));
}

/** @param {Uint8Array} packed */
export const hasIdentity = (packed) => pieces(packed).some((piece) => equal(piece, IDENTITY));

/** Read points; `clause` is refused if one does not decode. @param {string} clause @param {Uint8Array} packed */
export function decodePoints(clause, packed) {
  return pieces(packed).map((encoding) => {
    try {
      return ristretto255.Point.fromBytes(encoding);
    } catch {
      throw new Rejected(clause, 'a point does not decode');
    }
  });
}

/** Read canonical scalars; they are never reduced. @param {Uint8Array} packed */
export function decodeScalars(packed) {
  return pieces(packed).map((coded) => {
    const scalar = bytesToNumberLE(coded);
    if (scalar >= Fn.ORDER) throw new Malformed('a scalar is not canonical');
    return scalar;
  });
}

/** @param {Point[]} points */
export const packPoints = (points) => join(...points.map((point) => point.toBytes()));

/** @param {bigint[]} scalars */
export const packScalars = (scalars) => join(...scalars.map((scalar) => numberToBytesLE(scalar, SIZE)));

/** Modulo the group's order. @param {bigint} number */
export const reduce = (number) => Fn.create(number);

/** A hash or fresh random bytes as a scalar (§9). @param {Uint8Array} wide 64 bytes */
export const reduceWide = (wide) => reduce(bytesToNumberLE(wide));

/** A multiple by a secret scalar, in the library's constant time. @param {bigint} s @param {Point} P */
export const secretTimes = (s, P) => (s === 0n ? ZERO : P.multiply(s));

/** A multiple by a public scalar, in variable time. @param {bigint} s @param {Point} P */
export const times = (s, P) => P.multiplyUnsafe(s);
