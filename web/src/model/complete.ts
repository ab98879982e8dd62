import { unescape } from './selector';

/** What can be completed in a selector that is being typed, at the caret. */
export interface Completion {
  readonly kind: 'name' | 'value';
  /** Of a value: whose. */
  readonly label: string;
  /** As it is meant, without backslashes. */
  readonly typed: string;
  /** The part of the text that a choice replaces. */
  readonly from: number;
  readonly to: number;
}

/** null where neither a name nor a value is being typed. */
export function completionAt(text: string, caret: number): Completion | null {
  const before = text.slice(0, caret);
  const value = /([\w.]+)\s*(?:=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)$/.exec(before);
  if (value !== null) {
    const typed = value[2] ?? '';
    const rest = /^(?:[^"\\}]|\\.)*"?/.exec(text.slice(caret))?.[0] ?? '';
    return {
      kind: 'value',
      label: value[1] ?? '',
      typed: unescape(typed),
      from: caret - typed.length,
      to: caret + rest.length,
    };
  }
  const name = /(?:^|[{,])\s*([\w.]*)$/.exec(before);
  if (name === null) return null;
  const typed = name[1] ?? '';
  const rest = /^[\w.]*/.exec(text.slice(caret))?.[0] ?? '';
  return { kind: 'name', label: '', typed, from: caret - typed.length, to: caret + rest.length };
}

/** The choices that hold what is typed, those that begin with it first. Names for the use of servers among themselves are left out. */
export function matchingChoices(completion: Completion, choices: readonly string[]): readonly string[] {
  const typed = completion.typed.toLowerCase();
  const isOffered = (choice: string): boolean => completion.kind === 'value' || !choice.startsWith('__');
  const holds = choices.filter((choice) => choice.toLowerCase().includes(typed) && isOffered(choice));
  const begins = (choice: string): boolean => choice.toLowerCase().startsWith(typed);
  return [...holds.filter(begins), ...holds.filter((choice) => !begins(choice))];
}

export interface Completed {
  readonly text: string;
  readonly caret: number;
}

/** The text with a choice in it, and where the caret goes: behind a name into its value, behind a value. */
export function complete(text: string, completion: Completion, choice: string): Completed {
  const inserted =
    completion.kind === 'value'
      ? `${choice.replace(/[\\"]/g, '\\$&')}"`
      : insertedName(text, completion, choice);
  const head = text.slice(0, completion.from) + inserted;
  const tail = text.slice(completion.to);
  const closed = completion.kind === 'value' && tail.trim() === '' ? '}' : tail;
  return { text: head + closed, caret: head.length };
}

/** A name that already has its operator keeps it. */
function insertedName(text: string, completion: Completion, choice: string): string {
  const brace = completion.from === 0 ? '{' : '';
  return /^\s*[=!]/.test(text.slice(completion.to)) ? brace + choice : `${brace}${choice}="`;
}
