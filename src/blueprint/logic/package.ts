// The rules that the stock module types use. Paths in statements are plain, not Ninja strings: they may
// hold a dollar, so they go through `literal`.
import { ninjaEscape, packageContext } from '../api.ts';
import type { StockConfig } from './config.ts';

export const stock = packageContext('ashlar/stock');

stock.variable('cc', ({ cc }: StockConfig) => cc);
stock.variable('ar', ({ ar }: StockConfig) => ar);

export const compileRule = stock.rule(
  'compile',
  {
    command: '$cc -MMD -MF $out.d $flags -c $in -o $out',
    description: 'compile $in',
    depfile: '$out.d',
    deps: 'gcc',
  },
  'flags',
);

export const archiveRule = stock.rule('archive', {
  // An archive that is there would be added to: members that are gone would stay.
  command: 'rm -f $out && $ar crsD $out $in',
  description: 'archive $out',
});

export const linkRule = stock.rule(
  'link',
  { command: '$cc $flags $in $libs -o $out', description: 'link $out' },
  'flags',
  'libs',
);

export const testRule = stock.rule('test', {
  // The path of a program always has a slash: no shell looks for it in PATH.
  command:
    'if $in > $out.log 2>&1; then touch $out; else status=$$?; cat $out.log; rm -f $out; exit $$status; fi',
  description: 'test $in',
});

/** Plain paths as Ninja strings. */
export function literal(paths: readonly string[]): string[] {
  return paths.map(ninjaEscape);
}
