// Conditions of `select` that modules decide.
import { expect, test } from 'vitest';
import { configurable, list, moduleType, string } from '../../../src/index.ts';
import { messages } from './graph.ts';

test('a condition that there is not is told, with those that there are', () => {
  const seen: unknown[] = [];
  const type = moduleType({
    name: 'm',
    properties: { flags: configurable(list(string())) },
    generate: (ctx) => void seen.push(ctx.evaluate(ctx.properties.flags, 'flags')),
  });
  const conditions = { arch: () => 'arm', os: () => 'linux' };
  const run = (condition: string): string[] =>
    messages(`m { name: "a", flags: select(${condition}(), { "arm": ["-a"], default: ["-d"] }) }`, {
      moduleTypes: [type],
      conditions,
    });
  expect(run('arch')).toEqual([]);
  expect(run('os')).toEqual([]);
  expect(seen).toEqual([['-a'], ['-d']]);
  for (const name of ['cpu', 'toString']) {
    expect(run(name)).toEqual([`unknown condition ${name}(); known are arch, os`]);
  }
});
