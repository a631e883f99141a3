// The help of every command and of every group of commands, byte for byte: what users read first.
import { run, type Command, type CommandContext, type RouteMap } from '@stricli/core';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createApplication } from '../../src/cli/application.ts';
import { commands } from '../../src/cli/command/table.ts';
import { createContext } from '../../src/cli/context.ts';

const GOLDEN = join(import.meta.dirname, '../golden/help');

vi.stubGlobal('ASHLAR_VERSION', '0.0.0');

/** The words of everything that has a help of its own. */
function paths(routes: typeof commands, above: readonly string[] = []): (readonly string[])[] {
  return Object.entries(routes).flatMap(([name, target]) => {
    const path = [...above, name];
    return isGroup(target) ? [path, ...paths(routesOf(target), path)] : [path];
  });
}

function isGroup<C extends CommandContext>(
  target: Command<C> | RouteMap<C>,
): target is RouteMap<C> {
  return 'getAllEntries' in target;
}

function routesOf<C extends CommandContext>(
  group: RouteMap<C>,
): Record<string, Command<C> | RouteMap<C>> {
  return Object.fromEntries(
    group.getAllEntries().map(({ name, target }) => [name.original, target]),
  );
}

async function helpOf(path: readonly string[]): Promise<string> {
  let text = '';
  const stream = { write: (piece: string) => void (text += piece) };
  const context = { ...createContext(), process: { stdout: stream, stderr: stream, env: {} } };
  await run(createApplication(false), [...path, '--help'], context);
  return text;
}

const all = [[], ...paths(commands)];
const nameOf = (path: readonly string[]): string => ['ashlar', ...path].join('-');

test.each(all.map((path) => [nameOf(path), path] as const))('%s', async (name, path) => {
  const text = await helpOf(path);
  expect(text).toContain('USAGE');
  await expect(text).toMatchFileSnapshot(join(GOLDEN, `${name}.txt`));
});

test('no file is of a command that is gone', () => {
  expect(readdirSync(GOLDEN).sort()).toEqual(all.map((path) => `${nameOf(path)}.txt`).sort());
});
