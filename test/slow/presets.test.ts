// Software that is built by tools which are large to install: each on a small project, without a network.
import { expect, test } from 'vitest';
import { archiveOf, HELLO_C, listed, runs } from '../rig/preset.ts';
import { createRig } from '../rig/program.ts';

test('cmake', () => {
  using rig = createRig();
  const archive = archiveOf(
    rig,
    'preset: "cmake", sources: { p: { files: ["CMakeLists.txt", "p.c"] } }',
    {
      'CMakeLists.txt':
        'cmake_minimum_required(VERSION 3.18)\nproject(p C)\nadd_executable(p p.c)\ninstall(TARGETS p)\ninstall(FILES p.c DESTINATION share/p)\n',
      'p.c': HELLO_C,
    },
  );
  expect(listed(archive)).toEqual(['bin/p', 'pkginfo.json', 'share/p/p.c']);
  expect(runs(rig, archive, 'bin/p')).toBe('hello\n');
});

test('meson', () => {
  using rig = createRig();
  const archive = archiveOf(
    rig,
    'preset: "meson", sources: { p: { files: ["meson.build", "p.c"] } }',
    {
      'meson.build': "project('p', 'c')\nexecutable('p', 'p.c', install: true)\n",
      'p.c': HELLO_C,
    },
  );
  expect(listed(archive)).toEqual(['bin/p', 'pkginfo.json']);
  expect(runs(rig, archive, 'bin/p')).toBe('hello\n');
});

test('cargo, with a crate that the sources bring', () => {
  using rig = createRig();
  const archive = archiveOf(
    rig,
    'preset: "cargo", sources: { p: { files: ["Cargo.toml", "src/*", "vendor/**/*", "vendor/*/.cargo-checksum.json"] } }',
    {
      'Cargo.toml':
        '[package]\nname = "p"\nversion = "1.0.0"\nedition = "2021"\n[dependencies]\nword = "0.1.0"\n',
      'src/main.rs': 'fn main() { println!("{}", word::word()); }\n',
      'vendor/word/Cargo.toml': '[package]\nname = "word"\nversion = "0.1.0"\nedition = "2021"\n',
      'vendor/word/src/lib.rs': 'pub fn word() -> &\'static str { "hello" }\n',
      'vendor/word/.cargo-checksum.json': '{"files":{}}',
    },
  );
  expect(listed(archive)).toEqual(['bin/p', 'pkginfo.json']);
  expect(runs(rig, archive, 'bin/p')).toBe('hello\n');
});

test('go', () => {
  using rig = createRig();
  const archive = archiveOf(rig, 'preset: "go", sources: { p: { files: ["go.mod", "*.go"] } }', {
    'go.mod': 'module example.org/p\n\ngo 1.19\n',
    'main.go': 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("hello") }\n',
  });
  expect(listed(archive)).toEqual(['bin/p', 'pkginfo.json']);
  expect(runs(rig, archive, 'bin/p')).toBe('hello\n');
});
