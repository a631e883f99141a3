// `write_ipk`: a package for small machines that are kept with opkg.
import type { StepKind } from './kind.ts';
import { prepareDeb } from './write-deb.ts';

export const writeIpk: StepKind = { version: 1, prepare: (setup) => prepareDeb(setup, 'ipk') };
