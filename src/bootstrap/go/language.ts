// Go as the bootstrap knows it: its module types, and the script that each manifest with Go in it needs.
import { singleton } from '../../blueprint/api.ts';
import { bootstrapOf } from '../config.ts';
import { announcedProvider, type Language } from '../language.ts';
import { goBinaryType, goCoreBinaryType, goToolType } from './binary.ts';
import { goPackageType } from './package.ts';
import { copyRule, goPackage, MACHINE_NAMES, scriptRule } from './rules.ts';
import { findToolchain, missingToolchain } from './toolchain.ts';

const IS_GO = /^(bootstrap|bootstrap_core|blueprint)_go_(package|binary)$/;

const go = singleton('bootstrap_go', (ctx) => {
  const { stage } = bootstrapOf(ctx.config);
  const all = ctx.collected(announcedProvider);
  const built = all.filter(({ typeName, value }) => value.stage === stage && IS_GO.test(typeName));
  if (built.length > 0) {
    ctx.build(goPackage, {
      rule: scriptRule,
      outputs: ['${script}'],
      implicits: ['${GoRoot}/bin/go'],
      optional: true,
    });
  }
  // A tree that has no builder of its own is one whose users want its minibp: they find it beside its tools.
  const minibp = all.find(({ module, typeName }) => module === 'minibp' && IS_GO.test(typeName));
  const program = minibp?.value.program;
  if (program === undefined || stage !== 'main' || minibp?.value.stage === 'main') return;
  if (all.some(({ value }) => value.primaryBuilder)) return;
  ctx.build(goPackage, {
    rule: copyRule,
    outputs: ['${bootstrap.BuildDir}/bin/minibp'],
    inputs: [program],
  });
});

export const goLanguage: Language = {
  name: 'go',
  logic: {
    moduleTypes: [goPackageType, goCoreBinaryType, goBinaryType, goToolType],
    singletons: [go],
  },
  machine: {
    names: MACHINE_NAMES,
    find: (_source, env) => {
      const found = findToolchain(env);
      if (!found.ok) return {};
      const { root, compile, link, version } = found.value;
      return { GoRoot: root, GoCompile: compile, GoLink: link, GoVersion: version };
    },
    missing: missingToolchain,
  },
};
