// Takes a lock, says `waiting` where it has to wait and `held` when it has it, and keeps it until a line
// arrives: `release`, or `leave`, which lets the process end by itself with the lock still held. `ping`
// is answered, so that one knows that what happened before has been seen.
import { lock } from '../../src/base/lock.ts';

const [name] = process.argv.slice(2);
const held = await lock(name!, undefined, () => process.stdout.write('waiting\n'));
process.stdout.write('held\n');
process.stdin.on('data', (data) => {
  const word = data.toString().trim();
  if (word === 'ping') process.stdout.write('pong\n');
  else process.stdin.destroy();
  if (word === 'release') void held!.release();
});
