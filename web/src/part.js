/** Scripts that are loaded when they are needed (specs/app.md §3). */
import { Incomplete } from './errors.js';

/** @type {Map<string, Promise<any>>} */
const loaded = new Map();

/**
 * What a script of the page's `template` gives. Its element is copied as the parser made it, `integrity` included: a
 * script whose address is set from here is what Trusted Types forbid.
 * @param {'mlDsa' | 'camera'} name
 */
export function part(name) {
  const found = loaded.get(name) ?? load(name);
  loaded.set(name, found);
  found.catch(() => loaded.delete(name));
  return found;
}

/** @param {string} name @returns {Promise<any>} */
function load(name) {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Incomplete(`the part ${name} of this page could not be fetched`));
    const template = document.querySelector(`template#part-${name}`);
    const script = template instanceof HTMLTemplateElement && document.importNode(template.content, true).querySelector('script');
    if (!script) return fail();
    script.addEventListener('load', () => {
      const given = /** @type {any} */ (globalThis)[`aikyn_${name}`];
      if (given) resolve(given);
      else fail();
    });
    script.addEventListener('error', fail);
    document.head.append(script);
  });
}
