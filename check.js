// The fast gate: types, lint (type-aware), format and the layer test, in parallel, in seconds.
// `--fix` also repairs what lint and format can repair. Exit status 1 when any of them fails.
import { spawn } from 'node:child_process';

const fix = process.argv.includes('--fix');
const steps = [
  ['types', ['tsc', '--noEmit']],
  ['lint', ['oxlint', '--deny-warnings', ...(fix ? ['--fix'] : [])]],
  ['format', ['oxfmt', ...(fix ? [] : ['--check']), '.']],
  ['layers', ['vitest', 'run', '--project', 'layers']],
];

function run([name, argv]) {
  return new Promise((resolve) => {
    const started = performance.now();
    const bin = new URL(`node_modules/.bin/${argv[0]}`, import.meta.url).pathname;
    const child = spawn(bin, argv.slice(1), { cwd: new URL('.', import.meta.url).pathname });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('close', (code) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} ${seconds}s`);
      if (code !== 0) process.stdout.write(Buffer.concat(output));
      resolve(code === 0);
    });
  });
}

const results = fix ? [] : await Promise.all(steps.map(run));
if (fix) for (const step of steps) results.push(await run(step));
process.exitCode = results.every(Boolean) ? 0 : 1;
