// Packages built without a sandbox, on the machine itself: what they are must not tell.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRig, PROGRAM, type Rig } from '../rig/program.ts';

/** A library with a patch and a configure, a program that is linked with it and run, a generator, two folders. */
const TREE = {
  Blueprints: `
package {
    name: "lib",
    version: "1",
    preset: "autotools",
    variables: { CONFIGURE_ARGS: "--sysconfdir=\${PREFIX}/etc --with-tree=\${ROOT} --cache=\${BUILD}" },
    functions: { note: "echo made > /out/notes/made" },
    sources: { lib: { files: ["configure", "Makefile.in", "lib.c", "lib.h"] } },
    patches: ["fix.patch"],
    requires: ["tool"],
    split: [{ name: "-dev", files: ["include"] }],
    formats: ["tar", "deb"],
    tasks: {
        configure: { prepend: ["chmod +x configure"] },
        notes: { after: ["compile"], before: ["deploy"], script: "note; test -d \\"$OUT/notes\\"", outputs: { notes: "/out/notes/" } },
        count: { uses: ["notes"], before: ["deploy"], script: "(ls \\"$INPUTS/notes\\"; ls /pkg/in/notes) > /out/count", outputs: { count: "/out/count" } },
    },
}
package {
    name: "app",
    version: "2",
    preset: "make",
    sources: { app: { files: ["app.c", "Makefile"] } },
    requires: ["lib"],
    build_requires: ["gen"],
    formats: ["tar", "deb"],
}
package {
    name: "gen",
    version: "1",
    sources: { gen: { files: ["gen.sh"] } },
    tasks: { install: { script: "install -D gen.sh $DESTDIR$PREFIX/bin/gen" } },
}
`,
  configure: `#!/bin/sh
for arg; do
    case $arg in
        --prefix=*) prefix=\${arg#*=} ;;
        --sysconfdir=*) test "$arg" = "--sysconfdir=$prefix/etc" || exit 3 ;;
        --with-tree=*) test -x "\${arg#*=}/bin/tool" || exit 4 ;;
        --*) ;;
        *=*) export "$arg" ;;
    esac
done
sed "s|@prefix@|$prefix|; s|@CFLAGS@|$CFLAGS|; s|@LDFLAGS@|$LDFLAGS|" Makefile.in > Makefile
`,
  'Makefile.in': `liblib.so: lib.c
\tcc @CFLAGS@ @LDFLAGS@ -DWHERE='"@prefix@/share"' -shared -fPIC lib.c -o liblib.so
install:
\tinstall -Dm644 liblib.so $(DESTDIR)@prefix@/lib/liblib.so
\tinstall -Dm644 lib.h $(DESTDIR)@prefix@/include/lib.h
`,
  'lib.c': 'const char *where = WHERE;\nint answer(void) { return 41; }\n',
  'lib.h': 'int answer(void);\n',
  'fix.patch': `--- a/lib.c
+++ b/lib.c
@@ -1,2 +1,2 @@
 const char *where = WHERE;
-int answer(void) { return 41; }
+int answer(void) { return 42; }
`,
  'app.c': '#include <lib.h>\n#include "gen.h"\nint main(void) { return answer() - gen; }\n',
  Makefile: `app: app.c
\tgen > gen.h && tool && cc $(CFLAGS) $(LDFLAGS) app.c -llib -o app && ./app
install:
\tinstall -D app $(DESTDIR)$(PREFIX)/bin/app
`,
  'gen.sh': '#!/bin/sh\necho "int gen = 42;"\n',
  'tool/buildinfo.json': '{}',
  'tool/extra/message': 'a tool\n',
  'tool/build': `mkdir "$PKG_PATH/bin"
ls /pkg/src "/pkg/work"
{ echo '#!/bin/sh'; echo "echo $(cat /pkg/extra/message)"; } > "$PKG_PATH/bin/tool"
chmod +x "$PKG_PATH/bin/tool"
`,
  'unit/buildinfo.json': '{"requires": ["lib", "tool"]}',
  'unit/build': `tool > "$PKG_PATH/said"
echo 'int answer(void); int main(void) { return answer() - 42; }' > a.c
cc a.c -I"$PKG_ROOT/include" -L"$PKG_ROOT/lib" -llib -o a && ./a
echo "ExecStart=/opt/ashlar/bin/tool" > "$PKG_PATH/unit"
`,
};

