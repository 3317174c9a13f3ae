/** Second shares of the vectors are read and joined, and what does not hold is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base64, utf8 } from '../src/bytes.js';
import { Credential } from '../src/credential.js';
import { joinShares, readShare } from '../src/share.js';
import { deriveShare, drawSeed } from '../src/sheet.js';
import { unhex, vectors } from './vectors.js';

const { shares, sheets } = vectors('keysheet');

for (const { name, file, holds } of shares) {
  test(name, () => {
    if (holds) assert.equal(base64(readShare(utf8(file)).key), file.split('\n')[3]);
    else assert.throws(() => readShare(utf8(file)));
  });
}

test('a sheet and its share are one credential, and no other sheet is', () => {
  const whole = shares.find((/** @type {any} */ each) => each.holds).file;
  const share = () => readShare(utf8(whole));
  const fits = sheets.map((/** @type {any} */ sheet) => {
    const k1 = deriveShare(share().election, unhex(sheet.seed));
    try {
      return base64(new Credential(joinShares(share().election, k1, share())).key) === whole.split('\n')[3];
    } catch {
      return false;
    }
  });
  assert.ok(fits.includes(true), 'no sheet of the vectors fits');
  const k1 = deriveShare('another', unhex(sheets[0].seed));
  assert.throws(() => joinShares('another', k1, share()), /another key sheet/);
  assert.throws(() => joinShares(share().election, deriveShare(share().election, drawSeed()), share()), /another key sheet/);
});
