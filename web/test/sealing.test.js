/** The voter's client makes every sealed ballot, tracker and record of the vectors, byte for byte, and refuses their twins. */
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { check } from '../src/ballot.js';
import { hex, utf8 } from '../src/bytes.js';
import { Credential, FIRST } from '../src/credential.js';
import { Malformed, Rejected } from '../src/errors.js';
import { decode, encode } from '../src/records.js';
import { draw } from '../src/secrets.js';
import { contestOf, contextOf, every, outcome, unhex } from './vectors.js';

const { getRandomValues } = crypto;
const BLINDING = 16; // bytes that the library takes for each secret multiple, which no result shows

/** Run with these bytes in place of the system's randomness; all of them must be taken. @template T @param {Uint8Array} random @param {() => T} run */
function given(random, run) {
  let rest = random;
  const source = mock.method(crypto, 'getRandomValues', (/** @type {Uint8Array} */ buffer) => {
    if (buffer.length === BLINDING) return getRandomValues.call(crypto, buffer);
    assert.ok(rest.length >= buffer.length, 'more randomness is asked for than is given');
    buffer.set(rest.subarray(0, buffer.length));
    rest = rest.subarray(buffer.length);
    return buffer;
  });
  try {
    const made = run();
    assert.equal(rest.length, 0, 'less randomness is asked for than is given');
    return made;
  } finally {
    source.mock.restore();
  }
}

/** @param {any} v */
function judge(v) {
  const context = contextOf(v);
  const { prepared, record } = given(unhex(v.random), () => {
    const voter = new Credential(unhex(v.k));
    const prepared = voter.seal(context, unhex(v.key), contestOf(v), v.style, v.choice);
    return { prepared, record: v.act === 'cast' ? voter.cast(context, prepared, unhex(v.prev)) : voter.challenge(context, prepared, unhex(v.prev)) };
  });
  const made = [encode(prepared.sealed), hex(prepared.tracker), encode(record)];
  if (made.some((each, at) => each !== [v.sealed, v.tracker, v.record][at])) throw new Rejected('differs', '');
}

for (const [title, v, expected] of every('sealing')) {
  test(`sealing, ${title}`, () => {
    assert.equal(outcome(() => judge(v)), expected[0] ?? 'accepted');
    if (!expected.length) check(contextOf(v), unhex(v.key), contestOf(v), v.style, decode(utf8(v.record)), unhex(v.prev));
  });
}

const [[, v]] = every('sealing');
/** @param {Credential} voter */
const seal = (voter) => voter.seal(contextOf(v), unhex(v.key), contestOf(v), v.style, v.choice);

test('sealing twice shares nothing', () => {
  const voter = new Credential(draw(1));
  const parts = [seal(voter), seal(voter)].flatMap(({ sealed, tracker }) => [sealed.R, sealed.P, sealed.proof, sealed.nonce, hex(tracker)]);
  assert.equal(new Set(parts).size, 10);
});

test('a sealed ballot is signed once, and nothing is left of it', () => {
  for (const [act, other] of /** @type {['cast' | 'challenge', 'cast' | 'challenge'][]} */ ([['cast', 'challenge'], ['challenge', 'cast']])) {
    const voter = new Credential(draw(1));
    const prepared = seal(voter);
    const { r } = prepared;
    assert.ok(r.some(Boolean));
    voter[act](contextOf(v), prepared, FIRST);
    assert.deepEqual([r.some(Boolean), prepared.r.length, prepared.choice], [false, 0, []]);
    assert.throws(() => voter[other](contextOf(v), prepared, FIRST), Malformed);
    assert.throws(() => voter[act](contextOf(v), prepared, FIRST), Malformed);
  }
});

test('random bytes are overwritten once they are scalars', () => {
  /** @type {Uint8Array[]} */
  const buffers = [];
  const source = mock.method(crypto, 'getRandomValues', (/** @type {Uint8Array} */ buffer) => {
    if (buffer.length !== BLINDING) buffers.push(buffer);
    return getRandomValues.call(crypto, buffer);
  });
  const voter = new Credential(draw(1));
  voter.cast(contextOf(v), seal(voter));
  source.mock.restore();
  assert.deepEqual(buffers.map(({ length }) => length), [64, 128 + 16, 64]);
  for (const buffer of buffers) assert.equal(buffer.subarray(0, buffer.length & ~63).some(Boolean), false);
});

test('a credential is one scalar between zero and the order', () => {
  for (const k of ['', '00'.repeat(32), 'ff'.repeat(32), '01'.repeat(31), `${'01'.repeat(31)}00`.repeat(2)]) {
    assert.throws(() => new Credential(unhex(k)), Malformed);
  }
});

test('a credential that is forgotten signs nothing', () => {
  const k = draw(1);
  const voter = new Credential(k);
  const prepared = seal(voter);
  voter.forget();
  assert.equal(k.some(Boolean), false);
  assert.throws(() => voter.cast(contextOf(v), prepared), Malformed);
});

test('a challenge shows that another choice was sealed', () => {
  const voter = new Credential(draw(1));
  const honest = voter.challenge(contextOf(v), seal(voter));
  /** @param {any} record */
  const checked = (record) => outcome(() => check(contextOf(v), unhex(v.key), contestOf(v), v.style, record, FIRST));
  assert.equal(checked(honest), 'accepted');
  assert.equal(checked({ ...honest, choice: [v.choice[0] % 5 + 1] }), 'SPL.2');
  assert.equal(checked({ ...honest, choice: [6] }), 'SPL.1');
});
