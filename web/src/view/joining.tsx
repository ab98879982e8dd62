/** Joining two functions of a comparison by hand: one row is chosen, then its partner of the other side. */
import { useEffect, useState } from 'preact/hooks';
import type { Comparison } from '../model/answers';
import { formatWhole } from '../model/cores';
import { joinOf, likenessOf, sideOf } from '../model/join';
import { withOperator, type Operator } from '../model/operators';
import { inFile } from '../state/kept';
import { navigate } from '../state/view';

/** A row that was chosen to be joined with one of the other side; -1 while none is. */
export interface Joining {
  readonly row: number;
  readonly begin: (row: number) => void;
  readonly end: () => void;
}

export function useJoining(comparison: Comparison): Joining {
  const [chosen, setChosen] = useState<{ readonly of: Comparison; readonly row: number } | null>(null);
  // Rows are those of one answer.
  const row = chosen?.of === comparison ? chosen.row : -1;
  const end = (): void => setChosen(null);
  useEffect(() => {
    if (row < 0) return undefined;
    const button = (testid: string): HTMLElement | null => document.querySelector(`[data-testid="${testid}"]`);
    (button('join-here') ?? button('join-cancel'))?.focus();
    const key = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') end();
    };
    document.addEventListener('keydown', key);
    return () => document.removeEventListener('keydown', key);
  }, [row]);
  return { row, begin: (at) => setChosen({ of: comparison, row: at }), end };
}

export function JoiningBar(props: {
  readonly comparison: Comparison;
  readonly joining: Joining;
  readonly count: number;
}) {
  const { comparison, joining } = props;
  const name = comparison.functions.name[comparison.table.function[joining.row] ?? -1] ?? '';
  const where = sideOf(comparison, joining.row) === 0 ? 'after' : 'before';
  return (
    <p class="joining" role="status" data-testid="joining">
      <span class="joining-text">
        Join <b>{name}</b> with which of the {formatWhole(props.count)} functions that were there only {where}?
      </span>
      <button type="button" data-testid="join-cancel" onClick={joining.end}>
        Cancel
      </button>
    </p>
  );
}

/** For a function of one side alone: begins to join it, or joins it with the one for which a partner is looked for. */
export function JoinButton(props: {
  readonly comparison: Comparison;
  readonly operators: readonly Operator[];
  readonly row: number;
  readonly joining: Joining;
}) {
  const { comparison, row, joining } = props;
  if (inFile() || sideOf(comparison, row) === null) return null;
  const name = comparison.functions.name[comparison.table.function[row] ?? -1] ?? '';
  const choosing = joining.row < 0;
  const likeness = choosing ? '' : likenessOf(comparison, joining.row, row);
  const press = (event: Event): void => {
    event.stopPropagation();
    if (choosing) joining.begin(row);
    else navigate({ operators: withOperator(props.operators, joinOf(comparison, joining.row, row)), zoom: '' });
  };
  return (
    <>
      {likeness !== '' && <span class="likeness">{likeness}</span>}
      <button
        type="button"
        class={choosing ? 'join at-hand' : 'join'}
        title={choosing ? 'It was renamed or moved: treat it and its partner of the other side as one function' : undefined}
        aria-label={choosing ? `Join with… ${name}` : `Join with ${name}`}
        data-testid={choosing ? 'join-with' : 'join-here'}
        onClick={press}
      >
        {choosing ? 'Join with…' : 'Join'}
      </button>
    </>
  );
}
