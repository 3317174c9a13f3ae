/** The key of the election is checked as the specification's vectors say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '../src/bytes.js';
import { check } from '../src/opening.js';
import { outcome, unhex, vectors } from './vectors.js';

for (const v of vectors('opening').answers) {
  test(`opening: ${v.comment}`, () => {
    const manifest = { trustees: v.trustees, least_trustees: v.least };
    const found = () => check(utf8(v.answer), manifest, unhex(v.digest));
    assert.equal(outcome(found), v.result);
    if (v.result === 'accepted') assert.deepEqual(found().without, v.left);
  });
}
