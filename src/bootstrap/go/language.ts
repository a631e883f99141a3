// Go as the bootstrap knows it: its module types, and the script that each manifest with Go in it needs.
import { singleton } from '../../blueprint/api.ts';
import { bootstrapOf } from '../config.ts';
import { announcedProvider, type Language } from '../language.ts';
import { goBinaryType, goCoreBinaryType, goToolType } from './binary.ts';
import { goPackageType } from './package.ts';
import { goPackage, MACHINE_NAMES, scriptRule } from './rules.ts';
import { findToolchain } from './toolchain.ts';

const script = singleton('bootstrap_go', (ctx) => {
  const { stage } = bootstrapOf(ctx.config);
  const isGo = /^(bootstrap|bootstrap_core|blueprint)_go_(package|binary)$/;
  const built = ctx
    .collected(announcedProvider)
    .some(({ typeName, value }) => value.stage === stage && isGo.test(typeName));
  if (!built) return;
  ctx.build(goPackage, { rule: scriptRule, outputs: ['${script}'], optional: true });
});

export const goLanguage: Language = {
  name: 'go',
  logic: {
    moduleTypes: [goPackageType, goCoreBinaryType, goBinaryType, goToolType],
    singletons: [script],
  },
  machine: {
    names: MACHINE_NAMES,
    find: (_source, env) => {
      const found = findToolchain(env);
      if (!found.ok) return {};
      const { root, compile, link, version } = found.value;
      return { GoRoot: root, GoCompile: compile, GoLink: link, GoVersion: version };
    },
  },
};
