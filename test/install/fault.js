// Preloaded into the real program: stops it, or fails it, at the N-th call that changes the file system,
// writes down all of them, or copies a directory before each, as a death would leave it there. ASHLAR_FAULT is
// `count`, `kill:N`, `<ERRNO>:N`, `trace:FILE` or `copy:FROM:TO`; the N-th copy is TO/N.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

let [mode, argument, target] = (process.env.ASHLAR_FAULT ?? 'count').split(':');
const { cpSync, writeFileSync, writeSync, openSync } = fs;
const paths = new Map();
const trace = mode === 'trace' ? openSync(argument, 'w') : undefined;
let calls = 0;
let copying = false;

/** From now on this fault instead of the one of the environment, and calls are counted anew. */
export function arm(fault) {
  [mode, argument, target] = fault.split(':');
  calls = 0;
}

/** Bytes that are not UTF-8 do not occur in the traces. */
const text = (path) => (path instanceof URL ? path.pathname : String(path));

function before(name, args) {
  if (copying) return;
  calls += 1;
  if (mode === 'trace') return;
  if (mode === 'copy') {
    copying = true;
    const copy = `${target}/${calls}`;
    cpSync(argument, copy, { recursive: true, verbatimSymlinks: true });
    const file = text(args[0]);
    if (name === 'writeFileSync' && file.startsWith(argument)) {
      cutOff(copy + file.slice(argument.length), args);
    }
    copying = false;
    return;
  }
  if (calls !== Number(argument)) return;
  if (mode === 'kill') {
    if (name === 'writeFileSync') cutOff(args[0], args);
    process.kill(process.pid, 'SIGKILL');
  }
  throw Object.assign(new Error(`${mode}: injected, ${name}`), {
    code: mode,
    syscall: name.replace('Sync', ''),
    ...(typeof args[0] === 'number' ? {} : { path: text(args[0]) }),
  });
}

/** A file that is being written is cut off in the middle. */
function cutOff(file, [, content, options]) {
  writeFileSync(file, String(content).slice(0, 20), options);
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
