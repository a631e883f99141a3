// How damaged compressed data is told: one code for all codecs.
import { definitionError } from '../diagnostic.ts';
import { Refusal } from '../refusal.ts';

/** `archive/corrupt`: the codec, and what is wrong in its own words. */
export function corrupt(codec: string, what: string): Refusal {
  return new Refusal(
    definitionError({
      code: 'archive/corrupt',
      message: `the ${codec} data is damaged: ${what}`,
      hint: 'fetch the file again, and compare its checksum with the one its publisher states',
    }),
  );
}
