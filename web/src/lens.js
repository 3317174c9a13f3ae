/** A camera that one button opens and closes, and that closes when it has read what was looked for. */
import { find } from './element.js';
import { part } from './part.js';

/** @typedef {import('./words.js').Table} Table */
/** @typedef {{start: HTMLElement, box: HTMLElement, video: HTMLElement, wrong: HTMLElement}} Lens `box` is shown while it is open, and has the video */

/**
 * Wire the elements; `take` gives what is to be done with what a code says, or null if it is another code.
 * @param {Table} w @param {Lens} lens @param {(said: string) => (() => void) | null} take
 */
export function wire(w, { start, box, video, wrong }, take) {
  let stop = () => {};
  const close = () => {
    stop();
    stop = () => {};
    box.hidden = true;
    start.textContent = w.scan;
  };
  /** @param {string} said */
  const read = (said) => {
    const act = take(said);
    if (!act) return false;
    close();
    act();
    return true;
  };
  start.addEventListener('click', async () => {
    if (!box.hidden) return close();
    wrong.textContent = '';
    box.hidden = false;
    start.textContent = w.scan_stop;
    try {
      stop = await (await part('camera')).scan(video, read);
    } catch {
      close();
      wrong.textContent = w.scan_no;
    }
  });
}

/** The camera that stands in a page. @param {Table} w @param {(said: string) => (() => void) | null} take */
export const wireCamera = (w, take) => wire(w, { start: find('#scan'), box: find('#camera'), video: find('video'), wrong: find('#camera-wrong') }, take);
