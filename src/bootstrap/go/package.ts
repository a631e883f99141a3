// `bootstrap_go_package`: a package of Go sources, and what packages are to those that import them.
import { moduleType, string } from '../../blueprint/api.ts';
import { announce, packageFields } from '../language.ts';
import { placementOf, typeName } from '../stage.ts';
import { goProvider, compile, pathBelow, usedPackages } from './compile.ts';
import { addTools, loaderProvider, toolOf } from './tool.ts';
import { makePlugins } from './plugin.ts';
import { platformFields, requireSources, sourcesOf } from './source.ts';
import { makeTest } from './test.ts';

export const goPackageType = moduleType({
  name: typeName('go', 'package'),
  doc: 'A package of Go sources. It is built in the first stage in which something needs it.',
  properties: {
    ...packageFields,
    ...platformFields,
    pkgPath: string({ doc: 'The path by which Go sources import it. Required.' }),
  },
  dependencies: addTools,
  generate(ctx) {
    const { pkgPath } = ctx.properties;
    const placement = placementOf(ctx);
    if (pkgPath === '') ctx.error(`module ${ctx.name} did not specify a valid pkgPath`);
    else if (!isImportPath(pkgPath)) {
      ctx.propertyError('pkgPath', `${JSON.stringify(pkgPath)} is no path that Go can import`);
    }
    const directory = pathBelow(ctx, 'pkg');
    const archive = pathBelow(ctx, `pkg/${pkgPath}.a`);
    ctx.set(goProvider, { pkgPath, directory, archive });
    const loader = toolOf(ctx, 'loadplugins');
    if (loader !== undefined) ctx.set(loaderProvider, loader);
    const used = usedPackages(ctx, pkgPath);
    const { srcs, testSrcs } = sourcesOf(ctx);
    const tests: string[] = [];
    if (placement.builtHere && pkgPath !== '') {
      const name = pkgPath.slice(pkgPath.lastIndexOf('/') + 1);
      const generated = makePlugins(ctx, name);
      requireSources(ctx, [...srcs, ...generated], 'a package');
      const unit = { pkgPath, srcs, generated, used };
      tests.push(...makeTest(ctx, unit, testSrcs));
      compile(ctx, { ...unit, archive, after: tests });
    } else if (placement.runTests && testSrcs.length > 0) {
      tests.push(pathBelow(ctx, 'test/test.passed').path);
    }
    announce(ctx, {
      kind: 'package',
      stage: placement.stage,
      program: undefined,
      primaryBuilder: false,
      tests,
    });
  },
});

/** What Go's own tools take for a path: words of letters, digits and `-._~+`, with slashes between them. */
function isImportPath(path: string): boolean {
  return path.split('/').every((word) => /^[\p{L}\p{N}_.~+-]+$/u.test(word) && !/^\.+$/.test(word));
}
