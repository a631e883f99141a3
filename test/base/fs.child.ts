// Writes a file and dies at the n-th file system call of doing so; says how many calls there were when
// it got through.
import { writeAtomic } from '../../src/base/fs.ts';
import { dieAt, watchFileSystem } from '../rig/faults.ts';

const [path, content, call] = process.argv.slice(2);
using watched = watchFileSystem(dieAt(Number(call)));
writeAtomic(path!, content!.repeat(100_000), { durable: true });
process.stdout.write(`${watched.calls.length}\n`);
