/** Applications for a credential: what a voter hands in, with a proof of the key (specs/keysheet.md §5–6). */
import { base64, equal, fromBase64, hex, sha256, text, utf8 } from './bytes.js';
import { Malformed, Rejected } from './errors.js';
import { G, IDENTITY, SIZE, decodePoints, decodeScalars, packPoints, packScalars, reduce, secretTimes, times } from './group.js';
import { draw, wipe } from './secrets.js';
import { Reader, Writer } from './transcript.js';

/**
 * What is applied for; '' and no bytes where something is not said.
 * @typedef {{election: string, manifest: Uint8Array, commission: string, style: string, words: string}} Asked
 * @typedef {Asked & {credential: Uint8Array, proof: Uint8Array}} Application `credential` is K1
 */

const HEADER = 'aikyn/1 application';
const NAME = 'application'; // of the proof
const FIELDS = ['election', 'manifest', 'commission', 'style', 'words', 'credential', 'proof'];
const MOST = 1 << 14; // bytes
const MOST_WORDS = 1000;
const ID = /^[a-z0-9-]{1,40}$/;

/** The application's file, of the holder of k1. @param {Asked} asked @param {Uint8Array} k1 32 bytes, which stay with the caller */
export function apply(asked, k1) {
  const nonce = draw(1);
  const [[k], [t]] = [k1, nonce].map(decodeScalars);
  wipe(nonce);
  const T = packPoints([secretTimes(t, G)]);
  const credential = packPoints([secretTimes(k, G)]);
  if (equal(T, IDENTITY) || equal(credential, IDENTITY)) throw new Malformed('a key or a nonce is zero');
  const said = { ...asked, credential };
  const writer = begin(new Writer(NAME, asked, '', ''), said);
  writer.write('T', T);
  const z = writer.challenge('z');
  writer.write('s', packScalars([reduce(t + z * k)]));
  const file = encode({ ...said, proof: writer.proof() });
  decode(utf8(file));
  return file;
}

/** @param {Application} said */
export const encode = (said) => `${textOf(said)}proof ${base64(said.proof)}\n`;

/** Read an application as programs save it; `line` of what is thrown says where it is wrong. @param {Uint8Array} raw @returns {Application} */
export function decode(raw) {
  if (raw.length > MOST) throw wrong(1);
  const [header, ...lines] = linesOf(raw);
  if (header !== HEADER) throw wrong(1);
  /** @type {{[name: string]: string}} */
  const said = {};
  for (const [at, name] of FIELDS.entries()) {
    const [label, ...rest] = (lines[at] ?? '').split(' ');
    said[name] = trim(rest.join(' '));
    if (label !== name || !isValue(name, said[name])) throw wrong(at + 2);
  }
  if (lines.length > FIELDS.length) throw wrong(FIELDS.length + 2);
  const { election, commission, style, words } = said;
  const manifest = Uint8Array.from(said.manifest.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const [credential, proof] = [said.credential, said.proof].map(fromBase64);
  return { election, manifest, commission, style, words, credential, proof };
}

/** `Rejected` unless its maker knows k1 with K1 = k1 G, and has said so of this text. @param {Application} said */
export function check(said) {
  if ([said.credential, said.proof.slice(0, SIZE)].some((point) => equal(point, IDENTITY))) throw unproved();
  try {
    const [K1] = decodePoints('unproved', said.credential);
    const reader = begin(new Reader(NAME, said, '', '', said.proof, 'unproved'), said);
    const [T] = reader.points('T', 1);
    const z = reader.challenge('z');
    const [s] = reader.scalars('s', 1);
    reader.end();
    if (!times(s, G).equals(T.add(times(z, K1)))) throw unproved();
  } catch (error) {
    throw error instanceof Malformed ? unproved() : error;
  }
}

/** The lines before the proof. @param {Asked & {credential: Uint8Array}} said */
function textOf(said) {
  const values = [said.election, hex(said.manifest), said.commission, said.style, said.words, base64(said.credential)];
  return [HEADER, ...values.map((value, at) => (value ? `${FIELDS[at]} ${value}` : FIELDS[at]))].map((line) => `${line}\n`).join('');
}

/** @template {Writer | Reader} T @param {T} transcript @param {Asked & {credential: Uint8Array}} said */
function begin(transcript, said) {
  transcript.absorb('credential', said.credential);
  transcript.absorb('text', sha256(utf8(textOf(said))));
  return transcript;
}

/** @param {Uint8Array} raw */
function linesOf(raw) {
  let shown;
  try {
    shown = text(raw);
  } catch {
    throw wrong(1);
  }
  return shown.replace(/^\ufeff/, '').replace(/\r\n/g, '\n').replace(/[ \t\n]+$/, '').split('\n').map(trim);
}

/** @param {string} name @param {string} value */
function isValue(name, value) {
  if (name === 'manifest') return /^([0-9a-f]{64})?$/.test(value);
  if (name === 'words') return !/[\u0000-\u001f\u007f-\u009f]/.test(value) && utf8(value).length <= MOST_WORDS;
  if (name === 'credential' || name === 'proof') return isCoded(value, name === 'proof' ? 2 * SIZE : SIZE);
  return (name !== 'election' && value === '') || ID.test(value);
}

/** @param {string} value @param {number} size */
function isCoded(value, size) {
  try {
    return fromBase64(value).length === size;
  } catch {
    return false;
  }
}

/** @param {string} line */
const trim = (line) => line.replace(/^[ \t]+|[ \t]+$/g, '');

/** @param {number} line */
const wrong = (line) => Object.assign(new Malformed(`line ${line} of the application is wrong`), { line });

const unproved = () => new Rejected('unproved', 'the application does not prove its key');
