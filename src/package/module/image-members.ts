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
import { parseTarget, spell } from '../variant.ts';
import type { ImageDeclaration } from './declaration.ts';
import type { ImageMember } from './rootfs.ts';
import { prefixOf } from './scope.ts';

/** The definitions whose ids an image needs. */
export function definitionsOf({ graph }: Tree, image: ImageDeclaration): Definition[] {
  return image.packages.flatMap((name) => findMember(graph.definitions, name)?.definition ?? []);
}

interface Member {
  readonly definition: Definition;
  /** The package that is split off it; its own name for itself. */
  readonly name: string;
}

function findMember(all: readonly Definition[], spelled: string): Member | undefined {
  const target = parseTarget(spelled);
  if (!target.ok) return undefined;
  const { name } = target.value;
  const variant = target.value.variant ?? null;
  const same = all.filter((one) => one.variant === variant);
  const definition =
    same.find((one) => one.name === name) ??
    same.find(({ module }) => module?.subpackages.some((one) => one.name === name) === true);
  return definition && { definition, name };
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
  const found = new Map<string, ImageMember>();
  const problems: Diagnostic[] = [];
  const add = ({ definition, name }: Member): void => {
    if (found.has(name)) return;
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
      return;
    }
    const { declaration, subpackages } = module;
    found.set(name, {
      name,
      version: declaration.values.version ?? '0',
      prefix: prefixOf(declaration, tree.settings.root),
      task: archive.task,
      output: archive.output,
    });
    if (name === definition.name) {
      for (const required of identities.closure(definition)) {
        add({ definition: required.definition, name: required.definition.name });
      }
      return;
    }
    for (const required of subpackages.find((one) => one.name === name)?.requires ?? []) {
      const member = findMember(tree.graph.definitions, required);
      if (member !== undefined) add(member);
    }
  };
  for (const name of image.packages) {
    const member = findMember(tree.graph.definitions, name);
    if (member !== undefined) add(member);
  }
  return problems.length > 0 ? failed(...problems) : ok([...found.values()]);
}
