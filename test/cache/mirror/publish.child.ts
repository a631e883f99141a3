// Publishes a result to a mirror or brings it from there, as a process of its own, to be killed.
//   push STORE MIRROR     prints the number of warnings
//   pull STORE MIRROR     the same
import { join } from 'node:path';
import { makeResult, never, openedMirrors } from '../../rig/mirrors.ts';
import { openedStore } from '../../rig/store.ts';

const [action, root, address] = process.argv.slice(2);
const store = openedStore(root!);
const { mirrors, close } = openedMirrors(store, [address!]);
const made = makeResult(openedStore(`${root}-source`), join(`${root}-source`, 'work'), 'published');
if (action === 'push') {
  const again = makeResult(store, join(root!, 'work'), 'published');
  mirrors.offer(again.key, again.blobs, again.result);
} else {
  const found = await mirrors.results([made.key.hash]);
  if (found.size > 0) await mirrors.fetch(made.contents, { signal: never });
}
process.stdout.write(`${(await close()).length}\n`);
