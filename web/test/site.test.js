/** What stands beside the app: the trust sheet, as the specification's vectors have it, and the addresses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hex, sha256, utf8 } from '../src/bytes.js';
import { open } from '../src/site.js';
import { decode } from '../src/trust.js';
import { outcome, unhex, vectors } from './vectors.js';

for (const v of vectors('trust').sheets) {
  test(`trust sheet: ${v.comment}`, () => {
    const raw = v.hex ? unhex(v.hex) : utf8(v.sheet);
    assert.equal(outcome(() => decode(raw)), v.result);
    if (v.result !== 'accepted') return;
    const { origin, keys, policy, manifest } = decode(raw);
    const witnesses = policy.quorum === 'none' ? null : [...policy.witnesses.values()].map(({ name }) => name);
    const { origin: said, log_keys, witnesses: seen, manifest: digest } = v.says;
    assert.deepEqual([origin, keys.map((key) => hex(key.public)), witnesses, manifest || null], [said, log_keys, seen, digest]);
  });
}

const LOG = 'log board.example/tests+2e74054a+AZ7kt0EvlDgtfqIMnDVBFJd6Yb62Pr1AetNM7UlAvLX4';
const MANIFEST = '{"telephone":"0","type":"manifest"}';
const RIGHT = {
  'trust.txt': `aikyn/1 trust\n${LOG}\nmanifest ${hex(sha256(utf8(MANIFEST)))}\n`,
  'manifest.json': MANIFEST,
  'site.json': '{"board":"https://board.example","check":"","mirrors":["https://m.example","http://127.0.0.1:8090"],"practice":""}',
};

/** @param {{[name: string]: string | null}} bent */
const site = (bent) =>
  open(async (name) => {
    const found = /** @type {{[name: string]: string | null}} */ ({ ...RIGHT, ...bent })[name];
    return found === null ? null : utf8(found);
  });

test('the three files of an election', async () => {
  const { trust, manifest, addresses } = await site({});
  assert.deepEqual([trust.origin, manifest.telephone, addresses.board], ['board.example/tests', '0', 'https://board.example']);
});

test('an address for practising', async () => {
  const told = RIGHT['site.json'].replace('"practice":""', '"practice":"https://practice.example"');
  assert.equal((await site({ 'site.json': told })).addresses.practice, 'https://practice.example');
});

/** @type {[string, {[name: string]: string | null}][]} */
const BENT = [
  ['no sheet', { 'trust.txt': null }],
  ['a sheet without a manifest', { 'trust.txt': `aikyn/1 trust\n${LOG}\n` }],
  ['another manifest', { 'manifest.json': '{"telephone":"1","type":"manifest"}' }],
  ['addresses that are not canonical', { 'site.json': ` ${RIGHT['site.json']}` }],
  ['an address with a path', { 'site.json': RIGHT['site.json'].replace('board.example', 'board.example/x') }],
  ['an address of another kind', { 'site.json': RIGHT['site.json'].replace('https://board', 'javascript:board') }],
  ['another member', { 'site.json': RIGHT['site.json'].replace('}', ',"telephone":"1"}') }],
  ['a member less', { 'site.json': RIGHT['site.json'].replace(',"practice":""', '') }],
  ['a practice address that is none', { 'site.json': RIGHT['site.json'].replace('"practice":""', '"practice":"https://p.example/en"') }],
  ['no list of mirrors', { 'site.json': '{"board":"https://board.example","check":"","mirrors":"","practice":""}' }],
];
for (const [comment, bent] of BENT) test(comment, () => assert.rejects(site(bent)));
