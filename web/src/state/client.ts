/** Requests to the server that sent this page, and its errors as sentences. */
import { COLUMNS_TYPE, ColumnsReader } from '../model/column_bytes';
import { FormatError, record } from '../model/decode';
import type { Operator } from '../model/operators';
import { inFile } from './kept';

/** A request as a value: equal text, equal answer at the same moment. */
export interface Request {
  readonly path: string;
  /** JSON, or a file; a request with a body is a POST unless it says otherwise, one without is a GET. */
  readonly body?: string | Blob;
  readonly method?: 'PUT' | 'DELETE';
}

/** Operators come last, in their order. */
export function get(
  path: string,
  params: { readonly [name: string]: string | number },
  operators: readonly Operator[] = [],
): Request {
  const query = new URLSearchParams(Object.entries(params).map(([name, value]) => [name, String(value)]));
  for (const { name, argument } of operators) query.append(name, argument);
  return { path: `api/v1/${path}?${query.toString()}` };
}

export function post(
  path: string,
  params: { readonly [name: string]: string | number },
  body: Blob,
): Request {
  return { ...get(path, params), body };
}

export function connect(method: string, message: { readonly [field: string]: unknown }): Request {
  return { path: `querier.v1.QuerierService/${method}`, body: JSON.stringify(message) };
}

export async function send(request: Request, signal: AbortSignal): Promise<unknown> {
  const answer = await ask(request, signal);
  return answer.json().catch(() => null);
}

/** The same, with large columns as bytes where the server has them so. */
export async function sendForColumns(request: Request, signal: AbortSignal): Promise<unknown> {
  const answer = await ask(request, signal, `${COLUMNS_TYPE}, application/json`);
  const isBytes = answer.headers.get('Content-Type') === COLUMNS_TYPE;
  return isBytes ? columnsOf(answer) : answer.json().catch(() => null);
}

/** If the answer turns out to be damaged, the rest of it is not waited for. */
async function columnsOf(answer: Response): Promise<unknown> {
  const columns = new ColumnsReader();
  await answer.body?.pipeTo(new WritableStream<Uint8Array>({ write: (piece) => columns.add(piece) }));
  return columns.finish();
}

export async function sendForText(request: Request, signal: AbortSignal): Promise<string> {
  return (await ask(request, signal)).text();
}

async function ask(request: Request, signal: AbortSignal, accept = '*/*'): Promise<Response> {
  if (inFile()) throw new Error('This file has no server to ask.');
  const answer = await fetch(request.path, {
    signal,
    headers: { Accept: accept, ...contentTypeOf(request.body) },
    ...(request.body === undefined ? {} : { method: 'POST', body: request.body }),
    ...(request.method === undefined ? {} : { method: request.method }),
  });
  if (answer.ok) return answer;
  const body: unknown = await answer.json().catch(() => null);
  throw new Error(messageOf(body) ?? `the server answered ${answer.status} ${answer.statusText}`);
}

function contentTypeOf(body: Request['body']): { readonly [name: string]: string } {
  if (body === undefined) return {};
  return { 'Content-Type': typeof body === 'string' ? 'application/json' : 'application/octet-stream' };
}

/** What to tell the reader about a failed request. */
export function explain(error: unknown): string {
  if (error instanceof FormatError)
    return `${error.message}. The page and the server may differ in version: reload it.`;
  if (error instanceof TypeError) return 'No answer from the server. Is phlox server still running?';
  return error instanceof Error ? error.message : String(error);
}

function messageOf(body: unknown): string | null {
  try {
    const message = record(body, 'error')['message'];
    return typeof message === 'string' ? message : null;
  } catch {
    return null;
  }
}
