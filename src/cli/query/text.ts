// Answers as text for people: one thing on each line, in columns, names first.
import { printable } from '../../base/diagnostic.ts';
import type {
  FilePosition,
  PropertyAnswer,
  PropertySetting,
} from '../../blueprint/query/properties.ts';
import { showPlain } from '../../blueprint/query/show.ts';
import type { ModuleRow } from './row.ts';

/** Lines of columns, each as wide as its widest cell. */
export function columns(rows: readonly (readonly string[])[], indent = ''): string {
  const shown = rows.map((row) => row.map(printable));
  const widths: number[] = [];
  for (const row of shown) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return shown
    .map((row) => {
      const line = row.map((cell, i) => cell.padEnd(widths[i]!)).join('  ');
      return `${indent}${line.trimEnd()}\n`;
    })
    .join('');
}

export function place({ file, line, column }: FilePosition): string {
  return `${file}:${line}:${column}`;
}

/** What is said of a module behind its name. */
export function moduleCells(row: ModuleRow): string[] {
  const { type, createdBy } = row;
  return [type, createdBy === undefined ? place(row) : `${place(row)} (created by ${createdBy})`];
}

/** A property: a line for itself, and one for each thing that set it. */
export function propertyText({ name, value, problem, set, type }: PropertyAnswer): string {
  if (problem !== undefined) return `  ${name}: cannot be decided: ${printable(problem)}\n`;
  const [only] = set;
  if (only === undefined) {
    const shown = value === undefined ? 'not set' : `${printable(showPlain(value))} by default`;
    return `  ${name}: ${shown}\n`;
  }
  const sum = set.length > 1 && !type.includes('list') && !type.includes('map');
  const head = sum ? `  ${name}: ${printable(showPlain(value))}\n` : `  ${name}:\n`;
  return head + columns(set.map(settingCells), '    ');
}

function settingCells(setting: PropertySetting): string[] {
  const { value, at, used, select, steps } = setting;
  const how = steps.map(({ by, from }) =>
    from === undefined ? `by ${by}` : `from "${from}" by ${by}`,
  );
  if (select !== undefined) how.unshift(`where ${select}`);
  if (used !== undefined) how.unshift(`used at ${place(used)}`);
  return [place(at), value, how.join(', ')];
}
