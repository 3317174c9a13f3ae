/** Fresh secrets, in buffers that their owner overwrites; what BigInts keep of them nobody can (web/README.md). */
import { packScalars, reduceWide } from './group.js';

export const WIDE = 64; // bytes of which a scalar is made

/** Fresh random bytes. @param {number} length */
export const drawBytes = (length) => crypto.getRandomValues(new Uint8Array(length));

/** Uniform scalars, packed. @param {number} count */
export const draw = (count) => scalarsOf(drawBytes(WIDE * count));

/** Scalars of fresh random bytes, 64 each, which are overwritten. @param {Uint8Array} wide */
export function scalarsOf(wide) {
  const count = wide.length / WIDE;
  const packed = packScalars(Array.from({ length: count }, (_, at) => reduceWide(wide.subarray(at * WIDE, (at + 1) * WIDE))));
  wipe(wide);
  return packed;
}

/** @param {...Uint8Array} buffers */
export const wipe = (...buffers) => buffers.forEach((buffer) => buffer.fill(0));
