/** Bundles the voter's page into build/receipt.js, for phones since Chrome 87 and Safari 14. */
import { build } from 'esbuild';

await build({
  entryPoints: ['src/page.js'],
  outfile: 'build/receipt.js',
  bundle: true,
  minify: true,
  format: 'iife', // a page that is opened from a disk cannot load modules
  target: 'es2020',
  charset: 'utf8',
  legalComments: 'inline',
  logLevel: 'warning',
});
