import { describe, expect, test } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import {
  encodeAction,
  encodeActionResult,
  encodeCommand,
  encodeDirectory,
  encodeTree,
} from '../../src/remote/encode.ts';
import type { Action, ActionResult, Command, Directory } from '../../src/remote/message.ts';

/** The digests were computed by an encoder written for this purpose, from the API's field numbers. */
const SMALL: Directory = {
  files: [{ name: 'a.txt', digest: digestOf('abc'), executable: false }],
  directories: [],
  symlinks: [],
};
const FULL: Directory = {
  files: [
    { name: 'empty', digest: digestOf(''), executable: false },
    { name: 'run', digest: digestOf('#!/bin/sh\n'), executable: true },
    { name: 'secret', digest: digestOf('s'), executable: false, mode: 0o600 },
    { name: 'zero', digest: digestOf('z'), executable: false, mode: 0 },
    { name: '\ue000', digest: digestOf('x'), executable: false },
    { name: '\u{1f600}', digest: digestOf('y'), executable: false },
  ],
  directories: [{ name: 'sub', digest: digestOf(encodeDirectory(SMALL)) }],
  symlinks: [{ name: 'link', target: '../x' }],
  mode: 0o1777,
};
const COMMAND: Command = {
  arguments: ['/bin/bash', '-c', ''],
  environment: [
    ['A', '1'],
    ['B', ''],
  ],
  outputPaths: ['out/a', 'out/b'],
  workingDirectory: 'pkg/src',
};
const ACTION: Action = {
  command: digestOf(encodeCommand(COMMAND)),
  inputRoot: digestOf(encodeDirectory(FULL)),
  timeoutSeconds: 90,
  platform: [
    ['image', 'x'],
    ['network', 'false'],
  ],
};
const RESULT: ActionResult = {
  files: [{ path: 'out/file', digest: digestOf('abc'), executable: true }],
  directories: [
    {
      path: 'out/tree',
      tree: digestOf(encodeTree({ root: FULL, children: [SMALL] })),
      root: digestOf(encodeDirectory(FULL)),
    },
  ],
  exitCode: 3,
  log: digestOf('log\n'),
  worker: 'host',
  startedMs: 1_700_000_000_123,
  completedMs: 1_700_000_001_000,
};

