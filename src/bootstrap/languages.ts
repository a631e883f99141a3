// The languages that a tree's own programs can be written in.
import type { Diagnostic } from '../base/diagnostic.ts';
import { combine, type Logic } from '../blueprint/api.ts';
import { goLanguage } from './go/language.ts';
import type { Language } from './language.ts';
import { manifestsLogic } from './manifests.ts';
import { stageLogic } from './stage.ts';
import { typescript } from './ts/module.ts';

export const LANGUAGES: readonly Language[] = [typescript, goLanguage];

/** Everything of the bootstrap that a generator needs to know. */
export const bootstrapLogic: Logic = combine(
  ...LANGUAGES.map(({ logic }) => logic),
  stageLogic,
  manifestsLogic,
);

/** Names of all values of the machine, sorted: they are the same in every template. */
export function toolNames(): string[] {
  return LANGUAGES.flatMap(({ machine }) => machine.names).sort();
}

/** What is found on this machine; what is missing is empty. */
export function findAllTools(source: string, env: NodeJS.ProcessEnv): Record<string, string> {
  const tools = Object.fromEntries(toolNames().map((name) => [name, '']));
  for (const { machine } of LANGUAGES) {
    for (const [name, value] of Object.entries(machine.find(source, env))) {
      if (value !== undefined) tools[name] = value;
    }
  }
  return tools;
}

/** Why a value of the machine is missing; undefined for names that are none, or where that needs no words. */
export function missingTool(name: string): Diagnostic | undefined {
  const language = LANGUAGES.find(({ machine }) => machine.names.includes(name));
  return language?.machine.missing?.(process.env);
}
