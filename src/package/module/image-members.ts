// Which archives an image is made of: those of the packages that it names, and of all that these require.
import {
  definitionError,
  failed,
  ok,
  type Diagnostic,
  type Result,
} from '../../base/diagnostic.ts';
import type { Definition } from '../definition.ts';
import type { Identities } from '../ids.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { Tree } from '../tree.ts';
import { spell } from '../variant.ts';
import type { ImageDeclaration } from './declaration.ts';
import { definitionsFor, findMember, withRequired, type Member } from './member.ts';
import type { ImageMember } from './rootfs.ts';
import { prefixOf } from './scope.ts';

/** The definitions whose ids an image needs. */
export function definitionsOf({ graph }: Tree, image: ImageDeclaration): Definition[] {
  return definitionsFor(membersOf(graph.definitions, image), graph.definitions);
}

function membersOf(all: readonly Definition[], image: ImageDeclaration): Member[] {
  return image.packages.flatMap((name) => findMember(all, name) ?? []);
}

/**
 * The members of an image, each once. Error `image/no-archive`, at the image: a package of a buildinfo
 * file, or one that writes no `tar`.
 */
export function imageMembers(
  tree: Tree,
  image: ImageDeclaration,
  identities: Identities,
  pipelines: ReadonlyMap<Definition, Pipeline>,
): Result<readonly ImageMember[]> {
  const found: ImageMember[] = [];
  const problems: Diagnostic[] = [];
  const all = tree.graph.definitions;
  const closureOf = (definition: Definition): readonly Definition[] =>
    identities.closure(definition).map((required) => required.definition);
  for (const { definition, name } of withRequired(membersOf(all, image), all, closureOf)) {
    const { module } = definition;
    const archive = pipelines.get(definition)?.archives.find((one) => one.name === name);
    if (module === undefined || archive === undefined) {
      problems.push(
        definitionError({
          code: 'image/no-archive',
          message: `the image ${image.name} needs ${spell(definition)}, which ${module === undefined ? 'is a package of a buildinfo.json' : 'writes no "tar"'}`,
          at: image.placeOf('packages') ?? image.at,
          hint:
            module === undefined
              ? 'its files belong below the install root; "ashlar build --bootstrap" makes an archive of such a root'
              : 'add "tar" to its formats',
        }),
      );
      continue;
    }
    const { declaration } = module;
    found.push({
      name,
      version: declaration.values.version ?? '0',
      prefix: prefixOf(declaration, tree.settings.root),
      task: archive.task,
      output: archive.output,
    });
  }
  return problems.length > 0 ? failed(...problems) : ok(found);
}
