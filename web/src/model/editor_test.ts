import { describe, expect, it } from 'vitest';
import { editorUrl } from './editor';

describe('the address of a source file', () => {
  it('is filled in', () => {
    expect(editorUrl('vscode://file/{file}:{line}', '/srv/my app/x.py', 7)).toBe(
      'vscode://file//srv/my%20app/x.py:7',
    );
    expect(editorUrl('https://code.example/blob/main/{file}#L{line}', 'app.py', 0)).toBe(
      'https://code.example/blob/main/app.py#L1',
    );
  });

  it('is none without a template, a file, or where it would run a script', () => {
    expect(editorUrl('', 'app.py', 1)).toBeNull();
    expect(editorUrl('vscode://file/{file}', '', 1)).toBeNull();
    expect(editorUrl('javascript:alert("{file}")', 'app.py', 1)).toBeNull();
    expect(editorUrl('not an address', 'app.py', 1)).toBeNull();
  });
});
