// `write_ipk`: a package for small machines that are kept with opkg.
import type { StepKind } from './kind.ts';
import { debianStep } from './write-deb.ts';

export const writeIpk: StepKind = debianStep('ipk');
