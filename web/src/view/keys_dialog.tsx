import { useEffect, useRef } from 'preact/hooks';

const KEYS: readonly (readonly [string, string])[] = [
  ['/', 'Search'],
  ['Tab', 'To the flame graph, then to the table'],
  ['← →', 'Frame beside the selected one'],
  ['↑ ↓', 'Caller or widest callee, as they are drawn'],
  ['Enter', 'Zoom to the selected frame'],
  ['Esc', 'Zoom out by one frame; empty the search'],
  ['Home', 'Zoom out to everything'],
  ['Ctrl + wheel', 'Zoom around the pointer'],
  ['Shift + wheel', 'Move sideways'],
  ['?', 'This list'],
];

export function KeysDialog(props: { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-label="Keys" data-testid="keys-dialog" onClose={props.onClose}>
      <h2>Keys</h2>
      <dl>
        {KEYS.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
