// `write_tar`: the archive that repositories hand out and installations unpack, as buildinfo packages have
// it. The package's id is not in it, so that the same files are the same archive.
import { buildError, failed, ok } from '../../../base/diagnostic.ts';
import { packArchive } from '../../../format/archive.ts';
import { reservedUnits } from '../../pipeline/units.ts';
import { onlyOutput, type StepKind, type StepNeeds, type StepSetup } from './kind.ts';

/** Of all steps that write a package. */
export const WRITER_NEEDS: StepNeeds = { each: 'package', input: true, output: 'file' };

export const writeTar: StepKind = {
  version: 1,
  needs: WRITER_NEEDS,
  prepare(setup) {
    const name = setup.element!;
    return {
      parameters: { name, compression: 'xz' },
      run: async (context) => {
        const tree = context.locate(treeOf(setup));
        const reserved = reservedUnits(tree);
        if (reserved.length > 0) {
          return failed(
            buildError({
              code: 'package/reserved-unit',
              message: `${name} brings units with reserved names: ${reserved.join(', ')}`,
              hint: 'these belong to the installation itself; name the units after the package',
            }),
          );
        }
        const file = context.locate(onlyOutput(setup).at);
        const packed = await packArchive(tree, file, { codec: 'xz', signal: context.signal });
        return packed.ok ? ok(undefined) : packed;
      },
    };
  },
};

/** Where the files of the package are that a task is made for: the first output it uses holds them all. */
export function treeOf({ inputs, element }: StepSetup): string {
  const [split] = inputs.values();
  return `${split!}/${element!}`;
}
