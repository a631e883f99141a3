// The steps that tasks can name: work that Ashlar does itself. A task that has a step is like any other.
import { deploy } from './deploy.ts';
import type { StepKind } from './kind.ts';
import { qa } from './qa.ts';
import { split } from './split.ts';
import { unpack } from './unpack.ts';
import { writeApk } from './write-apk.ts';
import { writeDeb } from './write-deb.ts';
import { writeIpk } from './write-ipk.ts';
import { writeRpm } from './write-rpm.ts';
import { writeTar } from './write-tar.ts';

/** Gets sources: the one step that makes tasks of another kind, with the network. */
export const FETCH = 'fetch';

export const STEPS: Readonly<Record<string, StepKind | typeof FETCH>> = {
  [FETCH]: FETCH,
  unpack,
  split,
  qa,
  write_tar: writeTar,
  write_deb: writeDeb,
  write_rpm: writeRpm,
  write_ipk: writeIpk,
  write_apk: writeApk,
  deploy,
};
