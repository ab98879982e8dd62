/** What can be done with a frame of either page. */
import { editorUrl } from '../model/editor';
import { framesOf, LIBRARIES, pathOf, withOperator, type OperatorName } from '../model/operators';
import { nodeName, pathTo, placeOf, type Functions, type TreeLinks } from '../model/tree';
import type { View } from '../model/url_state';
import { copy } from '../state/clipboard';
import { editorTemplate } from '../state/editor';
import { inFile } from '../state/kept';
import { navigate } from '../state/view';
import type { FrameAction } from './frame_menu';

export interface FrameTarget {
  readonly shown: View;
  readonly tree: TreeLinks;
  readonly functions: Functions;
  readonly node: number;
  readonly onFocus: (node: number) => void;
}

export function frameActions(target: FrameTarget): readonly FrameAction[] {
  const { tree, functions, node, onFocus } = target;
  const zoom = { title: 'Zoom to it', testid: 'frame-zoom', run: () => onFocus(node) };
  const at = tree.function[node] ?? -1;
  if (at < 0) return [zoom];
  // Operators run in the server.
  return [zoom, ...copyActions(tree, functions, node, at), ...(inFile() ? [] : operatorActions(target))];
}

function copyActions(
  tree: TreeLinks,
  functions: Functions,
  node: number,
  at: number,
): readonly FrameAction[] {
  const name = nodeName(tree, functions, node);
  const place = placeOf(functions, at);
  const stack = pathTo(tree, node)
    .slice(1)
    .map((step) => nodeName(tree, functions, step));
  const url = editorUrl(editorTemplate.get(), functions.file[at] ?? '', functions.line[at] ?? 0);
  return [
    { title: 'Copy name', testid: 'copy-name', run: () => void copy(name) },
    { title: 'Copy stack', testid: 'copy-stack', run: () => void copy(stack.join('\n')) },
    ...(place === '' ? [] : [{ title: `Copy ${place}`, testid: 'copy-place', run: () => void copy(place) }]),
    ...(url === null
      ? []
      : [
          {
            title: 'Open the file',
            testid: 'open-file',
            run: () => void window.open(url, '_blank', 'noopener'),
          },
        ]),
    { title: 'Search for it', testid: 'frame-search', run: () => navigate({ search: name }) },
  ];
}

function operatorActions(target: FrameTarget): readonly FrameAction[] {
  const { shown, tree, functions, node } = target;
  const frames = framesOf(nodeName(tree, functions, node));
  const action = (title: string, name: OperatorName, argument: string): FrameAction => ({
    title,
    testid: `frame-${name}`,
    run: () => navigate({ operators: withOperator(shown.operators, { name, argument }), zoom: '' }),
  });
  const place = placeOf(functions, tree.function[node] ?? -1);
  return [
    ...(place === ''
      ? []
      : [
          {
            title: 'Show its source',
            testid: 'frame-source',
            run: () => navigate({ page: 'explore', source: place, sort: '' }),
          },
        ]),
    {
      title: 'Callers and callees',
      testid: 'frame-sandwich',
      run: () => navigate({ page: 'explore', sandwich: frames }),
    },
    action('Only stacks with it', 'contains', frames),
    action('Only what it calls', 'below', frames),
    action('Only who calls it', 'callers', frames),
    action('Only this path', 'focus', pathOf(tree, functions, node)),
    action('Hide it', 'hide', frames),
    action('Drop it and what it calls', 'drop', frames),
    action('Fold its recursion', 'recursion', frames),
    ...(shown.page === 'explore' ? [action('What if it were twice as fast?', 'scale', `1/2*${frames}`)] : []),
  ];
}

/** Presets that need no frame. */
export const PRESET_OPERATORS: readonly (readonly [string, OperatorName, string])[] = [
  ['Only my code', 'hide', LIBRARIES],
  ['Merge libraries', 'merge', LIBRARIES],
  ['Fold recursion', 'recursion', '{}'],
  ['Bottom-up', 'invert', 'true'],
];
