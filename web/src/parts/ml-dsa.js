/** A script of its own: ML-DSA-44, for elections one of whose witnesses signs so. */
export { ml_dsa44 as default } from '@noble/post-quantum/ml-dsa.js';
