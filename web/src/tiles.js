/** Tiles and entry bundles: their names, bytes, and proofs made from them (specs/log.md §5, RFC 6962 §2.1). */
import { Incomplete, Malformed } from './errors.js';
import { computeRoot } from './tree.js';

export const WIDTH = 256n;
const HASH = 32;

/** @typedef {{level: string, number: bigint, width: number}} Tile `entries` is the level of the entries themselves */
/** @typedef {(tile: Tile) => Promise<Uint8Array>} Read a file's bytes; of a partial tile that is gone, the full one's beginning */

/** Where a tile is kept, e.g. `tile/0/x001/234.p/7`. @param {Tile} tile */
export function path({ level, number, width }) {
  const groups = String(number)
    .padStart(Math.ceil(String(number).length / 3) * 3, '0')
    .match(/.../g);
  const shown = (groups ?? []).map((group, at, all) => (at < all.length - 1 ? `x${group}` : group)).join('/');
  return `tile/${level}/${shown}${width === Number(WIDTH) ? '' : `.p/${width}`}`;
}

/**
 * The tile that holds item `index` of a level in the tree of `size` entries, as wide as that tree makes it.
 * @param {string} level @param {bigint} index @param {bigint} size @returns {Tile}
 */
export function at(level, index, size) {
  const items = level === 'entries' ? size : size >> (8n * BigInt(level));
  const number = index / WIDTH;
  const left = items - number * WIDTH;
  return { level, number, width: Number(left < WIDTH ? left : WIDTH) };
}

/** The first `width` entries of a bundle that has them. @param {Uint8Array} raw @param {number} width */
export function decodeBundle(raw, width) {
  const entries = [];
  let start = 0;
  while (start < raw.length && entries.length < width) {
    const end = start + 2 + (raw[start] << 8) + (raw[start + 1] ?? 0);
    entries.push(raw.slice(start + 2, end));
    start = end;
  }
  if (start !== raw.length || entries.length !== width) throw new Malformed(`a bundle of ${width} entries was expected`);
  return entries;
}

/**
 * Inclusion path of entry `index` in the tree of `size` entries.
 * @param {bigint} index @param {bigint} size @param {Read} read @returns {Promise<Uint8Array[]>}
 */
export async function proveInclusion(index, size, read) {
  return Promise.all(siblings(index, 0n, size).map(([start, stop]) => hashRange(start, stop, size, read)));
}

/**
 * Consistency proof from `old` to `size` entries, 0 < old < size (RFC 6962 §2.1.2).
 * @param {bigint} old @param {bigint} size @param {Read} read @returns {Promise<Uint8Array[]>}
 */
export async function proveConsistency(old, size, read) {
  /** @param {bigint} m @param {bigint} start @param {bigint} stop @param {boolean} known @returns {[bigint, bigint][]} */
  const subproof = (m, start, stop, known) => {
    if (m === stop - start) return known ? [] : [[start, stop]];
    const half = split(stop - start);
    return m <= half
      ? [...subproof(m, start, start + half, known), [start + half, stop]]
      : [...subproof(m - half, start + half, stop, false), [start, start + half]];
  };
  return Promise.all(subproof(old, 0n, size, true).map(([start, stop]) => hashRange(start, stop, size, read)));
}

/** Root of the first `old` of `size` entries, 0 < old ≤ size. @param {bigint} old @param {bigint} size @param {Read} read */
export const rootAt = (old, size, read) => hashRange(0n, old, size, read);

/** Subtrees beside the way from a leaf to the root, the lowest first. @param {bigint} index @param {bigint} start @param {bigint} stop @returns {[bigint, bigint][]} */
function siblings(index, start, stop) {
  if (stop - start === 1n) return [];
  const middle = start + split(stop - start);
  return index < middle
    ? [...siblings(index, start, middle), [middle, stop]]
    : [...siblings(index, middle, stop), [start, middle]];
}

/** Largest power of two below n > 1. @param {bigint} n */
const split = (n) => 1n << BigInt((n - 1n).toString(2).length - 1);

/**
 * Root of the subtree of leaves start … stop−1, from the highest tiles that hold it whole.
 * @param {bigint} start @param {bigint} stop @param {bigint} size @param {Read} read @returns {Promise<Uint8Array>}
 */
async function hashRange(start, stop, size, read) {
  const count = stop - start;
  if (count > 1n && count & (count - 1n)) {
    const middle = start + split(count);
    const halves = await Promise.all([hashRange(start, middle, size, read), hashRange(middle, stop, size, read)]);
    return computeRoot(halves);
  }
  const level = BigInt(Math.floor((count.toString(2).length - 1) / 8));
  const first = start >> (8n * level);
  const tile = at(String(level), first, size);
  const raw = await read(tile);
  if (raw.length < tile.width * HASH) throw new Incomplete(`${path(tile)} is too short`);
  const from = Number(first % WIDTH);
  const items = Array.from({ length: Number(count >> (8n * level)) }, (_, item) =>
    raw.slice((from + item) * HASH, (from + item + 1) * HASH),
  );
  return computeRoot(items);
}
