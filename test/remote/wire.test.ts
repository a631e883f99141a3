import { expect, test } from 'vitest';
import { MalformedMessage } from '../../src/remote/message.ts';
import { readMessage, type Wire } from '../../src/remote/wire.ts';
import { field, message, number } from '../rig/protobuf.ts';

function read<T>(bytes: Uint8Array, how: (wire: Wire) => T): T[] {
  const found: T[] = [];
  readMessage(bytes, (field, wire) => {
    if (field !== 1) return false;
    found.push(how(wire));
    return true;
  });
  return found;
}

test('each kind of field, between those that are skipped', () => {
  const bytes = (...ones: Uint8Array[]): Buffer =>
    message(number(2, 7), ...ones, field(3, 'skipped'), field(4, number(1, 1)));
  expect(read(bytes(field(1, 'ä'), field(1)), (wire) => wire.text())).toEqual(['ä', '']);
  expect(read(bytes(field(1, '\ufeffx')), (wire) => wire.text())).toEqual(['\ufeffx']);
  expect(read(bytes(field(1, 'ab')), (wire) => [...wire.bytes()])).toEqual([[0x61, 0x62]]);
  expect(read(bytes(number(1, 0), number(1, 1), number(1, 300)), (wire) => wire.flag())).toEqual([
    false,
    true,
    true,
  ]);
  expect(read(bytes(number(1, -1), number(1, 2 ** 31 - 1)), (wire) => wire.int32())).toEqual([
    -1,
    2 ** 31 - 1,
  ]);
  expect(read(bytes(number(1, 2 ** 32 - 1)), (wire) => wire.uint32())).toEqual([2 ** 32 - 1]);
  const exact = Number.MAX_SAFE_INTEGER;
  expect(read(bytes(number(1, exact), number(1, -exact)), (wire) => wire.int64())).toEqual([
    exact,
    -exact,
  ]);
});

test.each<[string, Uint8Array, (wire: Wire) => unknown]>([
  ['text read from a number', number(1, 3), (wire) => wire.text()],
  ['a number read from text', field(1, 'x'), (wire) => wire.int64()],
  ['a flag read from text', field(1, 'x'), (wire) => wire.flag()],
  ['bytes read from a number', number(1, 3), (wire) => wire.bytes()],
  ['a number beyond what is exact', number(1, 2n ** 53n), (wire) => wire.int64()],
  ['text that is not UTF-8', field(1, Buffer.from([0xc0, 0x80])), (wire) => wire.text()],
  ['long text that is not UTF-8', field(1, Buffer.alloc(100, 0xff)), (wire) => wire.text()],
  [
    'a field that is longer than the message',
    Buffer.from([0x0a, 0x03, 0x61]),
    (wire) => wire.bytes(),
  ],
  ['a number that does not end', Buffer.from([0x08, 0xff]), (wire) => wire.int64()],
  ['a flag that does not end', Buffer.from([0x08]), (wire) => wire.flag()],
  ['a skipped field that does not end', Buffer.from([0x12, 0x05]), (wire) => wire.text()],
])('%s is malformed', (_, bytes, how) => {
  expect(() => read(bytes, how)).toThrow(MalformedMessage);
});
