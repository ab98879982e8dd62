/**
 * The tree that all are measured on, the same in each run: preorder columns, then the forms that each program reads.
 *
 * Node i hangs below a node of the path that was built last, mostly near its end, so that paths are up to 60 deep, some 30
 * on average, and siblings few near the leaves and many near the root, as in profiles of servers.
 */
const FUNCTIONS = 20_000;
const DEEPEST = 60;
const FORKS = 6;

/**
 * `levels`: so many levels at the top fork evenly, FORKS ways each. Without them the root has ever more children, of which none is as
 * wide as a pixel when there are millions of nodes.
 */
export function makeTree(nodes, levels = 0) {
  const next = random(7);
  const tree = {
    names: Array.from({ length: FUNCTIONS }, (_, i) => `handler_${i % 997}.step_${i}`),
    depth: new Int32Array(nodes),
    function: new Int32Array(nodes),
    self: new Float64Array(nodes),
  };
  let depth = 0;
  let part = 0;
  for (let i = 1; i < nodes; i++) {
    // Down by one mostly, else up again by a few; at 1 there are only root's children.
    depth = next() < 0.62 ? depth + 1 : depth - Math.floor(next() ** 2 * 6);
    depth = Math.max(1 + levels, Math.min(DEEPEST, depth));
    const nextPart = Math.floor((i / nodes) * FORKS ** levels);
    // Where a part of some level begins, up to that level.
    for (let level = levels; level > 0; level--) {
      const width = FORKS ** (levels - level);
      if (Math.floor(nextPart / width) !== Math.floor(part / width)) depth = level;
    }
    part = nextPart;
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

/** The answer of phlox's server with all of the tree, as docs/api.md draws it under "Columns as bytes". */
export function profileAnswer(tree, fromMs, untilMs) {
  const size = tree.depth.length;
  const functions = tree.names.length;
  const self = tree.self.map((value) => value * 1e6);
  const total = Float64Array.from(self);
  const parent = parents(tree);
  for (let i = size - 1; i > 0; i--) total[parent[i]] += total[i];
  const table = { self: new Float64Array(functions), total: new Float64Array(functions) };
  for (const [i, open] of functionsAbove(tree)) {
    table.self[tree.function[i]] += self[i];
    if (!open) table.total[tree.function[i]] += total[i];
  }
  const rows = Int32Array.from({ length: functions }, (_, at) => at).sort((a, b) => table.total[b] - table.total[a]);
  const columns = new Columns();
  const all = (value) => new Array(functions).fill(value);
  const function_ = Int32Array.from(tree.function);
  function_[0] = -1;
  return columns.answer({
    type: 'process_cpu:cpu:nanoseconds:cpu:nanoseconds',
    unit: 'nanoseconds',
    side: {
      range: { from_ms: fromMs, until_ms: untilMs, level_s: 10 },
      total: total[0],
      covered_ns: (untilMs - fromMs) * 1e6,
      profiles: 1,
    },
    functions: { name: tree.names, file: all(''), line: all(0), module: all(''), kind: all('python') },
    tree: {
      function: columns.add(function_),
      depth: columns.add(tree.depth),
      self: columns.add(self),
      total: columns.add(total),
      hidden_count: { column: 'zeros', count: size },
      hidden_total: { column: 'zeros', count: size },
    },
    table: {
      function: columns.add(rows),
      self: columns.add(Float64Array.from(rows, (at) => table.self[at])),
      total: columns.add(Float64Array.from(rows, (at) => table.total[at])),
    },
    table_left_out: 0,
    search: null,
  });
}

class Columns {
  parts = [];
  at = 0;

  add(column) {
    const place = { column: column instanceof Int32Array ? 'i32' : 'f64', at: this.at, count: column.length, large: {} };
    const bytes = Buffer.from(column.buffer, column.byteOffset, column.byteLength);
    const padding = Buffer.alloc(-bytes.length & 7);
    this.parts.push(bytes, padding);
    this.at += bytes.length + padding.length;
    return place;
  }

  answer(json) {
    const plain = Buffer.from(JSON.stringify(json));
    const text = Buffer.concat([plain, Buffer.alloc(-plain.length & 7, ' ')]);
    const head = Buffer.alloc(16);
    head.write('PHLOXCOL', 'latin1');
    head.writeUInt32LE(1, 8);
    head.writeUInt32LE(text.length, 12);
    return Buffer.concat([head, text, ...this.parts]);
  }
}

function parents(tree) {
  const parent = new Int32Array(tree.depth.length);
  const last = [0];
  for (let i = 1; i < parent.length; i++) {
    parent[i] = last[tree.depth[i] - 1];
    last[tree.depth[i]] = i;
  }
  return parent;
}

/** [node, whether its function stands above it as well], all but the root. */
function* functionsAbove(tree) {
  const open = new Int32Array(tree.names.length);
  const path = [];
  for (let i = 1; i < tree.depth.length; i++) {
    while (path.length >= tree.depth[i]) open[path.pop()]--;
    const at = tree.function[i];
    yield [i, open[at] > 0];
    path.push(at);
    open[at]++;
  }
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
