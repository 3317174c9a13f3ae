/** Signed refusals, as the vectors judge them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hex, sha256, utf8 } from '../src/bytes.js';
import { Incomplete } from '../src/errors.js';
import { decodeKey } from '../src/note.js';
import { checkRefusal, decodeRefusal } from '../src/refusal.js';
import { outcome, unhex, vectors } from './vectors.js';

const { log, accepted, rejected } = vectors('refusal');
const key = decodeKey(log);

/** @param {any} vector */
function judge({ refusal, data }) {
  const told = decodeRefusal(utf8(refusal));
  checkRefusal(told, { origin: key.name, keys: [key], policy: /** @type {any} */ (null) });
  if (data === undefined) return;
  const [kind, shown] = told.refused.split(' ');
  const digest = kind === 'blob' ? sha256(unhex(data)) : sha256(Uint8Array.of(0), unhex(data));
  if (hex(digest) !== shown) throw new Incomplete('about another');
}

for (const vector of accepted) test(vector.name, () => assert.equal(outcome(() => judge(vector)), 'accepted'));
for (const vector of rejected) test(vector.name, () => assert.equal(outcome(() => judge(vector)), vector.expect));