function tree(): Rig {
  const rig = createRig();
  rig.write(TREE);
  for (const name of ['configure', 'gen.sh']) chmodSync(join(rig.packages, name), 0o755);
  return rig;
}

/** What was written for people and repositories: path → bytes. */
function written({ packages }: Rig): Map<string, string> {
  const found = new Map<string, string>();
  for (const below of ['cache/packages', 'out/packages']) {
    const entries = readdirSync(join(packages, below), { recursive: true, encoding: 'utf8' });
    for (const path of entries.filter((name) => /\.(xz|deb)$|made$|count$/.test(name))) {
      found.set(`${below}/${path}`, readFileSync(join(packages, below, path)).toString('latin1'));
    }
  }
  return found;
}

test('packages, patches, requires and folders give the same files as in a sandbox', () => {
  using rig = tree();
  const run = rig.run(['build', '--sandbox', 'host']);
  expect(run.stderr).not.toContain('failed');
  const host = written(rig);
  for (const name of ['lib', 'lib-dev', 'app']) {
    expect([...host.keys()].filter((path) => path.includes(`/${name}_`))).toHaveLength(1);
  }
  // The results are kept apart: what could be seen was not only what was declared.
  rmSync(join(rig.packages, 'cache'), { recursive: true });
  rmSync(join(rig.packages, 'out'), { recursive: true });
  expect(rig.run(['build', '--require-cached', '--offline']).status).not.toBe(0);
  expect(rig.run(['build']).status).toBe(0);
  expect(written(rig)).toEqual(host);
  for (const path of ['/pkg', '/out']) expect(existsSync(path), path).toBe(false);
});

test('as an ordinary user, and a second time', () => {
  using rig = tree();
  const command = [
    'env',
    '-i',
    ...Object.entries(rig.env).map(([name, value]) => `${name}=${value}`),
  ];
  if (process.getuid!() === 0) {
    execFileSync('chown', ['-R', '65534:65534', rig.directory]);
    command.unshift('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups');
  }
  const build = (...words: string[]): string => {
    const [program, ...argv] = [...command, 'sh', '-c', `"$@" 2>&1`, 'sh', PROGRAM, ...words];
    return execFileSync(program!, argv, { cwd: rig.packages, encoding: 'utf8' });
  };
  expect(build('build', '--sandbox', 'host', 'app')).toContain('ran      app:deploy');
  expect(build('build', '--sandbox', 'host', 'app')).not.toContain('ran ');
  expect(build('verify', '--sandbox', 'host', 'gen')).toMatch(
    /^(\d+) of \1 tasks are reproducible$/m,
  );
});

test('a script that names the root itself is told which variable to use', () => {
  using rig = createRig();
  rig.write({
    Blueprints:
      'package { name: "p", version: "1", requires: ["q"], tasks: { install: { script: "/opt/nowhere/bin/q" } } }',
    'ashlar.json': '{"root": "/opt/nowhere"}',
    'q/buildinfo.json': '{}',
    'q/build': 'mkdir $PKG_PATH/bin; cp /bin/true $PKG_PATH/bin/q',
  });
  const { status, stderr } = rig.run(['build', '--sandbox', 'host']);
  expect(status).toBe(1);
  expect(stderr).toContain('p:install failed with exit status 127');
  expect(stderr).toContain('hint: nothing is at /opt/nowhere without a sandbox');
});
