// `image`: a root file system made of packages.
import { list, moduleType, string } from '../../blueprint/api.ts';
import { declaredPlace, imageProvider } from './declared.ts';

export const imageModule = moduleType({
  name: 'image',
  doc:
    'A root file system: an archive of all files of some packages and of what they require, and the list ' +
    'of these packages. It is made of written packages alone; nothing else is restored for it.',
  properties: {
    packages: list(string(), {
      required: true,
      doc: 'The packages: `name`, `name:variant`, or the name of one that `split` makes.',
    }),
    formats: list(string(), {
      doc: 'What is written: `tar`, `tar.gz`, `tar.xz`, `tar.zst`, `oci`. Only `tar.xz` unless given.',
    }),
  },
  generate(ctx) {
    const { packages, formats } = ctx.properties;
    ctx.set(imageProvider, {
      name: ctx.name,
      packages,
      formats: formats.length === 0 ? ['tar.xz'] : formats,
      modules: [declaredPlace(ctx.placeOf()!)],
    });
  },
});
