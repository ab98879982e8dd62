/** Selectors as the server reads them: {service_name="shop",pod=~"web-.*"}. */

export type Operator = '=' | '!=' | '=~' | '!~';
export const OPERATORS: readonly Operator[] = ['=', '!=', '=~', '!~'];

export interface Matcher {
  readonly name: string;
  readonly operator: Operator;
  readonly value: string;
}

export const SERVICE = 'service_name';

/** The matchers of a selector; null if it is not one. */
export function parseSelector(text: string): readonly Matcher[] | null {
  const body = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (body === undefined) return null;
  const matchers: Matcher[] = [];
  const one = /\s*(?:"((?:[^"\\]|\\.)+)"|([^\s"=!~,{}]+))\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*(,|$)/sy;
  while (one.lastIndex < body.length) {
    if (body.slice(one.lastIndex).trim() === '') break;
    const parts = one.exec(body);
    const operator = OPERATORS.find((entry) => entry === parts?.[3]);
    if (parts === null || operator === undefined) return null;
    matchers.push({ name: unescape(parts[1] ?? parts[2] ?? ''), operator, value: unescape(parts[4] ?? '') });
  }
  return matchers;
}

export function formatSelector(matchers: readonly Matcher[]): string {
  return `{${matchers.map(formatMatcher).join(',')}}`;
}

/** `version="1"`. Names that are not plain words are quoted. */
export function formatMatcher(matcher: Matcher): string {
  const plain = /^[A-Za-z_][A-Za-z0-9_.]*$/.test(matcher.name);
  return `${plain ? matcher.name : quote(matcher.name)}${matcher.operator}${quote(matcher.value)}`;
}

/** The service a selector asks for, "" if it does not name exactly one. */
export function serviceOf(matchers: readonly Matcher[]): string {
  const found = matchers.find((matcher) => matcher.name === SERVICE && matcher.operator === '=');
  return found?.value ?? '';
}

/** The matchers with `name="value"` in place of all others on that label; an empty value takes them away. */
export function withLabel(matchers: readonly Matcher[], name: string, value: string): readonly Matcher[] {
  const others = matchers.filter((matcher) => matcher.name !== name);
  if (value === '') return others;
  const matcher: Matcher = { name, operator: '=', value };
  return name === SERVICE ? [matcher, ...others] : [...others, matcher];
}

function quote(text: string): string {
  return `"${text.replace(/[\\"\n]/g, (mark) => (mark === '\n' ? '\\n' : `\\${mark}`))}"`;
}

/** What stands between quotes, as it is meant. */
export function unescape(text: string): string {
  return text.replace(/\\(.)/gs, (_, mark: string) => (mark === 'n' ? '\n' : mark));
}
