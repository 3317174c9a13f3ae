/** Bundles the voter's page into the package that serves it, for phones since Chrome 87 and Safari 14. */
import { build } from 'esbuild';

await build({
  entryPoints: ['src/page.js'],
  outfile: '../bulletin/http/built/receipt.js',
  bundle: true,
  minify: true,
  format: 'iife', // a page that is opened from a disk cannot load modules
  target: 'es2020',
  charset: 'utf8',
  legalComments: 'inline',
  logLevel: 'warning',
});
