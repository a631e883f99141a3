import { expect, test } from 'vitest';
import { formatHeader, parseHeader } from '../../../src/base/tar/header.ts';
import { raw } from '../../rig/raw-tar.ts';

const fields = {
  name: 'bin/tool',
  prefix: '',
  mode: 0o755,
  uid: 0,
  gid: 0,
  size: 12,
  mtime: 315_532_800,
  type: '0',
  link: '',
  uname: '',
  gname: '',
};

test('what is put together comes apart again', () => {
  const { name, mode, size, mtime, type, link } = fields;
  const header = formatHeader(fields);
  expect(parseHeader(header, 0)).toEqual({ name, mode, size, mtime, type, link });
});

test('a known header', () => {
  const header = formatHeader(fields).toString('latin1').replaceAll('\0', '.');
  expect(header.slice(0, 164)).toBe(
    `bin/tool${'.'.repeat(92)}0000755.0000000.0000000.00000000014.02263523000.010702. 0${'.'.repeat(7)}`,
  );
  expect(header.slice(257, 345)).toBe(`ustar.00${'.'.repeat(64)}0000000.0000000.`);
});

test('names fill their fields without a NUL, and prefixes go before them', () => {
  const name = 'n'.repeat(100);
  const prefix = `${'p'.repeat(77)}/${'q'.repeat(77)}`;
  expect(parseHeader(formatHeader({ ...fields, name, prefix }), 0)).toMatchObject({
    name: `${prefix}/${name}`,
  });
});

test('GNU headers have no prefix', () => {
  expect(parseHeader(raw({ name: 'a', prefix: 'no/prefix', magic: 'ustar  \0' }), 0)).toMatchObject(
    {
      name: 'a',
    },
  );
  expect(parseHeader(raw({ name: 'a', prefix: 'no/prefix', magic: '' }), 0)).toMatchObject({
    name: 'a',
  });
});

test('a wrong checksum is damage, zeros are the end', () => {
  expect(parseHeader(raw({ checksum: '000000\0 ' }), 0)).toBe('damaged');
  expect(parseHeader(raw({ checksum: 'garbage!' }), 0)).toBe('damaged');
  expect(parseHeader(Buffer.alloc(512), 0)).toBe('zero');
  const almost = Buffer.alloc(512);
  almost[511] = 1;
  expect(parseHeader(almost, 0)).toBe('damaged');
});

test('checksums of signed bytes are taken, as some old writers made them', () => {
  const block = raw({ name: 'f\xfcr' });
  const sum = Number.parseInt(block.toString('latin1', 148, 154), 8);
  block.write(`${(sum - 256).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  expect(parseHeader(block, 0)).toMatchObject({ name: 'f\xfcr' });
});
