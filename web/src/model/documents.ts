/** What people keep on the server beside the profiles: docs/api.md. */
import { FormatError, list, record, small, text } from './decode';
import { PERS, type Price } from './money';
import { parseSelector, serviceOf } from './selector';

export interface Annotation {
  readonly id: string;
  readonly atMs: number;
  readonly text: string;
  readonly selector: string;
}

export function parseAnnotations(value: unknown): readonly Annotation[] {
  return list(record(value, 'annotations')['annotations'], 'annotations').map((entry) => {
    const annotation = record(entry, 'annotations');
    return {
      id: text(annotation['id'], 'annotations.id'),
      atMs: small(annotation['at_ms'], 'annotations.at_ms'),
      text: text(annotation['text'], 'annotations.text'),
      selector: text(annotation['selector'], 'annotations.selector'),
    };
  });
}

/** A price that is kept for all who look at what its selector picks. */
export interface KeptPrice extends Price {
  readonly selector: string;
}

export function parsePrices(value: unknown): readonly KeptPrice[] {
  return list(record(value, 'prices')['prices'], 'prices').map((entry) => {
    const price = record(entry, 'prices');
    const amount = price['amount'];
    const per = PERS.find((name) => name === price['per']);
    if (typeof amount !== 'number' || per === undefined)
      throw new FormatError(`the server's answer has a price without "amount" or "per"`);
    return { selector: text(price['selector'], 'prices.selector'), amount, per };
  });
}

export interface NamedView {
  readonly name: string;
  readonly address: string;
}

export function parseViews(value: unknown): readonly NamedView[] {
  return list(record(value, 'views')['views'], 'views').map((entry) => {
    const view = record(entry, 'views');
    return { name: text(view['name'], 'views.name'), address: text(view['address'], 'views.address') };
  });
}

/** Annotations of the service that a selection shows and of all services, first to last. */
export function annotationsOf(all: readonly Annotation[], query: string): readonly Annotation[] {
  const service = serviceIn(query);
  return all
    .filter(
      (entry) => service === '' || serviceIn(entry.selector) === '' || serviceIn(entry.selector) === service,
    )
    .sort((a, b) => a.atMs - b.atMs);
}

function serviceIn(selector: string): string {
  return serviceOf(parseSelector(selector) ?? []);
}