describe('known answers', () => {
  test('the bytes of small messages', () => {
    expect(Buffer.from(encodeDirectory(SMALL)).toString('hex')).toBe(
      '0a4d0a05612e7478741244' +
        '0a4062613738313662663866303163666561343134313430646535646165323232336230303336316133393631373761' +
        '396362343130666636316632303031356164' +
        '1003',
    );
    expect(Buffer.from(encodeCommand(COMMAND)).toString('hex')).toBe(
      '0a092f62696e2f626173680a022d630a0012060a014112013112030a01423207706b672f7372633a056f75742f613a056f75742f62',
    );
    expect(encodeDirectory({ files: [], directories: [], symlinks: [] })).toHaveLength(0);
  });

  test.each([
    [
      'directory',
      encodeDirectory(SMALL),
      '2f5397525078847ebf8414fe50f7890e3fcc0ab80881b764eb93c6fa111bffbd',
      79,
    ],
    [
      'directory with everything',
      encodeDirectory(FULL),
      '7a38f765429888f734357369dd2dec8722f6e5d1c7365776460123af2b4df6ed',
      578,
    ],
    [
      'tree',
      encodeTree({ root: FULL, children: [SMALL] }),
      '0ebce81a5b4310e8bb2a794ec06fae8c3f1a01064d2710dcdedd69b842105041',
      662,
    ],
    [
      'command',
      encodeCommand(COMMAND),
      '76cdeb4aec239f869ffef3de4f365167674b2a993cf18544d426de1588dd093c',
      53,
    ],
    [
      'action',
      encodeAction(ACTION),
      'd2720e5d33d8f93037c71284f775b53b8b65efe0e7c2c45031782046febd2b4f',
      177,
    ],
    [
      'action without limit and platform',
      encodeAction({ command: ACTION.command, inputRoot: ACTION.inputRoot, platform: [] }),
      'ab4d71fa37e1157d97f003cf7c163b24ba926ce36542f1a463e075b3334fb82b',
      141,
    ],
    [
      'action result',
      encodeActionResult(RESULT),
      '538db4946669f26aedf023812c5f69ea92287c02d213029091c602b9ceed5d57',
      340,
    ],
  ])('%s', (_, bytes, hash, size) => {
    expect(digestOf(bytes)).toEqual({ hash, size });
  });

  test('a result of nothing, and one before 1970', () => {
    const nothing: ActionResult = {
      files: [],
      directories: [],
      exitCode: 0,
      worker: '',
      startedMs: 0,
      completedMs: 0,
    };
    const hex = (result: ActionResult): string =>
      Buffer.from(encodeActionResult(result)).toString('hex');
    expect(hex(nothing)).toBe('4a043a004200');
    expect(hex({ ...nothing, exitCode: -1, startedMs: -1250 })).toBe(
      '20ffffffffffffffffff014a153a1108feffffffffffffffff011080afd0e5024200',
    );
    // Fields of ours, which come after all others.
    expect(hex({ ...nothing, task: 'p:build', local: true })).toBe(
      '4a043a004200da3e07703a6275696c64e03e01',
    );
    // Rounding up may not make a whole second of nanoseconds.
    expect(hex({ ...nothing, startedMs: 999.999_999_9 })).toBe('4a0a3a0610ff93ebdc034200');
  });
});

describe('the encoding is canonical', () => {
  test('lists are in the order of UTF-8 bytes, however they came', () => {
    const shuffled: Directory = { ...FULL, files: FULL.files.toReversed() };
    expect(digestOf(encodeDirectory(shuffled))).toEqual(digestOf(encodeDirectory(FULL)));
    const links = ['b', 'a', '\u{1f600}', '\ue000'].map((name) => ({ name, target: name }));
    expect(encodeDirectory({ files: [], directories: [], symlinks: links })).toEqual(
      encodeDirectory({
        files: [],
        directories: [],
        symlinks: [links[1]!, links[0]!, links[3]!, links[2]!],
      }),
    );
    const command: Command = {
      ...COMMAND,
      environment: COMMAND.environment.toReversed(),
      outputPaths: ['out/b', 'out/a'],
    };
    expect(encodeCommand(command)).toEqual(encodeCommand(COMMAND));
    expect(encodeAction({ ...ACTION, platform: ACTION.platform.toReversed() })).toEqual(
      encodeAction(ACTION),
    );
  });

  test('what it is given is not changed', () => {
    const files = Object.freeze(FULL.files.toReversed());
    encodeDirectory({ ...FULL, files });
    expect(files[0]!.name).toBe('\u{1f600}');
  });

  test('the order of arguments is theirs', () => {
    expect(encodeCommand({ ...COMMAND, arguments: ['b', 'a'] })).not.toEqual(
      encodeCommand({ ...COMMAND, arguments: ['a', 'b'] }),
    );
  });

  test('each part of a message shows in its digest', () => {
    const digests = new Set(
      [
        FULL,
        { ...FULL, mode: undefined },
        { ...FULL, mode: 0 },
        { ...FULL, symlinks: [{ name: 'link', target: '../y' }] },
        { ...FULL, files: FULL.files.map((file) => ({ ...file, executable: !file.executable })) },
        { ...FULL, files: FULL.files.map((file) => ({ ...file, mode: undefined })) },
        { ...FULL, files: FULL.files.map((file) => ({ ...file, digest: digestOf('other') })) },
      ].map((directory) => digestOf(encodeDirectory(directory)).hash),
    );
    expect(digests.size).toBe(7);
  });
});
