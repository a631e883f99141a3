// What every backend refuses in a command before anything is started: text that no process can be
// given, and paths that are not where they say.
import { definitionError, type Diagnostic } from '../base/diagnostic.ts';
import type { SandboxCommand } from './port.ts';

/** The first thing wrong with a command (`sandbox/bad-command`), or undefined. */
export function checkCommand(command: SandboxCommand): Diagnostic | undefined {
  const { argv, env, workdir, mounts, image } = command;
  if (argv.length === 0 || argv[0] === '') return bad('the command is empty');
  for (const [key, value] of Object.entries(env)) {
    if (key === '' || key.includes('=')) return bad(`"${key}" cannot name a variable`);
    if (key.includes('\0') || value.includes('\0')) {
      return bad(`the variable ${key} contains a NUL character, which no environment can hold`);
    }
  }
  if (argv.some((item) => item.includes('\0'))) {
    return bad('the command contains a NUL character, which no argument can hold');
  }
  const targets = [...mounts, ...image.mounts].map(({ target }) => target);
  const inside = [...targets, ...Object.keys(image.links), ...(image.hidden ?? []), workdir];
  for (const path of inside) {
    if (!isPlainAbsolute(path))
      return bad(`"${path}" is not an absolute path without "." and ".."`);
  }
  for (const { source } of [...mounts, ...image.mounts]) {
    if (!source.startsWith('/') || source.includes('\0')) {
      return bad(`"${source}" is not an absolute path of this machine`);
    }
  }
  return undefined;
}

function isPlainAbsolute(path: string): boolean {
  const components = path.split('/');
  return (
    path.startsWith('/') &&
    !path.includes('\0') &&
    !components.includes('..') &&
    !components.includes('.')
  );
}

function bad(message: string): Diagnostic {
  return definitionError({ code: 'sandbox/bad-command', message });
}
