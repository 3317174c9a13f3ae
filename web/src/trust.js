/** Trust sheets: the log's keys, its witnesses and the manifest, as an auditor has them (specs/verification.md §2). */
import { fromBase64 } from './bytes.js';
import { Incomplete, Malformed } from './errors.js';
import { decode as decodePolicy } from './policy.js';

const HEADER = 'aikyn/1 trust';

/** @typedef {import('./receipt.js').Trust & {manifest: string}} Trust `manifest` is a SHA-256 in hexadecimal, "" if the sheet has none */

/**
 * Read a trust sheet. Roots and the verifier's digest are for auditors: a page looks at no certificate.
 * @param {Uint8Array} raw @returns {Trust}
 */
export function decode(raw) {
  const [first, ...lines] = new TextDecoder('utf-8', { ignoreBOM: true }).decode(raw).replace(/\r\n/g, '\n').split('\n');
  const header = first.replace(/^[ \t]+|[ \t]+$/g, '');
  if (header !== HEADER) {
    if (header.endsWith(' trust')) throw new Incomplete(`this page knows ${HEADER}, the sheet begins with ${header}`);
    throw new Malformed(`a trust sheet begins with the line ${HEADER}`);
  }
  /** @type {{[word: string]: string[]}} */
  const own = { manifest: [], verifier: [], app: [], root: [] };
  const rest = lines.map((line) => {
    const [, word, value] = /^ *([^ ]*) *(.*?) *$/s.exec(line.replace(/\t/g, ' ')) ?? [];
    if (!Object.keys(own).includes(word)) return line;
    own[word].push(value);
    return `#${line}`;
  });
  own.root.forEach(fromBase64);
  const [manifest, ...others] = [own.manifest, own.verifier, own.app].map((each) => each.map((digest) => digest.replace(/ /g, '').toLowerCase()));
  if ([manifest, ...others].some((each) => each.length > 1) || ![manifest, ...others].flat().every((each) => /^[0-9a-f]{64}$/.test(each))) {
    throw new Malformed('a trust sheet has one manifest, one verifier and one app at most, each a SHA-256');
  }
  const witnessed = rest.some((line) => /^[ \t]*quorum([ \t]|$)/.test(line));
  const policy = decodePolicy([...rest, ...(witnessed ? [] : ['quorum none'])].join('\n'));
  const origins = new Set(policy.logs.map(({ name }) => name));
  if (origins.size !== 1) throw new Malformed('a trust sheet has one log, by one or more keys of the same name');
  return { origin: policy.logs[0].name, keys: policy.logs, policy, manifest: manifest[0] ?? '' };
}
