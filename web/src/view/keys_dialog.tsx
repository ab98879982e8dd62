import { useEffect, useRef } from 'preact/hooks';
import { editorUrl } from '../model/editor';
import { editorTemplate, setEditorTemplate } from '../state/editor';
import { useAtom } from './hooks';

const KEYS: readonly (readonly [string, string])[] = [
  ['/', 'Search'],
  ['Tab', 'To the flame graph, then to the table'],
  ['← →', 'Frame beside the selected one'],
  ['↑ ↓', 'Caller or widest callee, as they are drawn'],
  ['Enter', 'Zoom to the selected frame'],
  ['Menu', 'What to do with the selected frame, or a row of the table; the right button does the same'],
  ['Esc', 'Zoom out by one frame; empty the search'],
  ['Home', 'Zoom out to everything'],
  ['+ −', 'Zoom around the selected frame; Ctrl + wheel or two fingers do so around themselves'],
  ['Shift + ← →', 'Move sideways; Shift + wheel, or a finger, does the same'],
  ['Shift + drag', 'Zoom to the box that is drawn'],
  ['→ ←', 'In the call tree: open and go in, close and go out'],
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
      <EditorField />
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}

/** Where source files open; the menu of a frame then offers it. */
function EditorField() {
  const template = useAtom(editorTemplate);
  const wrong = template.trim() !== '' && editorUrl(template, 'app.py', 1) === null;
  return (
    <label class="editor">
      Open source files at
      <input
        class="code"
        placeholder="vscode://file/{file}:{line}"
        aria-invalid={wrong}
        data-testid="editor"
        value={template}
        onInput={(event) => setEditorTemplate(event.currentTarget.value)}
      />
      <span class="hint">
        {'{file}'} and {'{line}'} are filled in; an editor’s or a code host’s address
      </span>
    </label>
  );
}
