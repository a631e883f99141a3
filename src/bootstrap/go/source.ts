// Which files a Go module is made of: for every platform, and for this one.
import { list, path, properties, type GenerateContext } from '../../blueprint/api.ts';
import { expandSources } from '../../blueprint/logic/source.ts';

const platform = (name: string) =>
  properties(
    {
      srcs: list(path(), { doc: 'Further sources.' }),
      testSrcs: list(path(), { doc: 'Further sources of its tests.' }),
    },
    { doc: `What it has on ${name} only.` },
  );

/** A tree's tools run where they are built, so the platform is the machine's own. */
export const platformFields = { darwin: platform('Darwin'), linux: platform('Linux') };

interface Sources {
  readonly srcs: readonly string[];
  readonly testSrcs: readonly string[];
}

type Values = Sources & { readonly darwin: Sources; readonly linux: Sources };

/** Plain paths, relative to the source root. Patterns leave out what Go takes for tests. */
export function sourcesOf(ctx: GenerateContext<Values>): Sources {
  const { srcs, testSrcs, darwin, linux } = ctx.properties;
  const own: readonly (readonly [string, Sources])[] =
    process.platform === 'darwin'
      ? [['darwin.', darwin]]
      : process.platform === 'linux'
        ? [['linux.', linux]]
        : [];
  const all = [['', { srcs, testSrcs }] as const, ...own];
  return {
    srcs: all.flatMap(([at, one]) => {
      const literal = one.srcs.filter((source) => !/[*?[]/.test(source));
      const found = expandSources(ctx, `${at}srcs`, one.srcs);
      return found.filter(
        (file) => !file.endsWith('_test.go') || literal.some((source) => file.endsWith(source)),
      );
    }),
    testSrcs: all.flatMap(([at, one]) => expandSources(ctx, `${at}testSrcs`, one.testSrcs)),
  };
}

/** Reports that a module has no sources, unless it names some that are not there: that is reported already. */
export function requireSources(
  ctx: GenerateContext<Values>,
  srcs: readonly string[],
  what: string,
): void {
  if (srcs.length > 0 || ctx.properties.srcs.length > 0) return;
  ctx.propertyError('srcs', `${what} needs at least one source`);
}
