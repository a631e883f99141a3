import assert from 'node:assert/strict';
import { test } from 'node:test';
import { titleOf } from './title.ts';

test('a title is made of a name', () => {
  assert.equal(titleOf('getting_started'), 'Getting started');
});
