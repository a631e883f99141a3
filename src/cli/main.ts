// The program: picks a command and runs it. Commands are loaded only when they are asked for, and a
// bare --version loads nothing at all.
import { revealAuthorities } from '../base/http/authorities.ts';
import { guardOutput } from './start.ts';

guardOutput();
revealAuthorities(process.env);
if (process.argv.length === 3 && process.argv[2] === '--version') {
  process.stdout.write(`ashlar ${ASHLAR_VERSION}\n`);
} else {
  const { main } = await import('./application.ts');
  await main(process.argv.slice(2));
}
