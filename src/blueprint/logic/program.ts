// What other modules need to know of one that makes a program.
import { provider } from '../api.ts';

/** The path of the program. */
export const programProvider = provider<{ readonly path: string }>('program');
