// The packages that one package is split into, and which files each has. The order decides: a file belongs
// to the first that names it.
import type { MaintainerScripts } from '../../format/metadata.ts';
import type { PackageDeclaration } from './declaration.ts';

export interface Subpackage {
  readonly name: string;
  /** Patterns of paths below the prefix. */
  readonly files: readonly string[];
  readonly description: string | undefined;
  readonly requires: readonly string[];
  /** Packages of the system, by format, as that writes them. */
  readonly systemRequires: Readonly<Record<string, readonly string[]>>;
  /** For package managers that run such. */
  readonly scripts: MaintainerScripts;
}

/** All of them, the package itself last. */
export function subpackagesOf({ name, values }: PackageDeclaration): readonly Subpackage[] {
  const split = values.split.map((one): Subpackage => ({
    name: one.name.startsWith('-') ? `${name}${one.name}` : one.name,
    files: one.files,
    description: one.description,
    requires: one.requires,
    systemRequires: one.system_requires,
    scripts: given(one.maintainer_scripts),
  }));
  const files = values.files.length === 0 ? ['**'] : values.files;
  const own: Subpackage = {
    name,
    files,
    description: values.description,
    requires: values.requires,
    systemRequires: values.system_requires,
    scripts: given(values.maintainer_scripts),
  };
  return [...split, own];
}

/** Scripts with anything in them. */
function given(scripts: MaintainerScripts): MaintainerScripts {
  return Object.fromEntries(
    Object.entries(scripts).filter(([, text]) => text !== undefined && text.trim() !== ''),
  );
}

/** Whether a pattern names a path, or a directory that it lies in. */
export function claims(pattern: string): (path: string) => boolean {
  const expression = new RegExp(`^${translate(pattern.replace(/^\/+|\/+$/g, ''))}(?:/.*)?$`, 's');
  return (path) => expression.test(path);
}

function translate(pattern: string): string {
  return pattern.replace(/\*\*\/|\*\*|\*|\?|\[[^\]/]+\]|[^*?[]+|\[/g, (part) => {
    switch (part) {
      case '**/':
        return '(?:.*/)?';
      case '**':
        return '.*';
      case '*':
        return '[^/]*';
      case '?':
        return '[^/]';
    }
    if (part.startsWith('[') && part.length > 1)
      return `[${part.slice(1, -1).replace(/^[!^]/, '^').replaceAll('\\', '\\\\')}]`;
    return part.replace(/[\\^$.|+(){}[\]]/g, '\\$&');
  });
}
