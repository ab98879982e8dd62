/** What people keep on the server beside the profiles: docs/api.md. */
import { list, record, small, text } from './decode';
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

/** Annotations of the service that a selection shows and of all services, first to last. */
export function annotationsOf(all: readonly Annotation[], query: string): readonly Annotation[] {
  const service = serviceIn(query);
  return all
    .filter((entry) => service === '' || serviceIn(entry.selector) === '' || serviceIn(entry.selector) === service)
    .sort((a, b) => a.atMs - b.atMs);
}

function serviceIn(selector: string): string {
  return serviceOf(parseSelector(selector) ?? []);
}
