// What the stock module types are told from outside.

/** Paths are relative to the source root. */
export interface StockConfig {
  /** Where all outputs go. */
  readonly out: string;
  /** The C compiler, found through PATH unless it holds a slash. */
  readonly cc: string;
  readonly ar: string;
}

export const DEFAULT_CONFIG: StockConfig = { out: 'out', cc: 'cc', ar: 'ar' };
