/** The address by which source files open. Kept in this browser, since editors differ from person to person. */
import { Atom } from './atom';

const KEY = 'phlox-editor';

export const editorTemplate = new Atom<string>(kept());

export function setEditorTemplate(template: string): void {
  try {
    localStorage.setItem(KEY, template);
  } catch {
    // A browser that keeps nothing still opens files for as long as the page is open.
  }
  editorTemplate.set(template);
}

function kept(): string {
  try {
    return localStorage.getItem(KEY) ?? '';
  } catch {
    return '';
  }
}
