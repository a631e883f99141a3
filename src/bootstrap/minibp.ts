// `minibp`: makes the manifests of the first two stages, from those modules of a tree that are its own tools; it
// ignores all others. Where a tree has no primary builder, it plays that part too, with the stock module types.
// `minibp gotestmain` writes a program around tests in Go.
import { treeLogic } from '../package/module/logic.ts';
import { report, runGenerator } from './generator.ts';
import { bootstrapLogic } from './languages.ts';
import { readOptions } from './options.ts';

process.umask(0o022);
const argv = process.argv.slice(2);
const options = readOptions(argv);
if (argv[0] === 'gotestmain') {
  const { goTestMain } = await import('./go/gotestmain.ts');
  const written = goTestMain(argv.slice(1));
  if (!written.ok) process.exitCode = report(written.diagnostics);
} else if (!options.ok) process.exitCode = report(options.diagnostics);
else {
  const { asBuilder, buildPrimary, docs } = options.value;
  const stage = buildPrimary ? 'primary' : asBuilder ? 'main' : 'bootstrap';
  const logic = asBuilder || docs !== undefined ? [treeLogic, bootstrapLogic] : [bootstrapLogic];
  process.exitCode = await runGenerator(stage, options.value, { logic, name: 'minibp' });
}
