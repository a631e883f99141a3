// A bounded run of the archive fuzzer. FUZZ_ROUNDS and FUZZ_SEED make it longer or other.
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { fuzzArchive, type Subject } from '../../fuzz/archive.ts';

const factor = Number(process.env['FUZZ_ROUNDS'] ?? 1);
const seed = Number(process.env['FUZZ_SEED'] ?? 20_240_917);
const withoutBzip2 = spawnSync('bzip2', ['--help']).error !== undefined;

/** Programs cost a process for each round. */
const ROUNDS: Readonly<Record<Subject, number>> = {
  tar: 600,
  zip: 300,
  gzip: 150,
  zstd: 250,
  xz: 25,
  bzip2: 25,
};

test.each(Object.entries(ROUNDS) as [Subject, number][])(
  '%s fails as it should or gives what went in',
  async (subject, rounds) => {
    if (subject === 'bzip2' && withoutBzip2) return;
    const report = await fuzzArchive(subject, { seed, rounds: Math.ceil(rounds * factor) });
    expect(report.rounds).toBeGreaterThanOrEqual(rounds * factor);
    // Damage that hits nothing but padding keeps some whole; if all or none were, it would test nothing.
    expect(report.unpacked).toBeLessThan(report.rounds);
    if (subject === 'tar') expect(report.unpacked).toBeGreaterThan(report.rounds / 100);
  },
  600_000,
);
