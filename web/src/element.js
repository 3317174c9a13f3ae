/** Elements of the page; text is always text, never markup. */
import { hex } from './bytes.js';

/** @param {string} selector @returns {HTMLElement} */
export function find(selector) {
  const found = document.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`${selector} is missing`);
  return found;
}

/**
 * @param {string} name @param {{[attribute: string]: string}} attributes @param {...(Node | string | null | undefined)} inside
 * @returns {HTMLElement}
 */
export function element(name, attributes, ...inside) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  for (const each of inside) if (each) made.append(each);
  return made;
}

const SVG = 'http://www.w3.org/2000/svg';

/** A drawing of squares, one for each true cell. @param {boolean[][]} cells @param {string} label */
export function drawing(cells, label) {
  const made = document.createElementNS(SVG, 'svg');
  const path = document.createElementNS(SVG, 'path');
  const squares = cells.flatMap((row, y) => row.flatMap((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : [])));
  path.setAttribute('d', squares.join(''));
  made.setAttribute('viewBox', `0 0 ${cells[0].length} ${cells.length}`);
  made.setAttribute('shape-rendering', 'crispEdges');
  made.setAttribute('role', 'img');
  made.setAttribute('aria-label', label);
  made.append(path);
  return made;
}

/** @param {string} said @param {() => void} act @param {string} [kind] */
export function button(said, act, kind = '') {
  const made = element('button', { type: 'button', class: kind }, said);
  made.addEventListener('click', act);
  return made;
}

/** Letters in groups of four, so that people can read them aloud. @param {string} code @param {string} [label] */
export function groups(code, label) {
  const parts = (code.match(/.{1,4}/g) ?? []).map((group) => element('span', {}, group));
  return element('span', { class: 'code', ...(label ? { 'aria-label': label } : {}) }, ...parts);
}

/** A digest or key. @param {Uint8Array | string} value */
export const hexGroups = (value) => groups(typeof value === 'string' ? value : hex(value));

/** The parts of a sentence with a number that a telephone can dial. @param {string} sentence @param {string} telephone */
export function dialled(sentence, telephone) {
  const [before, after = ''] = sentence.split('{telephone}');
  const link = element('a', { href: `tel:${telephone.replace(/[^+\d]/g, '')}`, class: 'telephone' }, telephone);
  return [before, telephone ? link : null, after];
}
