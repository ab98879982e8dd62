/** The page kept in one file: what it shows stands in the file itself, and there is no server to ask. */
import { KEPT_ID, parseKept, type Kept } from '../model/kept';

/** False on a server's page; what only a server can do is then offered. */
export function inFile(): boolean {
  return globalThis.document?.getElementById(KEPT_ID) != null;
}

/** What the file holds. */
export async function openKept(): Promise<Kept> {
  return parseKept(JSON.parse(await unpack(document.getElementById(KEPT_ID)?.textContent ?? '')));
}

/** Gzipped and as base64, which is safe between tags. */
export async function pack(content: string): Promise<string> {
  const bytes = await through(new CompressionStream('gzip'), new TextEncoder().encode(content));
  let binary = '';
  // A call takes only so many arguments.
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(binary);
}

export async function unpack(packed: string): Promise<string> {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  return new TextDecoder().decode(await through(new DecompressionStream('gzip'), bytes));
}

async function through(
  stream: CompressionStream | DecompressionStream,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const answer = new Response(new Blob([bytes]).stream().pipeThrough(stream));
  return new Uint8Array(await answer.arrayBuffer());
}
