/** Writes what is shown into one HTML file: asks for as much of the tree as fits. */
import { formatWhole } from '../model/cores';
import { fillPage, NODE_STEPS, rowsFor } from '../model/kept';
import type { Price } from '../model/money';
import { formatView, type View } from '../model/url_state';
import { send, sendForText, type Request } from './client';
import { now } from './clock';
import { pack } from './kept';
import { shownRequests } from './queries';

/** The whole file. `progress` gets a line for the reader before each step. */
export async function keptFile(
  shown: View,
  price: Price | null,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<string> {
  progress('Loading the page…');
  const page = await sendForText({ path: 'kept.html' }, signal);
  const beside = await answers(shownRequests(shown, 1, 0).beside, signal);
  for (const nodes of NODE_STEPS) {
    progress(`Loading up to ${formatWhole(nodes)} frames…`);
    const { tree } = shownRequests(shown, nodes, rowsFor(nodes));
    const content = {
      version: 1,
      title: '',
      made_ms: now.get(),
      type: shown.type,
      // A price that is kept on the server would be missed in the file.
      view: formatView(price === null ? shown : { ...shown, cost: price.amount, per: price.per }),
      ...beside,
      ...(await answers(tree, signal)),
    };
    const file = fillPage(page, await pack(JSON.stringify(content)));
    signal.throwIfAborted();
    if (file !== null) return file;
  }
  throw new Error('The names of the largest frames alone need more than 1 MB.');
}

async function answers(
  requests: { readonly [name: string]: Request | null },
  signal: AbortSignal,
): Promise<{ readonly [name: string]: unknown }> {
  const found: { [name: string]: unknown } = {};
  for (const [name, request] of Object.entries(requests))
    if (request !== null) found[name] = await send(request, signal);
  return found;
}
