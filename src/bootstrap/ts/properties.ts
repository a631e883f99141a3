// The properties of the module types of TypeScript.
import { list, map, nested, path, string } from '../../blueprint/api.ts';
import { commonFields, packageFields } from '../language.ts';

const tsFields = {
  main: path({
    doc: 'The source that others import, or that Node runs; the first one unless given.',
  }),
  tsconfig: path({
    doc: 'Options for the compiler, beside which those of the module are few. Strict ones unless given.',
  }),
};
export const tsPackageFields = {
  ...packageFields,
  ...tsFields,
  pkgPath: string({ doc: 'The name by which others import it. There must be one.' }),
};
export const tsBinaryFields = {
  ...commonFields,
  ...tsFields,
  entries: map(path(), { doc: 'Further sources that can be started or imported, by their names.' }),
  outdir: path({
    doc: 'Where the bundle goes, in the build directory; `.bootstrap/NAME` unless given.',
  }),
  launcher: path({ doc: 'The script to install as the program, instead of one that runs `main`.' }),
  data: list(
    nested({
      from: path({ required: true, doc: 'The file.' }),
      to: string({ required: true, doc: 'Its name there.' }),
    }),
    { doc: 'Files to lay beside the bundle.' },
  ),
  declarations: path({
    doc: 'A directory whose declarations go to `types` beside the bundle, for those that import it.',
  }),
  define: map(string(), { doc: 'Expressions that stand for a name, as in esbuild.' }),
  banner: string({ doc: 'A line of JavaScript at the top of each file.' }),
};
