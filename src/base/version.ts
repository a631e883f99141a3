// The version of this Ashlar, which the bundler puts in for a name that is global to all sources.

declare global {
  /** Set by the bundler from package.json. */
  const ASHLAR_VERSION: string;
}

/** Of this Ashlar, such as `1.2.3`. */
export function ashlarVersion(): string {
  return ASHLAR_VERSION;
}
