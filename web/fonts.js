/** The fonts beside the pages, for systems that lack a letter: Noto Sans, cut to three languages (specs/app.md §1.6). */
import { readFileSync } from 'node:fs';
import subset from 'subset-font';

const PACKAGE = new URL('node_modules/@fontsource/noto-sans/', import.meta.url);
const WEIGHTS = [400, 700];
const KYRGYZ = 'ҢңӨөҮү'; // which the package has among all letters of the Cyrillic alphabets, twenty times as many bytes
const LICENCE = 'noto-sans.txt';

/** @param {string} path in the package */
const read = (path) => readFileSync(new URL(path, PACKAGE));

/** @param {string} part @param {number} weight */
const file = (part, weight) => `noto-sans-${part}-${weight}.woff2`;

/** @param {string} part @param {number} weight */
const whole = (part, weight) => read(`files/noto-sans-${part}-${weight}-normal.woff2`);

/** Each file of the fonts, with its bytes; the licence goes along. @returns {AsyncGenerator<[name: string, data: Uint8Array]>} */
export async function* fonts() {
  for (const weight of WEIGHTS) {
    for (const part of ['latin', 'cyrillic']) yield [file(part, weight), whole(part, weight)];
    yield [file('kyrgyz', weight), await subset(whole('cyrillic-ext', weight), KYRGYZ, { targetFormat: 'woff2' })];
  }
  yield [LICENCE, read('LICENSE')];
}

/** The style that names them: a browser fetches one only for a letter that no font before it has. */
export function faces() {
  const { latin, cyrillic } = JSON.parse(read('unicode.json').toString());
  const kyrgyz = [...KYRGYZ].map((letter) => `U+${letter.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`).join();
  const rules = WEIGHTS.flatMap((weight) =>
    Object.entries({ latin, cyrillic, kyrgyz }).map(
      ([part, range]) =>
        `@font-face { font-family: "Noto Sans"; font-weight: ${weight}; font-display: swap; ` +
        `src: url(${file(part, weight)}) format("woff2"); unicode-range: ${range}; }\n`,
    ),
  );
  return `${rules.join('')}html.lettered { font-family: "Noto Sans", sans-serif; }\n`;
}
