import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planTurns, type Turn, type Work, type WorkPackage } from '../../src/bootstrap/turns.ts';

function plan(work: Work): readonly Turn[] {
  const planned = planTurns(work);
  if (!planned.ok) throw new Error(planned.diagnostics[0]!.message);
  return planned.value;
}

function pack(
  name: string,
  reads: readonly string[] = [],
  requires: readonly string[] = [],
): WorkPackage {
  return { name, reads, requires, makes: [`made/${name}`] };
}

test('what does not meet takes one turn each, rules first', () => {
  const edges = [{ outputs: ['a'], inputs: ['b'] }];
  expect(plan({ edges, packages: [pack('p')] })).toEqual([
    { kind: 'rules', outputs: undefined },
    { kind: 'tasks', names: undefined },
  ]);
});

test('rules that need a package come after it, in one turn', () => {
  const edges = [{ outputs: ['a'], inputs: ['made/p/lib'] }];
  expect(plan({ edges, packages: [pack('p'), pack('q')] })).toEqual([
    { kind: 'tasks', names: undefined },
    { kind: 'rules', outputs: undefined },
  ]);
});

test('a package of a rule of a package: three turns', () => {
  const edges = [
    { outputs: ['middle'], inputs: ['between'] },
    { outputs: ['between'], inputs: ['made/first/lib'] },
    { outputs: ['other'], inputs: ['source'] },
  ];
  const packages = [pack('first'), pack('last', ['middle'])];
  expect(plan({ edges, packages })).toEqual([
    { kind: 'tasks', names: ['first'] },
    { kind: 'rules', outputs: undefined },
    { kind: 'tasks', names: undefined },
  ]);
});

test('a rule of a package of a rule: only what that package reads is made first', () => {
  const edges = [
    { outputs: ['tool'], inputs: ['tool.c'] },
    { outputs: ['end'], inputs: ['made/p/lib', 'tool'] },
  ];
  expect(plan({ edges, packages: [pack('user', [], ['p']), pack('p', ['tool'])] })).toEqual([
    { kind: 'rules', outputs: ['tool'] },
    { kind: 'tasks', names: undefined },
    { kind: 'rules', outputs: undefined },
  ]);
});

test('what waits for itself is an error that names it', () => {
  const edges = [{ outputs: ['a'], inputs: ['made/p/lib'] }];
  expect(planTurns({ edges, packages: [pack('p', ['a'])] })).toMatchObject({
    ok: false,
    diagnostics: [{ code: 'build/cycle', message: expect.stringContaining('p') as string }],
  });
});

test('in any acyclic work everything is made, and nothing before what it reads', () => {
  // Layers alternate: what is made in one reads only what was made in those before.
  const shape = fc.array(fc.array(fc.nat(5), { maxLength: 3 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(shape, (layers) => {
      const edges: { outputs: string[]; inputs: string[] }[] = [];
      const packages: WorkPackage[] = [];
      for (const [layer, picks] of layers.entries()) {
        const from = (index: number): string => {
          const below = index % Math.max(1, layer);
          return below % 2 === 0 ? `rule${below}` : `made/task${below}/file`;
        };
        const reads = layer === 0 ? [] : picks.map(from);
        if (layer % 2 === 0) edges.push({ outputs: [`rule${layer}`], inputs: reads });
        else {
          const requires = reads.flatMap((path) => /^made\/(\w+)\//.exec(path)?.[1] ?? []);
          packages.push({ ...pack(`task${layer}`, reads, requires), makes: [`made/task${layer}`] });
        }
      }
      const turns = plan({ edges, packages });
      const done = new Set<string>();
      const make = (turn: Turn): void => {
        if (turn.kind === 'tasks') {
          for (const { name, reads } of packages) {
            if (turn.names !== undefined && !turn.names.includes(name)) continue;
            for (const path of reads.filter((one) => one.startsWith('rule')))
              expect(done).toContain(path);
          }
          for (const { name } of packages) {
            if (turn.names === undefined || turn.names.includes(name)) done.add(name);
          }
          return;
        }
        for (const { outputs, inputs } of edges) {
          const wanted = turn.outputs === undefined || turn.outputs.includes(outputs[0]!);
          if (!wanted) continue;
          for (const path of inputs) {
            const task = /^made\/(\w+)\//.exec(path)?.[1];
            if (task !== undefined) expect(done).toContain(task);
          }
          done.add(outputs[0]!);
        }
        // Ninja makes what these need as well.
        for (const { outputs } of edges) if (turn.outputs !== undefined) done.add(outputs[0]!);
      };
      for (const turn of turns) make(turn);
      for (const { name } of packages) expect(done).toContain(name);
      for (let at = 1; at < turns.length; at++)
        expect(turns[at]!.kind).not.toBe(turns[at - 1]!.kind);
    }),
  );
});
