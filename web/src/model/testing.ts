/** Profiles for tests, written as folded stacks: "main;foo 75". */
import { WholeColumn } from './columns';
import { linkTree, type Functions, type TreeLinks, type TreeValues } from './tree';

interface Node {
  self: number;
  readonly children: Map<string, Node>;
}

export interface TestTree {
  readonly tree: TreeLinks;
  readonly functions: Functions;
  readonly values: TreeValues;
  readonly find: (path: string) => number;
}

export function folded(text: string): TestTree {
  const root = parse(text);
  const names = new Map<string, number>();
  const columns = {
    function: [] as number[],
    depth: [] as number[],
    self: [] as number[],
    total: [] as number[],
  };
  const paths: string[] = [];
  const visit = (node: Node, path: readonly string[]): number => {
    const at = columns.self.push(node.self) - 1;
    const name = path[path.length - 1];
    if (name !== undefined && !names.has(name)) names.set(name, names.size);
    columns.function.push(name === undefined ? -1 : (names.get(name) ?? -1));
    columns.depth.push(path.length);
    columns.total.push(0);
    paths.push(path.join(';'));
    let total = node.self;
    for (const key of [...node.children.keys()].sort()) {
      const child = node.children.get(key);
      if (child !== undefined) total += visit(child, [...path, key]);
    }
    columns.total[at] = total;
    return total;
  };
  visit(root, []);
  const size = paths.length;
  return {
    tree: linkTree(Int32Array.from(columns.function), Int32Array.from(columns.depth), WholeColumn.zeros(size)),
    functions: plainFunctions([...names.keys()]),
    values: {
      self: WholeColumn.of(columns.self),
      total: WholeColumn.of(columns.total),
      hiddenTotal: WholeColumn.of(new Array<number>(size).fill(0)),
    },
    find: (path) => paths.indexOf(path),
  };
}

export function plainFunctions(names: readonly string[]): Functions {
  return {
    name: names,
    file: names.map(() => 'app.py'),
    line: Int32Array.from(names, (_, i) => i + 1),
    module: names.map(() => 'app'),
    kind: names.map((name) => (name.startsWith('[') ? 'synthetic' : 'python')),
  };
}

function parse(text: string): Node {
  const root: Node = { self: 0, children: new Map() };
  for (const line of text.trim().split('\n')) {
    const space = line.lastIndexOf(' ');
    let node = root;
    for (const name of line.slice(0, space).trim().split(';')) {
      const child = node.children.get(name) ?? { self: 0, children: new Map() };
      node.children.set(name, child);
      node = child;
    }
    node.self += Number(line.slice(space + 1));
  }
  return root;
}
