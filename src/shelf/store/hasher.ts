/** SHA-256 in browsers: WebCrypto wants all bytes at once, a model's come piece by piece. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/** A SHA-256 of bytes that come piece by piece. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  /** 64 lower-case hex digits; call it once, at the end. */
  hex(): string;
}

export function createHasher(): Hasher {
  const hash = sha256.create();
  return {
    update: (bytes) => void hash.update(bytes),
    hex: () => bytesToHex(hash.digest()),
  };
}
