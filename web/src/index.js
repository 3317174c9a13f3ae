/** The page at the app's root, which leads to the others. */
import { watchLetters } from './letters.js';

watchLetters();
