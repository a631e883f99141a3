// `npm run bench [SUITE…]`: runs the suites and prints their rows. A suite is a file beside this one that
// exports `suite()`, a promise of rows or a stream of them; a row compares with a peer of the same run, or states a figure.
import { readdirSync } from 'node:fs';
import { printRows } from './row.js';

// All programs start without it, as the launcher has it: Node 20 reads a list of authorities at every start, for as long
// as a small build takes.
const { NODE_EXTRA_CA_CERTS: authorities } = process.env;
if (authorities !== undefined) {
  process.env.ASHLAR_EXTRA_CA_CERTS = authorities;
  delete process.env.NODE_EXTRA_CA_CERTS;
}

const wanted = process.argv.slice(2);
const suites = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.suite.js'))
  .map((name) => name.slice(0, -'.suite.js'.length))
  .filter((name) => wanted.length === 0 || wanted.includes(name))
  .sort();
if (suites.length === 0) {
  console.error(`no suite named ${wanted.join(', ')}`);
  process.exitCode = 2;
}
for (const name of suites) {
  const started = performance.now();
  console.log(`\n${name}`);
  try {
    const { suite, minutes } = await import(`./${name}.suite.js`);
    if (minutes !== undefined && wanted.length === 0) {
      console.log(`  left out, it takes ${minutes} minutes: npm run bench ${name}`);
      continue;
    }
    const rows = suite();
    if (Symbol.asyncIterator in rows) for await (const some of rows) printRows(some);
    else printRows(await rows);
  } catch (error) {
    // The others have their say; that one is missing shows in the exit status.
    console.error(`  ${name} ended early: ${error.stack}`);
    process.exitCode = 1;
  }
  console.log(`  (${((performance.now() - started) / 1000).toFixed(0)} s in all)`);
}
