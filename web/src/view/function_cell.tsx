import type { ComponentChildren } from 'preact';
import { placeOf, type Functions } from '../model/tree';

/** A function's name as a button, so that rows can be chosen by key; what else can be done with it stands behind. */
export function FunctionCell(props: {
  readonly children?: ComponentChildren;
  readonly functions: Functions;
  readonly at: number;
  readonly onSelect: (at: number) => void;
}) {
  const { functions, at } = props;
  const name = functions.name[at] ?? '';
  const button = (
    <button
      type="button"
      class={`function ${functions.kind[at] === 'synthetic' ? 'synthetic' : ''}`}
      title={[name, placeOf(functions, at), functions.module[at] ?? '']
        .filter((part) => part !== '')
        .join('\n')}
      onClick={(event) => {
        event.stopPropagation();
        props.onSelect(at);
      }}
    >
      {name}
    </button>
  );
  if (props.children === undefined) return button;
  return (
    <span class="function-and-more">
      {button}
      {props.children}
    </span>
  );
}
