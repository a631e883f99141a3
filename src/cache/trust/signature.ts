// Signatures of a result and their place in its file: field 1002 of the message, which other readers skip.
// Knows nothing of who is trusted.
import { sign, verify } from 'node:crypto';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Sha256Hex } from '../../base/digest.ts';
import { MalformedMessage, type ActionResult } from '../../remote/message.ts';
import { readMessage } from '../../remote/wire.ts';
import type { PrivateKey, PublicKey } from './key.ts';
import { statement, type Claim } from './statement.ts';

export interface Signature extends Claim {
  /** The public key, in hexadecimal. */
  readonly keyId: string;
  readonly bytes: Uint8Array;
}

const FIELD = 1002;
/** More than any tree will ask for: each costs a verification. */
const MAX_SIGNATURES = 64;

/** Signs a result for a key. */
export function signResult(
  key: Sha256Hex,
  result: ActionResult,
  { secret, id }: PrivateKey,
  claim: Claim,
): Signature {
  return { ...claim, keyId: id, bytes: sign(null, statement(key, result, claim), secret) };
}

export function isValid(
  key: Sha256Hex,
  result: ActionResult,
  signature: Signature,
  { key: publicKey }: PublicKey,
): boolean {
  return verify(null, statement(key, result, signature), publicKey, signature.bytes);
}

/** A result's message with a signature added at its end. */
export function addSignature(message: Uint8Array, signature: Signature): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(FIELD, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).bytes(Buffer.from(signature.keyId, 'hex'));
  if (signature.scope !== '') writer.tag(2, WireType.LengthDelimited).string(signature.scope);
  writer.tag(3, WireType.Varint).int64(signature.signedAt);
  writer.tag(4, WireType.LengthDelimited).bytes(signature.bytes);
  writer.join();
  return Buffer.concat([message, writer.finish()]);
}

/** The signatures in a result's message, right or wrong. Throws MalformedMessage. */
export function readSignatures(message: Uint8Array): Signature[] {
  const found: Signature[] = [];
  readMessage(message, (field, wire) => {
    if (field !== FIELD) return false;
    if (found.length >= MAX_SIGNATURES) throw new MalformedMessage('too many signatures');
    found.push(readSignature(wire.bytes()));
    return true;
  });
  return found;
}

function readSignature(encoded: Uint8Array): Signature {
  let keyId = '';
  let scope = '';
  let signedAt = 0;
  let bytes: Uint8Array = new Uint8Array();
  readMessage(encoded, (field, wire) => {
    if (field === 1) keyId = Buffer.from(wire.bytes()).toString('hex');
    else if (field === 2) scope = wire.text();
    else if (field === 3) signedAt = wire.int64();
    else if (field === 4) bytes = wire.bytes();
    else return false;
    return true;
  });
  if (keyId.length !== 64 || bytes.length !== 64 || signedAt < 0) {
    throw new MalformedMessage('a signature that is none');
  }
  return { keyId, scope, signedAt, bytes };
}
