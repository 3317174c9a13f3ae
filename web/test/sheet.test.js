/** Key sheets and applications agree with the specification, byte for byte (specs/keysheet.md). */
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { apply, check, decode, encode } from '../src/application.js';
import { hex, utf8 } from '../src/bytes.js';
import { checkDigit } from '../src/damm.js';
import { Malformed, Rejected } from '../src/errors.js';
import { G, decodeScalars, packPoints, secretTimes } from '../src/group.js';
import { Mistyped, codeOf, deriveShare, drawSeed, linesOf, readSheet, slipsOf } from '../src/sheet.js';
import { isPractice, practiceKey } from '../src/practice.js';
import { unhex, vectors } from './vectors.js';

const file = vectors('keysheet');

const { getRandomValues } = crypto;

for (const v of file.practice) {
  test(`practice key: ${v.name}`, () => {
    const { code, seed } = practiceKey(v.election, v.number);
    assert.deepEqual([code, hex(seed), linesOf(seed), hex(keyOf(deriveShare(v.election, seed)))], [v.code, v.seed, v.lines, v.K1]);
  });
}

test('other numbers and other elections have no practice keys', () => {
  for (const number of [0, -1, 1.5, 100_000, NaN]) assert.throws(() => practiceKey('practice-tales', number), Malformed);
  for (const election of ['village-2027', 'practice', 'a-practice-tales']) {
    assert.equal(isPractice({ election }), false);
    assert.throws(() => practiceKey(election, 1), Malformed);
  }
});

/** Inside, the nonce is made of these bytes; the library's own randomness stays. @template T @param {Uint8Array} random @param {() => T} work */
function given(random, work) {
  const source = mock.method(crypto, 'getRandomValues', (/** @type {Uint8Array} */ buffer) => {
    if (buffer.length !== random.length) return getRandomValues.call(crypto, buffer);
    buffer.set(random);
    return buffer;
  });
  try {
    return work();
  } finally {
    source.mock.restore();
  }
}

/** @param {Uint8Array} k1 */
const keyOf = (k1) => packPoints(decodeScalars(k1).map((k) => secretTimes(k, G)));

for (const v of file.sheets) {
  test(`sheet: ${v.name}`, () => {
    const seed = unhex(v.seed);
    assert.deepEqual([linesOf(seed), codeOf(seed)], [v.lines, v.qr]);
    assert.equal(v.lines.map((/** @type {string} */ line) => line.slice(0, 13)).join(''), v.digits);
    const k1 = deriveShare(v.election, seed);
    assert.deepEqual([hex(k1), hex(keyOf(k1))], [v.k1, v.K1]);
    assert.deepEqual([readSheet(v.qr), readSheet(v.lines.join('\n'))], [seed, seed]);
  });
}

for (const v of file.typed) {
  test(`typed: ${v.name}`, () => assert.equal(hex(readSheet(v.typed)), v.seed));
}

for (const v of file.mistyped) {
  test(`mistyped: ${v.name}`, () => assert.deepEqual(slipsIn(v.typed), v.slips));
}

/** @param {string} typed */
function slipsIn(typed) {
  try {
    readSheet(typed);
  } catch (error) {
    if (error instanceof Mistyped) return error.slips;
    throw error;
  }
  return [];
}

test('every changed digit and every exchange is found in its line, of 20 drawn sheets', () => {
  for (let drawn = 0; drawn < 20; drawn++) {
    const seed = drawSeed();
    const lines = linesOf(seed);
    assert.deepEqual(readSheet(lines.join('\n')), seed);
    for (const [at, line] of lines.entries()) {
      for (const bent of twins(line)) {
        assert.deepEqual(slipsIn(lines.map((each, number) => (number === at ? bent : each)).join('\n')), [[at + 1, 'check']]);
        assert.deepEqual(slipsOf(bent, at + 1), [[at + 1, 'check']]);
      }
      assert.deepEqual(slipsOf(` ${line} `, at + 1), []);
    }
  }
});

/** A line with one digit changed or two neighbours exchanged. @param {string} line */
function twins(line) {
  const all = [...line].flatMap((digit, at) => [
    ...[...'0123456789'].map((other) => line.slice(0, at) + other + line.slice(at + 1)),
    ...(at + 1 < line.length ? [line.slice(0, at) + line[at + 1] + digit + line.slice(at + 2)] : []),
  ]);
  return all.filter((bent) => bent !== line);
}

test("Damm's check digit ends every string in 0", () => {
  for (const digits of ['', '0', '572', '1234567890123']) assert.equal(checkDigit(`${digits}${checkDigit(digits)}`), 0);
  assert.equal(checkDigit('572'), 4);
});

for (const v of file.applications) {
  test(`application: ${v.name}`, () => {
    const { election, commission, style, words } = v;
    const asked = { election, commission, style, words, manifest: unhex(v.manifest) };
    const k1 = deriveShare(election, unhex(v.seed));
    assert.equal(given(unhex(v.random), () => apply(asked, k1)), v.file);
    const read = decode(utf8(v.file));
    assert.deepEqual(read, { ...asked, credential: unhex(v.K1), proof: unhex(v.proof) });
    assert.equal(encode(read), v.file);
    check(read);
    const afresh = apply(asked, k1);
    assert.notEqual(afresh, v.file);
    check(decode(utf8(afresh)));
    assert.deepEqual(k1, deriveShare(election, unhex(v.seed)));
  });
}

for (const v of file.saved) {
  test(`application, ${v.name}`, () => {
    const read = decode(utf8(v.file));
    assert.equal(encode(read), file.applications[0].file);
    check(read);
  });
}

for (const v of file.rejected) {
  test(`application refused: ${v.name}`, () => assert.equal(judge(utf8(v.file)), v.expect));
}

/** @param {Uint8Array} raw */
function judge(raw) {
  try {
    check(decode(raw));
  } catch (error) {
    if (error instanceof Rejected) return error.id;
    if (error instanceof Malformed) return `malformed ${/** @type {Malformed & {line: number}} */ (error).line}`;
    throw error;
  }
  return '';
}

test('what cannot stand in an application is not written', () => {
  const asked = { election: 'village-2027', manifest: new Uint8Array(0), commission: '', style: '', words: 'two\nlines' };
  assert.throws(() => apply(asked, deriveShare('village-2027', drawSeed())), Malformed);
  assert.throws(() => apply({ ...asked, words: '' }, new Uint8Array(32)), Malformed);
});

test('bytes that are no text are refused', () => {
  for (const raw of [new Uint8Array(40).fill(0xff), new Uint8Array(0)]) assert.equal(judge(raw), 'malformed 1');
});
