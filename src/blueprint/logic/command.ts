// Commands with references: `$(in)`, `$(out)`, `$(location name)`. Knows nothing of modules.
import { ninjaEscape, shellEscapeIncludingSpaces } from '../api.ts';

/** What a reference stands for: paths, to be quoted for a shell; or a text that says why it has none. */
export type Reference = { readonly paths: readonly string[] } | { readonly problem: string };

export interface Expanded {
  /** The command, as a Ninja string. */
  readonly command: string;
  readonly problems: readonly string[];
}

/**
 * Replaces `$(…)` in a command. `$$` stays a dollar for the shell; a lone dollar, too, goes to the shell
 * as it is. Line breaks are problems: Ninja cannot pass them on.
 */
export function expandCommand(
  command: string,
  resolve: (reference: string) => Reference,
): Expanded {
  const problems: string[] = [];
  if (/[\n\r\0]/.test(command)) {
    problems.push('it has several lines, which Ninja cannot pass on: join them with && or ;');
  }
  const expanded = command.replace(/\$\$|\$\(([^()]*)\)|\$/g, (whole, reference?: string) => {
    if (reference === undefined) return '$$';
    const resolved = resolve(reference.trim());
    if ('problem' in resolved) {
      problems.push(resolved.problem);
      return whole;
    }
    return resolved.paths.map((path) => ninjaEscape(shellEscapeIncludingSpaces(path))).join(' ');
  });
  return { command: expanded, problems };
}
