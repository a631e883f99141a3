// `filegroup`: a name for some files.
import { list, moduleType, path } from '../api.ts';
import { setOutputs } from './name.ts';
import { addSourceDependencies, expandSources, filesProvider, sources } from './source.ts';

export const filegroup = moduleType({
  name: 'filegroup',
  doc: 'A name for some files: other modules list it among their sources as `:name`.',
  properties: {
    srcs: sources('The files.'),
    exclude_srcs: list(path(), { doc: 'Files to leave out. Wildcards are allowed.' }),
  },
  dependencies: (ctx) => addSourceDependencies(ctx, ctx.properties.srcs),
  generate(ctx) {
    const { srcs, exclude_srcs } = ctx.properties;
    const files = expandSources(ctx, 'srcs', srcs, exclude_srcs);
    ctx.set(filesProvider, { files });
    setOutputs(ctx, files);
  },
});
