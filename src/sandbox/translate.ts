// For a sandbox without mounts of its own: paths as the command would see them inside become the paths
// they have on this machine. Works on whole words of known shapes only; text that merely mentions a
// path (a script's body, say) stays as it is.
import type { Mount } from './port.ts';

/** Rewrites one string. */
export type Translate = (text: string) => string;

/**
 * A function that rewrites paths under mount targets to the mounts' sources, longest target first. It
 * knows `/target/x`, lists with colons (`PATH`), assignments (`KEY=/target/x`, `--prefix=/target`) and
 * one-letter flags (`-I/target/include`), and any of these in words separated by white space where
 * `words` says so (`CFLAGS`).
 */
export function translator(mounts: readonly Mount[]): {
  readonly item: Translate;
  readonly words: Translate;
} {
  const targets = mounts
    .map(({ source, target }) => ({ source: trimmed(source), target: trimmed(target) }))
    .filter(({ source, target }) => source !== target)
    .reverse()
    .sort((a, b) => b.target.length - a.target.length);
  if (targets.length === 0) return { item: (text) => text, words: (text) => text };

  const path = (text: string): string => {
    for (const { source, target } of targets) {
      if (!text.startsWith(target)) continue;
      if (text.length === target.length || text[target.length] === '/') {
        return (
          (source === '' && text.length === target.length ? '/' : source) +
          text.slice(target.length)
        );
      }
    }
    return text;
  };
  const element = (text: string): string => {
    // What precedes the path: `KEY=`, `--option=`, `-I`; nothing for a path alone.
    const lead = /^(?:[^/=]*=|-[A-Za-z])(?=\/)/.exec(text)?.[0] ?? '';
    return lead + path(text.slice(lead.length));
  };
  const item: Translate = (text) =>
    text.includes('/') ? text.split(':').map(element).join(':') : text;
  const words: Translate = (text) =>
    /\s/.test(text) ? text.split(/(\s+)/).map(item).join('') : item(text);
  return { item, words };
}

/** Without slashes at the end; the root is the empty string. */
function trimmed(path: string): string {
  return path.replace(/\/+$/, '');
}
