/** Where a source file opens: in an editor or on a code host, by an address with {file} and {line} in it. */

const REFUSED = new Set(['javascript:', 'data:', 'blob:', 'about:']);

/** The address for a place; null if the template is no address, or one that would run as a script. */
export function editorUrl(template: string, file: string, line: number): string | null {
  if (template.trim() === '' || file === '') return null;
  const path = file.split('/').map(encodeURIComponent).join('/');
  const filled = template
    .trim()
    .replaceAll('{file}', path)
    .replaceAll('{line}', String(Math.max(1, line)));
  try {
    const url = new URL(filled);
    return REFUSED.has(url.protocol) ? null : url.href;
  } catch {
    return null;
  }
}
