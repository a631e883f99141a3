// Whom the program trusts besides Node's own list: as NODE_EXTRA_CA_CERTS says, although Node does not see it.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCertificate, type Certificate } from '../rig/certificate.ts';
import { HttpServer } from '../rig/http.ts';
import { createRig, type Rig, type Run } from '../rig/program.ts';

let rig: Rig;
let certificate: Certificate;
let server: HttpServer;
beforeAll(async () => {
  rig = createRig();
  certificate = makeCertificate(rig.directory);
  server = await HttpServer.start((_, reply) => reply.send(200, 'content\n'), certificate);
  rig.write({
    'a/buildinfo.json': JSON.stringify({
      single_source: {
        kind: 'url',
        url: server.url('/a.txt'),
        sha256: createHash('sha256').update('content\n').digest('hex'),
      },
    }),
    'a/build': '#!/bin/bash\ncp -r /pkg/src/. "$PKG_PATH"\n',
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rig[Symbol.dispose]();
});

/** With a node that writes down what it is started with, before it starts. */
function fetchWith(authorities: string): Promise<Run> {
  rig.write({ 'node.build': '#!/bin/sh\nenv >"$HOME/node.env"\nexec node "$@"\n' });
  const env = {
    NODE_EXTRA_CA_CERTS: authorities,
    ASHLAR_NODE: `${rig.packages}/node.build`,
  };
  return rig.start(['build'], { env }).ended;
}

test('a server whose authority is not among them is not asked', async () => {
  const { status, stderr } = await fetchWith('');
  expect(stderr).toContain('TLS certificate is not accepted');
  expect(status).not.toBe(0);
});

test('a list that cannot be read is told, and the rest holds', async () => {
  const { status, stderr } = await fetchWith('/nothing/here.pem');
  expect(stderr).toContain('Ignoring extra certs from `/nothing/here.pem`');
  expect(stderr).toContain('TLS certificate is not accepted');
  expect(status).not.toBe(0);
});

test('one that is among them is asked, and Node has not read the list at its start', async () => {
  const { status, stderr } = await fetchWith(certificate.path);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(rig.read('../home/node.env')).toContain(`ASHLAR_EXTRA_CA_CERTS=${certificate.path}\n`);
  expect(rig.read('../home/node.env')).not.toContain('NODE_EXTRA_CA_CERTS');
});

test('what Ashlar starts finds the variable as the user set it', () => {
  const tree = `${rig.directory}/tree`;
  rig.write({
    '../tree/Blueprints':
      'genrule { name: "rule", outs: ["seen"], cmd: "echo $$NODE_EXTRA_CA_CERTS-$$ASHLAR_EXTRA_CA_CERTS >$(out)" }\n',
  });
  const run = rig.run(['build'], { cwd: tree, env: { NODE_EXTRA_CA_CERTS: certificate.path } });
  expect(run).toMatchObject({ status: 0 });
  expect(rig.shell('find ../tree/out -name seen -exec cat {} +').stdout).toBe(
    `${certificate.path}-\n`,
  );
});
