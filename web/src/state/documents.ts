/** What is kept on the server beside the profiles. After a change it is asked anew. */
import { parseAnnotations, parsePrices } from '../model/documents';
import { explain, get, send } from './client';
import { Query } from './query';

export const annotations = new Query(parseAnnotations);
export const prices = new Query(parsePrices);

const KINDS = { annotations, prices } as const;
export type Kind = keyof typeof KINDS;

export function askDocuments(): void {
  for (const [kind, query] of Object.entries(KINDS)) {
    query.forget();
    query.ask(get(kind, {}));
  }
}

/** null if it was kept, else why not. */
export function keep(kind: Kind, content: { readonly [field: string]: unknown }): Promise<string | null> {
  return change({ path: `api/v1/${kind}`, method: 'PUT', body: JSON.stringify(content) });
}

export function remove(kind: Kind, parameter: string, id: string): Promise<string | null> {
  return change({ ...get(kind, { [parameter]: id }), method: 'DELETE' });
}

async function change(request: Parameters<typeof send>[0]): Promise<string | null> {
  try {
    await send(request, new AbortController().signal);
    askDocuments();
    return null;
  } catch (error) {
    return explain(error);
  }
}
