// `cc_library`: a static library in C.
import { joinPath, list, moduleType, path } from '../api.ts';
import { addCcDependencies, ccFields, compile, libraryProvider } from './cc.ts';
import { setOutputs } from './name.ts';
import { archiveRule, literal, stock } from './package.ts';
import { expandSources, pathIn } from './source.ts';

export const ccLibrary = moduleType({
  name: 'cc_library',
  doc: 'A static library in C. Without sources it only offers headers.',
  properties: {
    ...ccFields,
    export_include_dirs: list(path(), {
      doc: 'Directories in which its sources, and those that use the library, find headers.',
    }),
  },
  dependencies: addCcDependencies,
  generate(ctx) {
    const { export_include_dirs, generated_headers, libs } = ctx.properties;
    const exported = export_include_dirs.map((one) => pathIn(ctx.directory, one));
    const { objects, sources, used, variantDirectory } = compile(ctx, exported);
    const archives = [];
    if (objects.length > 0) {
      const archive = `${variantDirectory('lib')}/${joinPath(ctx.directory, `lib${ctx.name}.a`)}`;
      ctx.build(stock, {
        rule: archiveRule,
        outputs: literal([archive]),
        inputs: literal(objects),
      });
      archives.push(archive);
    }
    ctx.set(libraryProvider, {
      archives: [...archives, ...used.archives],
      includeDirs: [...exported, ...used.includeDirs],
      headers: [...expandSources(ctx, 'generated_headers', generated_headers), ...used.headers],
      libs: [...libs, ...used.libs],
    });
    setOutputs(ctx, archives, sources);
  },
});
