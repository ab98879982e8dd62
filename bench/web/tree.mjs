/**
 * The tree that all are measured on, the same in each run: preorder columns, then the forms that each program reads.
 *
 * Node i hangs below a node of the path that was built last, mostly near its end, so that paths are up to 60 deep, some 30
 * on average, and siblings few near the leaves and many near the root, as in profiles of servers.
 */
const FUNCTIONS = 20_000;
const DEEPEST = 60;

export function makeTree(nodes) {
  const next = random(7);
  const tree = {
    names: Array.from({ length: FUNCTIONS }, (_, i) => `handler_${i % 997}.step_${i}`),
    depth: new Int32Array(nodes),
    function: new Int32Array(nodes),
    self: new Float64Array(nodes),
  };
  let depth = 0;
  for (let i = 1; i < nodes; i++) {
    // Down by one mostly, else up again by a few; at 1 there are only root's children.
    depth = next() < 0.62 ? depth + 1 : depth - Math.floor(next() ** 2 * 6);
    depth = Math.max(1, Math.min(DEEPEST, depth));
    tree.depth[i] = Math.min(depth, tree.depth[i - 1] + 1);
    depth = tree.depth[i];
    tree.function[i] = Math.floor(next() ** 3 * FUNCTIONS);
    tree.self[i] = 1 + Math.floor(next() * 1000);
  }
  return tree;
}

/** Folded stacks in pieces that one push takes, `most` nodes each. */
export function* foldedPieces(tree, most) {
  let lines = [];
  for (const [i, path] of paths(tree)) {
    lines.push(`${path.map((at) => tree.names[tree.function[at]]).join(';')} ${tree.self[i] * 1e6}`);
    if (lines.length < most) continue;
    yield lines.join('\n');
    lines = [];
  }
  if (lines.length > 0) yield lines.join('\n');
}

/** speedscope's "sampled" profile, in pieces, since it is larger than a string may be. */
export function* speedscopePieces(tree) {
  const frames = JSON.stringify(tree.names.map((name) => ({ name, file: 'app.py', line: 1 })));
  const total = tree.self.reduce((sum, value) => sum + value, 0);
  yield `{"$schema":"https://www.speedscope.app/file-format-schema.json","shared":{"frames":${frames}},"profiles":[`;
  yield `{"type":"sampled","name":"tree","unit":"milliseconds","startValue":0,"endValue":${total},"samples":[`;
  let comma = '';
  for (const [, path] of paths(tree)) {
    yield `${comma}[${path.map((at) => tree.function[at]).join(',')}]`;
    comma = ',';
  }
  yield `],"weights":[${tree.self.subarray(1).join(',')}]}]}`;
}

/** Grafana's nested set: level, value and self of each node in preorder, root first. */
export function nestedSet(tree) {
  const value = Float64Array.from(tree.self);
  const open = [];
  for (let i = 0; i <= tree.depth.length; i++) {
    const depth = tree.depth[i] ?? 1;
    while (open.length > depth) {
      const done = open.pop();
      value[open[open.length - 1]] += value[done];
    }
    open.push(i);
  }
  return { names: tree.names, level: [...tree.depth], label: [...tree.function], value: [...value], self: [...tree.self] };
}

/** [node, nodes from the root's child down to it], all but the root. */
function* paths(tree) {
  const path = [];
  for (let i = 1; i < tree.depth.length; i++) {
    path.length = tree.depth[i] - 1;
    path.push(i);
    yield [i, path];
  }
}

/** mulberry32: small, and the same everywhere. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
