/** What can be done with a frame of either page. */
import { editorUrl } from '../model/editor';
import { framesOf, framesOfModule, LIBRARIES, pathOf, withOperator, type OperatorName } from '../model/operators';
import { nodeName, pathTo, placeOf, type Functions, type TreeLinks } from '../model/tree';
import type { View } from '../model/url_state';
import { copy } from '../state/clipboard';
import { editorTemplate } from '../state/editor';
import { inFile } from '../state/kept';
import { navigate } from '../state/view';
import type { FrameAction } from './frame_menu';

export interface FunctionTarget {
  readonly shown: View;
  readonly functions: Functions;
  /** Index of the function. */
  readonly at: number;
}

export interface FrameTarget {
  readonly shown: View;
  readonly tree: TreeLinks;
  readonly functions: Functions;
  readonly node: number;
  readonly onFocus: (node: number) => void;
}

/** For one frame of a tree. */
export function frameActions(target: FrameTarget): readonly FrameAction[] {
  const { shown, tree, functions, node } = target;
  const zoom = { title: 'Zoom to it', testid: 'frame-zoom', run: () => target.onFocus(node) };
  const at = tree.function[node] ?? -1;
  if (at < 0) return [zoom];
  const stack = pathTo(tree, node)
    .slice(1)
    .map((step) => nodeName(tree, functions, step));
  const copyStack = { title: 'Copy stack', testid: 'copy-stack', run: () => void copy(stack.join('\n')) };
  const path = operatorAction(shown, 'Only this path', 'focus', pathOf(tree, functions, node));
  return [zoom, ...actionsOf({ shown, functions, at }, copyStack, path)];
}

/** For a function wherever it is called. */
export function functionActions(target: FunctionTarget): readonly FrameAction[] {
  return target.at < 0 ? [] : actionsOf(target);
}

function actionsOf(target: FunctionTarget, copyStack?: FrameAction, path?: FrameAction): readonly FrameAction[] {
  // Operators run in the server.
  return [...copyActions(target, copyStack), ...(inFile() ? [] : operatorActions(target, path))];
}

function copyActions(target: FunctionTarget, copyStack?: FrameAction): readonly FrameAction[] {
  const { functions, at } = target;
  const name = functions.name[at] ?? '';
  const place = placeOf(functions, at);
  const url = editorUrl(editorTemplate.get(), functions.file[at] ?? '', functions.line[at] ?? 0);
  return [
    { title: 'Copy name', testid: 'copy-name', run: () => void copy(name) },
    ...(copyStack === undefined ? [] : [copyStack]),
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

function operatorAction(shown: View, title: string, name: OperatorName, argument: string): FrameAction {
  const operators = withOperator(shown.operators, { name, argument });
  return { title, testid: `frame-${name}`, run: () => navigate({ operators, zoom: '' }) };
}

function operatorActions(target: FunctionTarget, path?: FrameAction): readonly FrameAction[] {
  const { shown, functions, at } = target;
  const frames = framesOf(functions.name[at] ?? '');
  const action = (title: string, name: OperatorName, argument = frames): FrameAction =>
    operatorAction(shown, title, name, argument);
  const place = placeOf(functions, at);
  const module = functions.module[at] ?? '';
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
    action('Only stacks with it', 'contains'),
    action('Only stacks without it', 'excludes'),
    action('Only what it calls', 'below'),
    action('Only who calls it', 'callers'),
    ...(path === undefined ? [] : [path]),
    action('Hide it', 'hide'),
    action('Drop it and what it calls', 'drop'),
    action('Fold its recursion', 'recursion'),
    ...(module === '' ? [] : [action(`Merge runs of ${module}`, 'merge', framesOfModule(module))]),
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
