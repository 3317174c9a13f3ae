/** Letters that no font of the system has: a browser fetches a font for them, and may not draw again what it drew without. */

/** Once a font beside the page had to be fetched, the whole page is set in it. */
export function watchLetters() {
  const settle = () => {
    if ([...document.fonts].some(({ status }) => status === 'loaded')) document.documentElement.classList.add('lettered');
  };
  document.fonts.addEventListener('loadingdone', settle);
  settle();
}
