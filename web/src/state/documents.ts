/** What is kept on the server beside the profiles. After a change it is asked anew. */
import { parseAnnotations, parsePrices, parseViews } from '../model/documents';
import { parseView } from '../model/url_state';
import { Atom } from './atom';
import { explain, get, send } from './client';
import { Query } from './query';
import { navigate } from './view';

export const annotations = new Query(parseAnnotations);
export const prices = new Query(parsePrices);
export const views = new Query(parseViews);

/** The name in a link to a view that is not kept any more; "" for none. */
export const missingView = new Atom('');

const KINDS = { annotations, prices, views } as const;
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

/** `?view=NAME`, the short link to a kept view, becomes the view itself as soon as the names are known. */
export function openNamedView(): void {
  const name = new URLSearchParams(location.search).get('view');
  if (name === null) return;
  const stop = views.state.watch(() => {
    const { value } = views.state.get();
    if (value === null) return;
    stop();
    const found = value.find((entry) => entry.name === name);
    if (found === undefined) missingView.set(name);
    else navigate(parseView(found.address), 'replace');
  });
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
