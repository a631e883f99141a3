// For a sandbox without mounts of its own: paths as the command would see them inside become the paths
// they have on this machine. Words are changed where they have a known shape; a script is not understood,
// only searched for what can be nothing but the beginning of such a path.
import type { Mount } from './port.ts';

/** Rewrites one string. */
export type Translate = (text: string) => string;

/**
 * A function that rewrites paths under mount targets to the mounts' sources, longest target first. It
 * knows `/target/x`, lists with colons (`PATH`), assignments (`KEY=/target/x`, `--prefix=/target`) and
 * one-letter flags (`-I/target/include`), and any of these in words separated by white space where
 * `words` says so (`CFLAGS`). `text` is for scripts: it changes `> "/target/x"` and leaves `$A/target` and
 * `"$A"/target`, which continue another path.
 */
export function translator(mounts: readonly Pick<Mount, 'source' | 'target'>[]): {
  readonly item: Translate;
  readonly words: Translate;
  readonly text: Translate;
} {
  const targets = mounts
    .map(({ source, target }) => ({ source: trimmed(source), target: trimmed(target) }))
    .filter(({ source, target }) => source !== target)
    .reverse()
    .sort((a, b) => b.target.length - a.target.length);
  const same: Translate = (text) => text;
  if (targets.length === 0) return { item: same, words: same, text: same };

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
  const sources = new Map(
    targets.map(({ source, target }): [string, string] => [target, source]).reverse(),
  );
  const mentioned = mentionsOf(targets.map(({ target }) => target));
  const text: Translate = (whole) =>
    whole.replace(mentioned, (target) => sources.get(target) || '/');
  return { item, words, text };
}

/** Where texts begin paths below these targets, the longest of them first. */
function mentionsOf(targets: readonly string[]): RegExp {
  // The root of everything is no name that can be told from a slash.
  const names = targets
    .filter((target) => target !== '')
    .map((target) => target.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const before = String.raw`(?<=(?:^|[\s=:,;<>({[|&!@^\x60]|file:\/\/)["']?|(?:^|[\s"'])-[A-Za-z])`;
  const after = String.raw`(?![\w.+@%~$-])`;
  return names.length === 0 ? /(?!)/g : new RegExp(`${before}(?:${names.join('|')})${after}`, 'gm');
}

/** Without slashes at the end; the root is the empty string. */
function trimmed(path: string): string {
  return path.replace(/\/+$/, '');
}
