/** RFC 6962 trees over SHA-256 (specs/log.md §2). Numbers of leaves are BigInt: sizes reach 2^63 − 1. */
import { sha256 } from './bytes.js';
import { Malformed } from './errors.js';

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** @param {Uint8Array} entry */
export const hashLeaf = (entry) => sha256(LEAF, entry);

/** @param {Uint8Array} left @param {Uint8Array} right */
export const hashNode = (left, right) => sha256(NODE, left, right);

/** @param {bigint} number */
const bits = (number) => (number === 0n ? 0 : number.toString(2).length);

/** @param {bigint} number */
const ones = (number) => number.toString(2).replace(/0/g, '').length;

/** Root of a list of leaf hashes or of equally high subtrees. @param {Uint8Array[]} hashes @returns {Uint8Array} */
export function computeRoot(hashes) {
  if (hashes.length === 0) return sha256(new Uint8Array(0));
  if (hashes.length === 1) return hashes[0];
  const half = 2 ** (bits(BigInt(hashes.length - 1)) - 1);
  return hashNode(computeRoot(hashes.slice(0, half)), computeRoot(hashes.slice(half)));
}

/**
 * Root that an inclusion path leads to (RFC 9162 §2.1.3.2); the caller compares it with the signed one.
 * @param {bigint} index @param {bigint} size @param {Uint8Array} leaf @param {Uint8Array[]} path
 */
export function rootFromInclusion(index, size, leaf, path) {
  if (index < 0n || index >= size) throw new Malformed(`there is no leaf ${index} in a tree of ${size}`);
  const inner = bits(index ^ (size - 1n));
  checkHashes(path, inner + ones(index >> BigInt(inner)));
  return climb(index, leaf, path.slice(0, inner), path.slice(inner));
}

/**
 * Roots of both sizes that a consistency proof leads to (RFC 9162 §2.1.4.2), for 0 < old < size.
 * @param {bigint} old @param {bigint} size @param {Uint8Array} oldRoot @param {Uint8Array[]} proof
 * @returns {[Uint8Array, Uint8Array]}
 */
export function rootsFromConsistency(old, size, oldRoot, proof) {
  if (old <= 0n || old >= size) throw new Malformed(`there is no consistency proof between ${old} and ${size}`);
  const shift = BigInt(bits(old & -old) - 1);
  const last = (old - 1n) >> shift;
  const inner = bits(last ^ ((size - 1n) >> shift));
  const seed = last === 0n ? 0 : 1;
  checkHashes(proof, seed + inner + ones(last >> BigInt(inner)));
  const first = seed ? proof[0] : oldRoot;
  const beside = proof.slice(seed, seed + inner);
  const border = proof.slice(seed + inner);
  const before = beside.filter((_, level) => (last >> BigInt(level)) & 1n);
  const old_ = [...before, ...border].reduce((root, left) => hashNode(left, root), first);
  return [old_, climb(last, first, beside, border)];
}

/**
 * Where the paths to the leaf and to the last leaf run together the sibling is always on the left: the border.
 * @param {bigint} index @param {Uint8Array} root @param {Uint8Array[]} beside @param {Uint8Array[]} border
 */
function climb(index, root, beside, border) {
  const inner = beside.reduce(
    (below, sibling, level) => ((index >> BigInt(level)) & 1n ? hashNode(sibling, below) : hashNode(below, sibling)),
    root,
  );
  return border.reduce((below, left) => hashNode(left, below), inner);
}

/** @param {Uint8Array[]} proof @param {number} length */
function checkHashes(proof, length) {
  if (proof.length !== length || proof.some((hash) => hash.length !== 32)) {
    throw new Malformed(`this proof has ${length} hashes of 32 bytes; ${proof.length} were given`);
  }
}

