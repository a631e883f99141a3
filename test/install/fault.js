// Preloaded into the real program: stops it, or fails it, at the N-th call that changes the file system,
// or writes down all of them. ASHLAR_FAULT is `count`, `kill:N`, `<ERRNO>:N` or `trace:FILE`.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const [mode, argument] = (process.env.ASHLAR_FAULT ?? 'count').split(':');
const { writeFileSync, writeSync, openSync } = fs;
const paths = new Map();
const trace = mode === 'trace' ? openSync(argument, 'w') : undefined;
let calls = 0;

/** Bytes that are not UTF-8 do not occur in the traces. */
const text = (path) => (path instanceof URL ? path.pathname : String(path));

function before(name, args) {
  calls += 1;
  if (mode === 'trace') return;
  if (calls !== Number(argument)) return;
  if (mode === 'kill') {
    // A file that is being written is cut off in the middle.
    if (name === 'writeFileSync') writeFileSync(args[0], String(args[1]).slice(0, 20), args[2]);
    process.kill(process.pid, 'SIGKILL');
  }
  throw Object.assign(new Error(`${mode}: injected, ${name}`), {
    code: mode,
    syscall: name.replace('Sync', ''),
    ...(typeof args[0] === 'number' ? {} : { path: text(args[0]) }),
  });
}

function after(name, args) {
  if (mode !== 'trace') return;
  const shown = args.slice(0, 2).map((each) => {
    if (typeof each === 'number') return paths.get(each);
    return each instanceof Uint8Array ? each.toString() : each;
  });
  writeSync(trace, `${JSON.stringify([name, ...shown])}\n`);
}

for (const name of [
  'chmodSync',
  'copyFileSync',
  'fsyncSync',
  'mkdirSync',
  'renameSync',
  'rmdirSync',
  'symlinkSync',
  'unlinkSync',
  'writeFileSync',
  'writeSync',
]) {
  const original = fs[name];
  fs[name] = (...args) => {
    before(name, args);
    const result = original(...args);
    after(name, args);
    return result;
  };
}
fs.openSync = (path, ...rest) => {
  const fd = openSync(path, ...rest);
  paths.set(fd, text(path));
  return fd;
};
syncBuiltinESMExports();

process.on('exit', () => {
  if (mode === 'count') process.stderr.write(`calls ${calls}\n`);
});
