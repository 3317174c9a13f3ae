/** Builds the voter's app into the package that serves it, for phones since Chrome 87 and Safari 14 (specs/app.md §1). */
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { faces, fonts } from './fonts.js';
import { LANGUAGES, PAGES, render, renderIndex, words, wordsFile, wordsScript } from './pages.js';

const OUT = process.argv[2] ?? '../bulletin/http/built/app';
/** Each script, by its file: where it begins, and as what a part is known to the page that loads it. @type {{[file: string]: [source: string, global?: string]}} */
const SCRIPTS = {
  'index.js': ['src/index.js'],
  'receipt.js': ['src/page.js'],
  'vote.js': ['src/vote/page.js'],
  'check.js': ['src/check/page.js'],
  'ml-dsa.js': ['src/parts/ml-dsa.js', 'aikyn_mlDsa'],
  'camera.js': ['src/parts/camera.js', 'aikyn_camera'],
};

/** @param {string} file @param {string | Uint8Array} data */
function write(file, data) {
  mkdirSync(dirname(`${OUT}/${file}`), { recursive: true });
  writeFileSync(`${OUT}/${file}`, data);
}

/** @param {string} file */
const seal = (file) => `sha256-${createHash('sha256').update(readFileSync(`${OUT}/${file}`)).digest('base64')}`;

rmSync(OUT, { recursive: true, force: true });
for await (const [name, data] of fonts()) write(name, data);
write('page.css', readFileSync('../bulletin/http/templates/page.css', 'utf8') + faces());
for (const [file, [source, globalName]] of Object.entries(SCRIPTS)) {
  await build({
    entryPoints: [source],
    outfile: `${OUT}/${file}`,
    bundle: true,
    minify: true,
    format: 'iife', // what a module imports has no integrity in the browsers of 2020
    globalName,
    target: 'es2020',
    charset: 'utf8',
    legalComments: 'inline',
    logLevel: 'warning',
  });
}
for (const [page, { words: name }] of Object.entries(PAGES)) {
  for (const language of LANGUAGES) write(wordsFile(page, language), wordsScript(words(name, language)));
  for (const language of LANGUAGES) write(`${language}/${page}.html`, render(page, language, seal));
}
write('index.html', renderIndex(seal));
