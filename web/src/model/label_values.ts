/** Values of a label to choose from: the server sends those that hold what is typed, as many as a list shows. */
import type { LabelValues } from './answers';
import { formatWhole } from './cores';

/** More than anyone reads through; of names of pods some 5 kB. */
export const VALUES_ASKED = 200;

/** The last answer, and the text that all its values hold. */
export interface Known {
  readonly answer: LabelValues;
  readonly text: string;
}

export interface Offer {
  readonly values: readonly string[];
  /** How many more hold what is typed; null while that is being asked. */
  readonly more: number | null;
}

/** What to ask for when this is typed: nothing new where all values that hold a part of it are known. */
export function textToAsk(known: Known | null, typed: string): string {
  return known !== null && hasAll(known, typed) ? known.text : typed;
}

/** What to choose from when this is typed, until the answer to it is there. */
export function offerOf(known: Known | null, typed: string): Offer {
  if (known === null) return { values: [], more: 0 };
  const { values, total } = known.answer;
  if (known.text === typed) return { values, more: total - values.length };
  const lower = typed.toLowerCase();
  const more = hasAll(known, typed) ? 0 : null;
  return { values: values.filter((value) => value.toLowerCase().includes(lower)), more };
}

/** The last line of a list that is cut; "" where it is not. */
export function moreText(more: number | null): string {
  if (more === null) return '…';
  return more === 0 ? '' : `${formatWhole(more)} more: type to narrow`;
}

/** Whether no value holds what is typed but those that are known. */
function hasAll({ answer, text }: Known, typed: string): boolean {
  return answer.values.length === answer.total && typed.includes(text);
}
