import { expect, test } from 'vitest';
import { docsPage } from '../../src/bootstrap/docs.ts';
import { bool, list, moduleType, nested, oneOf, string } from '../../src/blueprint/api.ts';

const type = moduleType({
  name: 'thing',
  doc: 'A `thing`.\n\nSecond <script>alert(1)</script> [link](javascript:alert(2)) ![x](http://elsewhere/x.png)',
  properties: {
    level: oneOf(['low', 'high'], { doc: 'How much.' }),
    parts: list(nested({ size: string({ required: true, doc: 'Its size.' }) })),
    quiet: bool({ default: true }),
  },
});

test('a page says of each property what its schema says, inner ones too', async () => {
  const page = await docsPage('builder', [{ moduleTypes: [type] }]);
  expect(page).toContain('<title>Module types of builder</title>');
  expect(page).toContain('data-name="parts.size"');
  expect(page).toContain('must be given');
  expect(page).toContain('default: <code>&#34;low&#34;</code>');
  expect(page).toContain('<code>thing</code>');
});

test('a page needs nothing else, and lets nothing through that documentation texts hold', async () => {
  const page = await docsPage('builder', [{ moduleTypes: [type] }]);
  expect(page).not.toContain('<script>alert');
  expect(page).not.toContain('javascript:');
  expect(page).not.toMatch(/<(?:img|link|iframe)|(?:src|href)="(?!#)/);
});

test('the same types make the same page', async () => {
  const logic = [{ moduleTypes: [type] }];
  expect(await docsPage('b', logic)).toBe(await docsPage('b', logic));
});
