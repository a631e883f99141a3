import { expect, test } from 'vitest';
import { tee } from '../../src/base/event.ts';

test('every sink gets every event, in the order given', () => {
  const seen: string[] = [];
  const sink = tee<number>(
    (event) => seen.push(`a${event}`),
    (event) => seen.push(`b${event}`),
  );
  sink(1);
  sink(2);
  tee<number>()(3);
  expect(seen).toEqual(['a1', 'b1', 'a2', 'b2']);
});
