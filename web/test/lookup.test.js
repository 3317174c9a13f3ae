/** Codes as people type them, and hints as boards give them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base32, hex, sha256, utf8 } from '../src/bytes.js';
import { ballots, credentials, distance, foreignLetters, head, nearMisses, readLink, tidyCode, tidyTracker } from '../src/lookup.js';
import { decode, encode, isBlob, shown, trackerOf } from '../src/records.js';
import { outcome, unhex, vectors } from './vectors.js';

const lookup = vectors('lookup');
for (const v of lookup.trackers) {
  test(`tracking code ${v.code}`, () => assert.equal(shown(unhex(v.tracker)), v.code));
}
for (const v of lookup.credentials) {
  test(`group of ${v.code}`, () => assert.equal(hex(sha256(utf8(v.code))).slice(0, v.prefix.length), v.prefix));
}
for (const v of lookup.records) {
  test(`tracker: ${v.comment}`, () => {
    assert.equal(hex(trackerOf(decode(utf8(v.record)).sealed, unhex(v.manifest))), v.tracker);
  });
}
test('what is not canonical is refused', () => {
  for (const bent of ['{"b":1,"a":2}', '{"a": 1}', '{"a":1.0}', '{"a":1,"a":1}', '{"a":"\\u0041"}', '[', 'null', '1', '{"a":1}\n']) {
    assert.equal(outcome(() => decode(utf8(bent))), 'malformed', bent);
  }
  assert.equal(encode({ b: [1, { d: 'ө', c: null }], a: '"\n' }), '{"a":"\\"\\n","b":[1,{"c":null,"d":"ө"}]}');
});

for (const v of lookup.typed) {
  test(`typed ${v.typed}`, () => {
    assert.equal(tidyCode(v.typed), v.tidy);
    assert.equal(foreignLetters(v.tidy), v.foreign);
  });
}

test('people type with blanks, in small letters, and misread digits', () => {
  assert.equal(tidyCode(' c00-007 '), 'C00007');
  assert.equal(tidyTracker('7qk4 o018'), '7QK4OOIB');
});

test('a link or a bare pair is read, nothing else', () => {
  const pair = { code: 'C00007', tracker: '7QK4AB' };
  assert.deepEqual(readLink('https://board.example/r/ky#C00007.7QK4AB'), pair);
  assert.deepEqual(readLink('c00007.7qk4ab'), pair);
  for (const other of ['', '#', 'https://board.example/', 'C00007', 'C00007.7QK4A', 'C00007.7QK4A1', 'C0.7QK4AB', `C00007.${'A'.repeat(27)}`]) {
    assert.equal(readLink(other), null, other);
  }
});

test('near misses', () => {
  assert.equal(distance('ABCDEF', 'ABCDEF'), 0);
  assert.equal(distance('ABCDEF', 'ABDCEF'), 1);
  assert.equal(distance('ABCDEF', 'BCDEF'), 1);
  assert.equal(distance('ABCDEF', 'UVWXYZ'), 6);
  const codes = ['ABCDEFGH', 'ABDCEFGH', 'ABCDXXGH', 'ZZZZZZZZ', 'ABCDEFGH'];
  assert.deepEqual(nearMisses('ABCDEF', codes), ['ABCDEFGH', 'ABDCEFGH', 'ABCDXXGH']);
});

const EMPTY = { ballots: 0, credentials: 0, freeze: null, size: 9 };
for (const v of lookup.rows) {
  test(`a row: ${v.comment}`, async () => {
    const given = ballots(async () => utf8(`[${v.row}]`), EMPTY, '7QBNGK');
    if (v.taken) assert.deepEqual(await given, [JSON.parse(v.row)]);
    else await assert.rejects(given);
  });
}

test('hints that are not understood are not used', async () => {
  const answers = new Map([
    ['lookup/head', '{"ballots":0,"credentials":0,"freeze":null,"size":-1}'],
    ['lookup/credentials/-', '[{"ballots":["1"],"code":"C1","key":"","override":null,"register":1}]'],
  ]);
  /** @type {import('../src/board.js').Fetch} */
  const fetch = async (name) => utf8(answers.get(name) ?? '');
  await assert.rejects(head(fetch));
  await assert.rejects(credentials(fetch, EMPTY, 'C1'));
  assert.deepEqual(await credentials(async () => utf8('[]'), EMPTY, 'C1'), []);
});

test('a code may stand in the registers of several commissions', async () => {
  const rows = ['C1', 'C1', 'C2'].map((code, register) => ({ ballots: [], code, key: '', override: null, register }));
  const found = await credentials(async () => utf8(JSON.stringify(rows)), EMPTY, 'C1');
  assert.deepEqual(found, rows.slice(0, 2));
});

test('a blob is what its record names', () => {
  const data = utf8('data');
  const named = { length: 4, sha256: btoa(String.fromCharCode(...sha256(data))) };
  assert.deepEqual([isBlob(named, data), isBlob(named, utf8('date')), isBlob({ ...named, length: 5 }, data)], [true, false, false]);
  assert.equal(base32(Uint8Array.of(255)), '74');
});
