/** Proofs that the page makes from a board's tiles lead to the roots of RFC 6962 trees. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hex, join, utf8 } from '../src/bytes.js';
import { proveConsistency, proveInclusion, rootAt } from '../src/tiles.js';
import { computeRoot, hashLeaf, rootFromInclusion, rootsFromConsistency } from '../src/tree.js';

const MOST = 66_000;
/** @type {Uint8Array[]} */
const leaves = Array.from({ length: MOST }, (_, index) => hashLeaf(utf8(`entry ${index}`)));
/** @type {Uint8Array[][]} */
const levels = [leaves];
while (levels[levels.length - 1].length >= 256) {
  const below = levels[levels.length - 1];
  const whole = Math.floor(below.length / 256);
  levels.push(Array.from({ length: whole }, (_, tile) => computeRoot(below.slice(tile * 256, tile * 256 + 256))));
}

/** The full tile where the partial one is gone, as boards answer. @param {import('../src/tiles.js').Tile} tile */
const read = async ({ level, number }) => {
  const start = Number(number) * 256;
  return join(...levels[Number(level)].slice(start, start + 256));
};

const SIZES = [1, 2, 255, 256, 257, 511, 512, 700, 65_535, 65_536, 65_537, MOST];

for (const size of SIZES) {
  const root = hex(computeRoot(leaves.slice(0, size)));
  test(`inclusion in ${size}`, async () => {
    for (const index of new Set([0, 1, 255, 256, size >> 1, size - 2, size - 1])) {
      if (index < 0 || index >= size) continue;
      const path = await proveInclusion(BigInt(index), BigInt(size), read);
      assert.equal(hex(rootFromInclusion(BigInt(index), BigInt(size), leaves[index], path)), root, `entry ${index}`);
    }
  });
  for (const old of SIZES.filter((each) => each < size)) {
    test(`from ${old} to ${size}`, async () => {
      const before = await rootAt(BigInt(old), BigInt(size), read);
      const proof = await proveConsistency(BigInt(old), BigInt(size), read);
      const roots = rootsFromConsistency(BigInt(old), BigInt(size), before, proof);
      assert.deepEqual(roots.map(hex), [hex(computeRoot(leaves.slice(0, old))), root]);
    });
  }
}
