// Manifests of trees with Go in them, as one stage of the bootstrap makes them.
import { formatDiagnostic } from '../../../src/blueprint/api.ts';
import { diskFiles, Engine, memoryFiles, type FileSystem } from '../../../src/blueprint/api.ts';
import type { BootstrapConfig, BootstrapSettings } from '../../../src/bootstrap/config.ts';
import { stockLogic } from '../../../src/blueprint/logic/stock.ts';
import { goLanguage } from '../../../src/bootstrap/go/language.ts';
import { stageLogic } from '../../../src/bootstrap/stage.ts';

export const TOOLS = {
  GoRoot: '/go',
  GoCompile: '/go/compile',
  GoLink: '/go/link',
  GoVersion: 'go1.99',
};

export type Settings = Partial<BootstrapSettings>;

/** What a stage makes of a tree: the manifest, or the errors one per line. */
export function manifestOf(
  files: Readonly<Record<string, string>> | string,
  settings: Settings = {},
): string {
  return manifest(typeof files === 'string' ? diskFiles(files) : memoryFiles(files), settings);
}

function manifest(files: FileSystem, settings: Settings): string {
  const bootstrap: BootstrapSettings = {
    stage: 'main',
    buildDir: 'out',
    topFile: 'Blueprints',
    template: undefined,
    bootstrap: 'true',
    runTests: false,
    engine: 'ashlar',
    tools: TOOLS,
    ...settings,
  };
  const config: BootstrapConfig = { out: 'out', cc: 'cc', ar: 'ar', bootstrap };
  const engine = new Engine({ files, config }, goLanguage.logic, stageLogic, stockLogic);
  for (const phase of ['parse', 'resolve', 'prepare'] as const) {
    const diagnostics = engine[phase]();
    if (diagnostics.length > 0) return diagnostics.map((one) => formatDiagnostic(one)).join('\n');
  }
  return engine.manifest();
}

/** The statements of a manifest, one per line: outputs, rule and inputs; and below, its variables. */
export function statements(text: string): string[] {
  return text
    .replaceAll(/\$\n\s*/g, '')
    .replaceAll('${g.bootstrap.BuildDir}', 'OUT')
    .replaceAll('${g.bootstrap.BuildDirWord}', 'OUT')
    .split('\n')
    .filter((line) => /^(build | {4})/.test(line))
    .join('\n')
    .replace(/^[\s\S]*?(?=^build )/m, '')
    .split('\n');
}
