// Chooses a backend by its name and loads only that one.
import { definitionError, didYouMean, failed, ok, type Result } from '../base/diagnostic.ts';
import type { Place } from '../base/span.ts';
import type { Sandbox } from './port.ts';

export interface SandboxOptions {
  /** A directory of Ashlar's own on this machine, for what backends keep between runs. */
  readonly directory: string;
  /** After SIGTERM, how long a command may take to end before SIGKILL. 2,000 unless given. */
  readonly graceMs?: number;
}

const BACKENDS: Readonly<Record<string, (options: SandboxOptions) => Promise<Sandbox>>> = {
  bubblewrap: async (options) => (await import('./bubblewrap.ts')).bubblewrap(options),
  host: async (options) => (await import('./host.ts')).host(options),
};

export const DEFAULT_SANDBOX = 'bubblewrap';

/** Names that `selectSandbox` knows, the default first. */
export const sandboxNames: readonly string[] = Object.keys(BACKENDS);

/** The backend of that name; `sandbox/unknown` at the given place when there is none. Nothing is tried yet. */
export async function selectSandbox(
  name: string,
  options: SandboxOptions,
  at?: Place,
): Promise<Result<Sandbox>> {
  const backend = Object.hasOwn(BACKENDS, name) ? BACKENDS[name] : undefined;
  if (backend !== undefined) return ok(await backend(options));
  const known = `known ones are ${sandboxNames.join(', ')}`;
  const meant = didYouMean(name, sandboxNames);
  return failed(
    definitionError({
      code: 'sandbox/unknown',
      message: `unknown sandbox "${name}"`,
      ...(at === undefined ? {} : { at }),
      hint: meant === undefined ? known : `${meant} (${known})`,
    }),
  );
}
