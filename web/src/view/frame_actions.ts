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
  const at = tree.function[node] ?? -1;
  if (at < 0) return [zoomTo(target)];
  const path = operatorAction(shown, 'Only this path', 'focus', pathOf(tree, functions, node));
  return [zoomTo(target), ...actionsOf({ shown, functions, at }, copyStack(namesTo(target)), path)];
}

/** For a frame of half a sandwich: the way to it begins at its function and not at the root. `upwards`: to its callers. */
export function sandwichActions(target: FrameTarget, upwards: boolean): readonly FrameAction[] {
  const { shown, functions, tree, node } = target;
  const at = tree.function[node] ?? -1;
  if (at < 0) return [zoomTo(target)];
  const names = namesTo(target);
  return [zoomTo(target), ...actionsOf({ shown, functions, at }, copyStack(upwards ? names.reverse() : names))];
}

function zoomTo(target: FrameTarget): FrameAction {
  return { title: 'Zoom to it', testid: 'frame-zoom', run: () => target.onFocus(target.node) };
}

function copyStack(names: readonly string[]): FrameAction {
  return { title: 'Copy stack', testid: 'copy-stack', run: () => void copy(names.join('\n')) };
}

/** What the functions on the way from the root to a frame are called. */
function namesTo({ tree, functions, node }: FrameTarget): string[] {
  const steps = pathTo(tree, node).filter((step) => (tree.function[step] ?? -1) >= 0);
  return steps.map((step) => nodeName(tree, functions, step));
}

/** For a function wherever it is called. */
export function functionActions(target: FunctionTarget): readonly FrameAction[] {
  return target.at < 0 ? [] : actionsOf(target);
}

function actionsOf(target: FunctionTarget, copied?: FrameAction, path?: FrameAction): readonly FrameAction[] {
  // Operators run in the server.
  return [...copyActions(target, copied), ...(inFile() ? [] : operatorActions(target, path))];
}

function copyActions(target: FunctionTarget, copied?: FrameAction): readonly FrameAction[] {
  const { functions, at } = target;
  const name = functions.name[at] ?? '';
  const place = placeOf(functions, at);
  const url = editorUrl(editorTemplate.get(), functions.file[at] ?? '', functions.line[at] ?? 0);
  return [
    { title: 'Copy name', testid: 'copy-name', run: () => void copy(name) },
    ...(copied === undefined ? [] : [copied]),
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
