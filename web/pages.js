/** The app's pages, made from templates and the house's words: the same bytes for every election (specs/app.md §1). */
import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';

/** @typedef {{[key: string]: any}} Table */
/** @typedef {(name: string) => string} Seal the `integrity` of a file of the app */

/**
 * Each page, by the name of its file: the words it speaks, the script it runs, and the parts it may load later.
 * @type {{[page: string]: {words: string, script: string, parts: {[part: string]: string}}}}
 */
export const PAGES = {
  r: { words: 'receipts', script: 'receipt.js', parts: { mlDsa: 'ml-dsa.js', camera: 'camera.js' } },
  vote: { words: 'vote', script: 'vote.js', parts: { mlDsa: 'ml-dsa.js', camera: 'camera.js' } },
  check: { words: 'check', script: 'check.js', parts: { mlDsa: 'ml-dsa.js', camera: 'camera.js' } },
};
export const LANGUAGES = ['ky', 'ru', 'en'];

/** @param {string} path from the root of the sources */
const read = (path) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

/** A page's words, with how the report writes numbers and days. @param {string} name @param {string} language @returns {Table} */
export function words(name, language) {
  const { form, months } = parse(read(`verifier/desk/words/report.${language}.toml`));
  return { ...parse(read(`bulletin/http/words/${name}.${language}.toml`)), form, months };
}

/** The file of a page's words. @param {string} page @param {string} language */
export const wordsFile = (page, language) => `${page}.${language}.js`;

/** @param {Table} told */
export const wordsScript = (told) => `var aikyn_words=${JSON.stringify(told)};\n`;

/** @param {string} page @param {string} language @param {Seal} seal */
export function render(page, language, seal) {
  const { words: name, script, parts } = PAGES[page];
  const w = words(name, language);
  const own = [wordsFile(page, language), script].map((file) => `<script defer ${address('src', file, seal)}></script>`);
  const later = Object.entries(parts).map(
    ([part, file]) => `<template id="part-${part}"><script ${address('src', file, seal)}></script></template>`,
  );
  const languages = LANGUAGES.map((each) => {
    const { name: called } = words(name, each);
    const current = each === language ? ' aria-current="page"' : '';
    return `<a href="../${each}/${page}.html" lang="${each}" hreflang="${each}"${current}>${escape(called)}</a>`;
  });
  return fillIn(read('web/app/frame.html'), w, {
    styles: style('../', seal),
    languages: languages.join('\n'),
    main: fillIn(read(`web/app/${page}.html`), w, {}).trimEnd(),
    scripts: [...later, ...own].join('\n'),
  });
}

/** The page at the app's root, which leads to the others. @param {Seal} seal */
export function renderIndex(seal) {
  const lines = LANGUAGES.flatMap((language) =>
    Object.entries(PAGES).map(([page, { words: name }]) => {
      const { title } = words(name, language);
      return `<p><a href="${language}/${page}.html" lang="${language}" hreflang="${language}">${escape(title)}</a></p>`;
    }),
  );
  const scripts = `<script defer src="index.js" integrity="${seal('index.js')}"></script>`;
  return fillIn(read('web/app/index.html'), {}, { styles: style('', seal), pages: lines.join('\n'), scripts });
}

/** @param {string} up @param {Seal} seal */
const style = (up, seal) => `<link rel="stylesheet" href="${up}page.css" integrity="${seal('page.css')}">`;

/** @param {string} attribute @param {string} file @param {Seal} seal */
const address = (attribute, file, seal) => `${attribute}="../${file}" integrity="${seal(file)}"`;

/** `{{ w.name }}` is a word, `[[ name ]]` a piece of markup. @param {string} template @param {Table} w @param {{[name: string]: string}} pieces */
function fillIn(template, w, pieces) {
  return template
    .replace(/\{\{ w\.(\w+) \}\}/g, (_, name) => escape(known(w, name)))
    .replace(/\[\[ (\w+) \]\]/g, (_, name) => known(pieces, name));
}

/** @param {Table} table @param {string} name @returns {string} */
function known(table, name) {
  if (typeof table[name] !== 'string') throw new Error(`a template names ${name}, which is not there`);
  return table[name];
}

/** @param {string} text */
const escape = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
