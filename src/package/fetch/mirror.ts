// Turns `mirror://NAME/path` into the URLs to try, in order. Names come from the tree's settings; two
// more, `debian` and `npm`, are whatever this machine's own apt and npm use, so that a tree builds
// wherever its machine can install software. Knows nothing of downloading.
import {
  definitionError,
  didYouMean,
  environmentError,
  failed,
  ok,
  type Result,
} from '../../base/diagnostic.ts';
import { run } from '../../base/process.ts';
import { redact } from '../../base/http/redact.ts';
import { aptRepositories, type RunCommand } from './apt.ts';
import { npmRegistry } from './npm.ts';
import type { Candidate } from './transfer.ts';

/** `mirrors` of the tree's settings: NAME → URLs, tried in order. */
export type MirrorSettings = Readonly<Record<string, readonly string[]>>;

export interface Mirrors {
  /**
   * The places of a URL: itself, unless it begins with `mirror://`. Errors: `source/mirror-unknown`,
   * `source/mirror-unavailable` (a predefined name on a machine without that program),
   * `source/mirror-path`, `source/mirror-url`.
   */
  candidates(url: string): Promise<Result<readonly Candidate[]>>;
}

const PREDEFINED: Readonly<
  Record<
    string,
    { readonly program: string; readonly ask: (run: RunCommand) => Promise<Candidate[]> }
  >
> = {
  debian: { program: 'apt', ask: aptRepositories },
  npm: { program: 'npm', ask: npmRegistry },
};

/** Each program of the machine is asked once, when first needed. Settings win over predefined names. */
export function mirrorsOf(settings: MirrorSettings, runCommand: RunCommand = run): Mirrors {
  const asked = new Map<string, Promise<readonly Candidate[]>>();

  const places = async (name: string): Promise<Result<readonly Candidate[]>> => {
    if (Object.hasOwn(settings, name)) return checked(name, settings[name]!);
    if (!Object.hasOwn(PREDEFINED, name)) return unknown(name, settings);
    const { program, ask } = PREDEFINED[name]!;
    const found = asked.get(name) ?? ask(runCommand);
    asked.set(name, found);
    const candidates = await found;
    return candidates.length > 0 ? ok(candidates) : unavailable(name, program);
  };

  return {
    async candidates(url) {
      const match = /^mirror:\/\/([^/?#]*)\/?(.*)$/s.exec(url);
      if (match === null) return ok([{ url }]);
      const [, name = '', path = ''] = match;
      const found = await places(name);
      if (!found.ok) return found;
      if (path === '') {
        return failed(
          definitionError({
            code: 'source/mirror-path',
            message: `${redact(url)} names a mirror but no file on it`,
            hint: `write mirror://${name}/path/of/the/file`,
          }),
        );
      }
      return ok(found.value.map((place) => ({ ...place, url: `${place.url}${path}` })));
    },
  };
}

function checked(name: string, urls: readonly string[]): Result<readonly Candidate[]> {
  const bad = urls.filter((url) => !/^(https?:\/\/[^/]|file:\/\/\/)/.test(url));
  if (bad.length === 0 && urls.length > 0) {
    return ok(urls.map((url) => ({ url: url.endsWith('/') ? url : `${url}/` })));
  }
  return failed(
    definitionError({
      code: 'source/mirror-url',
      message:
        bad.length === 0
          ? `the mirror "${name}" has no URLs`
          : `the mirror "${name}" has ${bad.map((url) => `"${redact(url)}"`).join(', ')} among its URLs`,
      hint: 'mirrors are lists of http://, https:// or file:///absolute URLs',
    }),
  );
}

function unknown(name: string, settings: MirrorSettings): Result<never> {
  const names = [...new Set([...Object.keys(settings), ...Object.keys(PREDEFINED)])];
  return failed(
    definitionError({
      code: 'source/mirror-unknown',
      message: `no mirror is called "${name}"; known are ${names.join(', ')}`,
      hint: didYouMean(name, names) ?? 'define it in ashlar.json, as "mirrors": {"NAME": ["URL"]}',
    }),
  );
}

function unavailable(name: string, program: string): Result<never> {
  return failed(
    environmentError({
      code: 'source/mirror-unavailable',
      message: `the mirror "${name}" is what this machine's ${program} uses, but ${program} is not installed or names none`,
      hint: `define it in ashlar.json, as "mirrors": {"${name}": ["URL"]}`,
    }),
  );
}
