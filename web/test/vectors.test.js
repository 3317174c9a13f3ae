/** The page's own verifier agrees with the specification on every vector, accepted and rejected. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equal, hex, utf8 } from '../src/bytes.js';
import { checkCosignatures, checkLogSignature, decode as decodeCheckpoint, encodeBody } from '../src/checkpoint.js';
import { Rejected } from '../src/errors.js';
import { checkSignature, decode as decodeNote, decodeKey, encode as encodeNote, matchingLines } from '../src/note.js';
import { decode as decodePolicy, isQuorum, overlap } from '../src/policy.js';
import { carry, check as checkReceipt, decode as decodeReceipt } from '../src/receipt.js';
import { at, decodeBundle, path as tilePath } from '../src/tiles.js';
import { computeRoot, hashLeaf, rootFromInclusion, rootsFromConsistency } from '../src/tree.js';
import { outcome, unhex, vectors } from './vectors.js';

/** @param {boolean} holds */
const require = (holds) => {
  if (!holds) throw new Rejected('rejected', '');
};

const tree = vectors('tree');
for (const [size, root] of tree.roots.entries()) {
  test(`tree of ${size}`, () => {
    assert.equal(hex(computeRoot(tree.entries.slice(0, size).map((/** @type {string} */ entry) => hashLeaf(unhex(entry))))), root);
  });
}
for (const v of tree.inclusion) {
  test(`inclusion: ${v.comment}`, () => {
    const found = () =>
      rootFromInclusion(BigInt(v.index), BigInt(v.size), unhex(v.leaf_hash), v.path.map(unhex));
    assert.equal(outcome(() => require(equal(found(), unhex(v.root)))), v.result);
  });
}
for (const v of tree.consistency) {
  test(`consistency: ${v.comment}`, () => {
    const check = () => {
      const old = unhex(v.old_root);
      const [before, after] = rootsFromConsistency(BigInt(v.old), BigInt(v.size), old, v.proof.map(unhex));
      require(equal(before, old) && equal(after, unhex(v.root)));
    };
    assert.equal(outcome(check), v.result);
  });
}

const note = vectors('note');
for (const v of note.notes) {
  test(`note: ${v.comment}`, () => {
    const key = decodeKey(v.key ?? note.key);
    const check = () => {
      const opened = decodeNote(utf8(v.note));
      assert.deepEqual(encodeNote(opened), utf8(v.note));
      const lines = matchingLines(opened, [key]);
      require(lines.length > 0);
      for (const [, line] of lines) checkSignature('rejected', key, opened.text, line.blob);
    };
    assert.equal(outcome(check), v.result);
  });
}
for (const v of note.keys) {
  test(`key: ${v.comment}`, () => assert.equal(outcome(() => decodeKey(v.vkey)), v.result));
}

const checkpoint = vectors('checkpoint');
const log = decodeKey(checkpoint.log);
const witnesses = checkpoint.witnesses.map(decodeKey);
for (const v of checkpoint.checkpoints) {
  test(`checkpoint: ${v.comment}`, () => {
    const check = () => {
      const signed = decodeCheckpoint(utf8(v.note));
      assert.deepEqual(encodeBody(signed), signed.note.text);
      checkLogSignature('log rejected', signed, log.name, [log]);
      const times = checkCosignatures('witness rejected', signed, witnesses).map(({ time }) => Number(time));
      assert.deepEqual(times, v.times);
    };
    assert.equal(outcome(check), v.result);
  });
}

const policy = vectors('policy');
const voices = policy.witnesses.map(decodeKey);
for (const v of policy.policies) {
  test(`policy: ${v.comment}`, () => {
    assert.equal(outcome(() => decodePolicy(v.policy)), v.result);
    if (v.result !== 'accepted') return;
    const trust = decodePolicy(v.policy);
    /** @param {number[]} numbers */
    const holds = (numbers) => isQuorum(trust, numbers.map((number) => voices[number - 1]));
    assert.equal(overlap(trust), v.overlap);
    assert.deepEqual([v.quorums.map(holds), v.not_quorums.map(holds)], [v.quorums.map(() => true), v.not_quorums.map(() => false)]);
  });
}

const receipt = vectors('receipt');
for (const v of receipt.receipts) {
  const trusted = decodePolicy(v.policy ?? receipt.policy);
  const trust = { origin: receipt.origin, keys: trusted.logs, policy: trusted };
  test(`receipt: ${v.comment}`, () => {
    const check = () => checkReceipt(decodeReceipt(utf8(v.receipt)), hashLeaf(unhex(v.entry)), trust);
    assert.equal(outcome(check), v.result);
  });
}

test('a receipt carries its entry, once', () => {
  const [{ entry, receipt: raw }] = receipt.receipts;
  const once = carry(utf8(raw), unhex(entry));
  assert.deepEqual(decodeReceipt(once), { ...decodeReceipt(utf8(raw)), extra: unhex(entry) });
  assert.deepEqual(carry(once, unhex(entry)), once);
});

const tiles = vectors('tiles');
for (const [level, number, width, shown] of tiles.paths) {
  test(`path of a tile: ${shown}`, () => assert.equal(tilePath({ level, number: BigInt(number), width }), shown));
}
for (const { size, tiles: all } of tiles.trees) {
  test(`tiles of a tree of ${size}`, () => {
    const levels = ['entries', ...Array(8).keys()];
    const found = levels.flatMap((level) => {
      const items = BigInt(size) >> BigInt(8 * Number(level === 'entries' ? 0 : level));
      const starts = Array.from({ length: Math.ceil(Number(items) / 256) }, (_, tile) => BigInt(tile * 256));
      return starts.map((index) => tilePath(at(String(level), index, BigInt(size))));
    });
    assert.deepEqual(found.sort(), [...all].sort());
  });
}
for (const v of tiles.bundles) {
  test(`bundle: ${v.comment}`, () => {
    const check = () => assert.deepEqual(decodeBundle(unhex(v.bundle), v.width).map(hex), v.result);
    assert.equal(outcome(check), Array.isArray(v.result) ? 'accepted' : v.result);
  });
}
