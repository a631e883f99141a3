// Whole paths against patterns with directories: each part by its own pattern, and one `**` for any
// number of directories. Knows nothing of files. Parts are compared from the last one up, so a
// malformed part is only seen where the comparison gets to it.
import { compilePattern, PatternError, type Matcher } from './pattern.ts';
import { cleanPath } from './path.ts';

export const LAST_RECURSIVE = "pattern has '**' as last path element";
export const MULTIPLE_RECURSIVE = "pattern contains multiple '**'";
export const INVALID_RECURSIVE =
  "pattern contains other characters between '**' and path separator";

/**
 * A matcher of whole paths for a pattern. A pattern that ends in `/` matches only names that do, and
 * the other way round. The matcher, not this function, throws PatternError for malformed patterns.
 */
export function pathMatcher(pattern: string): Matcher {
  const compiled = new Map<string, Matcher>();
  const matchPart = (part: string, name: string): boolean => {
    let matcher = compiled.get(part);
    if (matcher === undefined) compiled.set(part, (matcher = compilePattern(part)));
    return matcher(name);
  };
  return (name) => matchPath(pattern, name, matchPart);
}

function matchPath(
  wholePattern: string,
  wholeName: string,
  matchPart: (part: string, name: string) => boolean,
): boolean {
  if (base(wholePattern) === '**') throw new PatternError(LAST_RECURSIVE);
  if (wholePattern.endsWith('/') !== wholeName.endsWith('/')) return false;
  let pattern = wholePattern.replace(/\/$/, '');
  let name = wholeName.replace(/\/$/, '');
  for (;;) {
    const patternPart = base(pattern);
    pattern = directory(pattern);
    if (patternPart === '**') return matchAnyPrefix(pattern, name, matchPart);
    if (patternPart.includes('**')) throw new PatternError(INVALID_RECURSIVE);
    const namePart = base(name);
    name = directory(name);
    if (isTop(namePart) || isTop(patternPart)) return namePart === patternPart;
    if (!matchPart(patternPart, namePart)) return false;
  }
}

/** Whether some directory above (or at) `name` matches the part of the pattern before `**`. */
function matchAnyPrefix(
  pattern: string,
  wholeName: string,
  matchPart: (part: string, name: string) => boolean,
): boolean {
  if (pattern.includes('**')) throw new PatternError(MULTIPLE_RECURSIVE);
  let name = wholeName;
  while (!isTop(name)) {
    if (matchPart(pattern, name)) return true;
    name = directory(name);
  }
  return name === pattern;
}

function isTop(path: string): boolean {
  return path === '.' || path === '/';
}

function directory(path: string): string {
  return cleanPath(path.slice(0, path.lastIndexOf('/') + 1));
}

function base(path: string): string {
  if (path === '') return '.';
  const stripped = path.replace(/\/+$/, '');
  return stripped === '' ? '/' : stripped.slice(stripped.lastIndexOf('/') + 1);
}
