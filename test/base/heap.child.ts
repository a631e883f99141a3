// Makes many values that all live for long, having kept the young part of the heap small, or let it grow again for WORK
// (JSON). Prints how large that part was at its largest, in bytes.
import { getHeapSpaceStatistics } from 'node:v8';
import { expectShortRun, growHeapFor } from '../../src/base/heap.ts';

const young = () =>
  getHeapSpaceStatistics().find((one) => one.space_name === 'new_space')!.space_size;

expectShortRun();
growHeapFor(JSON.parse(process.argv[2]!));
const kept = [];
let largest = 0;
for (let i = 0; i < 300_000; i++) {
  kept.push({ i, text: `value ${i}` });
  if (i % 10_000 === 0) largest = Math.max(largest, young());
}
process.stdout.write(`${largest}\n`);
