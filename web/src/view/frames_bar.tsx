/** What graphs and table of one tree share, in Explore as in Compare: search, zoom, selection, and the row of controls above them. */
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { Window } from '../model/layout';
import type { Price } from '../model/money';
import { findNode, nodeKey } from '../model/path_hash';
import { search, type Search } from '../model/search';
import type { Functions, TreeLinks } from '../model/tree';
import type { View } from '../model/url_state';
import { parseZoom } from '../model/zoom';
import { goToZoomed, selectedFunction, showTree } from '../state/frames';
import { navigate } from '../state/view';
import { Breadcrumbs } from './breadcrumbs';
import { ExportMenu } from './export_menu';
import { GraphTools } from './graph_tools';
import { OperatorChips } from './operator_chips';
import { SearchBox } from './search_box';

interface NamedTree {
  readonly tree: TreeLinks;
  readonly functions: Functions;
}

export interface SharedFrames {
  readonly found: Search | null;
  /** The frame zoomed to; 0, the root, for none. */
  readonly focus: number;
  /** The part of the width that is shown; null: what `focus` takes. */
  readonly part: Window | null;
  readonly onFocus: (node: number) => void;
  /** Selects a function in graphs and table; the selected one is let go. */
  readonly onSelect: (at: number) => void;
}

export function useFrames(shown: View, answer: NamedTree): SharedFrames {
  const { tree, functions } = answer;
  useEffect(() => showTree(answer), [answer]);
  const found = useMemo(() => search(shown.search, functions, tree), [answer, shown.search]);
  const { key, part } = parseZoom(shown.zoom);
  const focus = useMemo(() => findNode(tree, functions, key), [answer, key]);
  return { found, focus, part, onFocus: (node) => zoomTo(answer, node), onSelect: toggleSelected };
}

function zoomTo({ tree, functions }: NamedTree, node: number): void {
  navigate({ zoom: nodeKey(tree, functions, node) });
  goToZoomed();
}

function toggleSelected(at: number): void {
  selectedFunction.set(selectedFunction.get() === at ? -1 : at);
}

export interface FramesBarProps {
  readonly shown: View;
  readonly answer: NamedTree;
  readonly frames: SharedFrames;
  /** What the search found, in words. */
  readonly result: ComponentChildren;
  readonly price: Price | null;
  /** Which graph pictures are made of; null where none is drawn. */
  readonly graph: 'main' | 'diff' | null;
  readonly csv: () => string;
}

export function FramesBar(props: FramesBarProps) {
  const { shown, answer, frames, graph } = props;
  return (
    <div class="frames-bar">
      <SearchBox text={shown.search} result={props.result} />
      <Breadcrumbs {...frames} tree={answer.tree} functions={answer.functions} />
      <OperatorChips shown={shown} />
      <ExportMenu shown={shown} price={props.price} graph={graph} csv={props.csv} />
      <GraphTools shown={shown} panes={graph !== 'diff'} />
    </div>
  );
}
