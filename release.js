// `npm run release`: checks, builds and packs what would be published, then unpacks it elsewhere and runs
// it. Publishes nothing: that is a person's decision.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const here = import.meta.dirname;
const { version } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
const run = (command, argv, options = {}) =>
  execFileSync(command, argv, { cwd: here, stdio: 'inherit', ...options });

run(process.execPath, ['check.js']);
// A build keeps what the one before left.
rmSync(join(here, 'dist'), { recursive: true, force: true });
run(process.execPath, ['build.js']);
const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', tmpdir()], {
  cwd: here,
  encoding: 'utf8',
});
const [{ filename, size, files }] = JSON.parse(packed);
const archive = join(tmpdir(), filename);
const scratch = mkdtempSync(join(tmpdir(), 'ashlar-release-'));
try {
  run('tar', ['-xzf', archive, '-C', scratch]);
  const said = execFileSync(join(scratch, 'package/bin/ashlar'), ['--version'], {
    encoding: 'utf8',
  });
  if (said !== `ashlar ${version}\n`) throw new Error(`the packed program says ${said}`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`${archive}: ${files.length} files, ${(size / 1000).toFixed(0)} kB`);
