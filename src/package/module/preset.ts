// Presets: the ways in which most software is built, as data of the kind that `defaults` modules hold.
// Whoever needs another writes such a module, or gives `packageType` one.
import { PRESET_DATA } from './presetdata.ts';
import { packageValues, type PackageValues } from './properties.ts';

export interface Preset {
  readonly doc: string;
  readonly values: PackageValues;
}

/** By the name that `preset` takes. */
export const PRESETS: Readonly<Record<string, Preset>> = Object.fromEntries(
  Object.entries(PRESET_DATA).map(([name, { doc, data }]) => [
    name,
    { doc, values: packageValues(data) },
  ]),
);
