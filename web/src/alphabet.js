/** The order in which people look names up, by each language's own letters (specs/alphabet.md). */

/** @typedef {{[language: string]: string}} Alphabets the letters of each language, in their order */

const OTHER = 0;
const NUMBER = 1;
const LETTER = 2;

/**
 * How names are compared on a page of this language: for `sort`, below 0 if the first one is earlier.
 * @param {Alphabets} alphabets @param {string} language
 * @returns {(one: string, other: string) => number}
 */
export function ordering(alphabets, language) {
  const letters = [...new Set(alphabets[language] + alphabets.ky + alphabets.ru + alphabets.en)];
  /** @type {Map<string, number>} */
  const places = new Map(letters.flatMap((letter, place) => [[letter, place], [letter.toUpperCase(), place]]));
  /** @param {string} part @returns {[number, number, string]} */
  const rank = (part) => {
    if (/^[0-9]/.test(part)) {
      const digits = part.replace(/^0+/, '');
      return [NUMBER, digits.length, digits];
    }
    const place = places.get(part);
    return place === undefined ? [OTHER, Number(part.codePointAt(0)), ''] : [LETTER, place, ''];
  };
  /** @param {string} name @returns {(string | number)[][]} what is compared, in this order */
  const levels = (name) => {
    const text = name.normalize('NFC');
    const parts = text.match(/[0-9]+|./gsu) ?? [];
    const capitals = parts.map((part) => Number(places.has(part) && part !== part.toLowerCase()));
    const signs = [...text].map((sign) => Number(sign.codePointAt(0)));
    return [parts.flatMap(rank), capitals, [signs.length], signs];
  };
  return (one, other) => {
    const others = levels(other);
    for (const [level, mine] of levels(one).entries()) {
      const decided = compare(mine, others[level]);
      if (decided) return decided;
    }
    return 0;
  };
}

/** @param {(string | number)[]} one @param {(string | number)[]} other */
function compare(one, other) {
  for (const [at, value] of one.entries()) {
    if (at >= other.length) return 1;
    if (value !== other[at]) return value < other[at] ? -1 : 1;
  }
  return one.length - other.length;
}
