/** Bytes and their spellings. Every reader accepts the one spelling that would be written. */
import { sha256 as hash } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { Malformed } from './errors.js';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export const join = concatBytes;
export const hex = bytesToHex;
export const utf8 = utf8ToBytes;

/** SHA-256 of the joined parts. @param {...Uint8Array} parts */
export const sha256 = (...parts) => hash(parts.length === 1 ? parts[0] : join(...parts));

/** @param {Uint8Array} a @param {Uint8Array} b */
export const equal = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);

/** Strict UTF-8. @param {Uint8Array} raw */
export function text(raw) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    throw new Malformed('this is not UTF-8 text');
  }
}

/** Standard padded base64. @param {Uint8Array} raw */
export const base64 = (raw) => btoa(Array.from(raw, (byte) => String.fromCharCode(byte)).join(''));

/** Read standard padded base64 in its one spelling. @param {string} shown */
export function fromBase64(shown) {
  let plain;
  try {
    plain = atob(shown);
  } catch {
    throw new Malformed('this is not base64');
  }
  const raw = Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  if (base64(raw) !== shown) throw new Malformed('this base64 has a second spelling');
  return raw;
}

/** base32 without padding (RFC 4648). @param {Uint8Array} raw */
export function base32(raw) {
  let shown = '';
  for (let bit = 0; bit < raw.length * 8; bit += 5) {
    const pair = (raw[bit >> 3] << 8) | (raw[(bit >> 3) + 1] ?? 0);
    shown += BASE32[(pair >> (11 - (bit & 7))) & 31];
  }
  return shown;
}
