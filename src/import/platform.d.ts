/** The one thing this room takes from the platform beside the language; Node and browsers have it. */
declare class TextDecoder {
  decode(bytes: Uint8Array): string;
}
