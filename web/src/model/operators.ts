/**
 * Operators: what the server does with the whole call tree before it is cut for the view. They stand in the address
 * of the page as they stand in that of a request, in their order: docs/api.md, "Operators".
 */
import { describeJoin } from './join';
import { formatMatcher, formatSelector, parseSelector } from './selector';
import { nodeName, pathTo, type Functions, type TreeLinks } from './tree';

export const OPERATOR_NAMES = [
  'contains',
  'excludes',
  'focus',
  'below',
  'callers',
  'hide',
  'drop',
  'merge',
  'recursion',
  'invert',
  'join',
  'scale',
] as const;
export type OperatorName = (typeof OPERATOR_NAMES)[number];

export interface Operator {
  readonly name: OperatorName;
  readonly argument: string;
}

export function parseOperators(params: Iterable<readonly [string, string]>): readonly Operator[] {
  const operators: Operator[] = [];
  for (const [key, argument] of params) {
    const name = OPERATOR_NAMES.find((entry) => entry === key);
    if (name !== undefined) operators.push({ name, argument });
  }
  return operators;
}

/** The frames of one function, whatever stands in its name. */
export function framesOf(name: string): string {
  if (/^[^{;\s][^;]*[^;\s]$|^[^{;\s]$/.test(name)) return name;
  return `{${formatMatcher({ name: 'name', operator: '=', value: name })}}`;
}

/** Whether stacks stand with their leaves first: what a function takes itself is then below it, and its "self" is what began there. */
export function isInverted(operators: readonly Operator[]): boolean {
  return operators.filter(({ name }) => name === 'invert').length % 2 === 1;
}

/** All frames of one module. */
export function framesOfModule(module: string): string {
  return formatSelector([{ name: 'module', operator: '=', value: module }]);
}

/** The way from the root to a node. */
export function pathOf(tree: TreeLinks, functions: Functions, node: number): string {
  return pathTo(tree, node)
    .slice(1)
    .map((at) => framesOf(nodeName(tree, functions, at)))
    .join(';');
}

/** Presets for what is not one's own. */
export const LIBRARIES = '{file=~".*/(site-packages|dist-packages|lib/python3[.0-9]*)/.*|<frozen .*"}';

const WORDS: { readonly [name in OperatorName]: string } = {
  contains: 'with',
  excludes: 'without',
  focus: 'below path',
  below: 'called by',
  callers: 'callers of',
  hide: 'hidden',
  drop: 'dropped',
  merge: 'merged',
  recursion: 'recursion folded',
  invert: 'bottom-up',
  join: 'joined',
  scale: 'what if',
};

/** "hidden: foo", for a chip. */
export function describeOperator(operator: Operator): string {
  if (operator.name === 'invert') return WORDS.invert;
  if (operator.name === 'join') return `${WORDS.join}: ${describeJoin(operator.argument)}`;
  if (operator.argument === LIBRARIES)
    return operator.name === 'hide' ? 'only my code' : `${WORDS[operator.name]}: libraries`;
  if (operator.argument === '{}') return WORDS[operator.name];
  const [matcher, more] = parseSelector(operator.argument) ?? [];
  if (matcher?.name === 'module' && matcher.operator === '=' && more === undefined)
    return `${WORDS[operator.name]}: ${matcher.value}`;
  return `${WORDS[operator.name]}: ${operator.argument}`;
}

export interface Scale {
  readonly factor: string;
  readonly frames: string;
}

/** "8000/75000*foo" -> factor and frames; null if it is nothing like it. */
export function parseScale(argument: string): Scale | null {
  const star = argument.indexOf('*');
  if (star <= 0) return null;
  return { factor: argument.slice(0, star), frames: argument.slice(star + 1) };
}

/** "4× faster", "removed", "0.25", "25 %", "75000 → 8000", "8000/75000" -> a factor as the server reads it; null if it is none. */
export function parseFactor(text: string): string | null {
  const plain = text.trim().toLowerCase();
  if (/^(removed|gone|0)$/.test(plain)) return '0';
  const number = String.raw`\d{1,9}(?:\.\d{1,6})?`;
  const faster = new RegExp(`^(${number})\\s*[×x]\\s*faster$`).exec(plain);
  if (faster !== null) return Number(faster[1]) > 0 ? `1/${faster[1]}` : null;
  const percent = new RegExp(`^(${number})\\s*%$`).exec(plain);
  if (percent !== null) return `${percent[1]}/100`;
  const change = new RegExp(`^(${number})\\s*(?:→|->|to)\\s*(${number})$`).exec(plain.replaceAll(',', ''));
  if (change !== null) return Number(change[1]) > 0 ? `${change[2]}/${change[1]}` : null;
  const ratio = new RegExp(`^(${number})/(${number})$`).exec(plain);
  if (ratio !== null) return Number(ratio[2]) > 0 ? plain : null;
  return new RegExp(`^[×x]?\\s*${number}$`).test(plain) ? plain.replace(/^[×x]\s*/, '') : null;
}

export function withoutOperator(operators: readonly Operator[], at: number): readonly Operator[] {
  return operators.filter((_, i) => i !== at);
}

/** With a new one at the end; the same one twice says nothing more. */
export function withOperator(operators: readonly Operator[], added: Operator): readonly Operator[] {
  const isKnown = operators.some(({ name, argument }) => name === added.name && argument === added.argument);
  return isKnown ? operators : [...operators, added];
}

export function scalesOf(operators: readonly Operator[]): readonly Operator[] {
  return operators.filter((operator) => operator.name === 'scale');
}

/** Those that change how much there is; the others only move it. */
const VALUES_CHANGE: ReadonlySet<OperatorName> = new Set([
  'contains',
  'excludes',
  'focus',
  'below',
  'callers',
  'scale',
]);

/**
 * What a timeline must know of the operators: those that change values, and what joins functions before one of them looks
 * for frames. `looks`: something will look for frames behind all of them.
 */
export function changingValues(operators: readonly Operator[], looks = false): readonly Operator[] {
  const changes = operators.map((operator) => VALUES_CHANGE.has(operator.name));
  const last = looks ? operators.length : changes.lastIndexOf(true);
  return operators.filter((operator, at) => changes[at] === true || (operator.name === 'join' && at < last));
}

export function withoutScales(operators: readonly Operator[]): readonly Operator[] {
  return operators.filter((operator) => operator.name !== 'scale');
}
