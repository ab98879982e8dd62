/**
 * Measures the page beside flame graphs of others, on one tree and in one browser, and prints a table:
 *
 *     node bench/web/run.mjs [--nodes 1000000] [--only phlox,speedscope,grafana] [--output docs/bench-web.md]
 *
 * PHLOX_PROGRAMS names the folder of the built programs, PHLOX_CHROMIUM the browser. `make bench-web` does all of it.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { firstPicture, Meter, percentile, watchFirstPicture } from './measure.mjs';
import { serve } from './serve.mjs';
import { foldedPieces, makeTree, nestedSet, speedscopePieces } from './tree.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, '../..');
const PROGRAMS = process.env.PHLOX_PROGRAMS ?? join(ROOT, 'build/release/bin');
const fromWeb = createRequire(join(ROOT, 'web/package.json'));
const { chromium } = fromWeb('playwright-core');
const STEPS = 60;
const PIECE = 50_000;
const SIZE = { width: 1440, height: 900 };

const { values: options } = parseArgs({
  options: {
    nodes: { type: 'string', default: '1000000' },
    only: { type: 'string', default: 'phlox,speedscope,grafana' },
    output: { type: 'string', default: '' },
  },
});
const nodes = Number(options.nodes);
const folder = mkdtempSync(join(tmpdir(), 'phlox-bench-web-'));

/** A server with the tree in it: { url, stop }. */
async function phloxServer(tree) {
  const server = spawn(join(PROGRAMS, 'phlox-server'), ['--data', join(folder, 'data'), '--listen', '127.0.0.1:0']);
  const url = await new Promise((resolve, reject) => {
    let log = '';
    server.stderr.on('data', (text) => {
      log += text;
      const found = /listening on (\S+)/.exec(log);
      if (found) resolve(found[1]);
    });
    server.on('exit', () => reject(new Error(log)));
  });
  for (const piece of foldedPieces(tree, PIECE)) {
    const file = join(folder, 'piece.folded');
    writeFileSync(file, piece);
    execFileSync(join(PROGRAMS, 'phlox'), ['push', '--server', url, '--service', 'tree', '--unit', 'nanoseconds', file]);
  }
  return { url, stop: () => server.kill() };
}

/** Steps that a program has; the middle of its graph is at `x`, `y`. */
async function gestures(page, meter, x, y) {
  await page.mouse.move(x, y);
  // What it costs to measure is no work of the page.
  const idle = percentile(await meter.steps(STEPS, () => undefined), 0.5);
  await meter.longestTask();
  await page.keyboard.down('Control');
  const zoom = await meter.steps(STEPS, (i) => page.mouse.wheel(0, i % 20 < 10 ? -120 : 120));
  await page.keyboard.up('Control');
  const pan = await meter.steps(STEPS, (i) => page.mouse.wheel(i % 20 < 10 ? 40 : -40, 0));
  const scroll = await meter.steps(STEPS, (i) => page.mouse.wheel(0, i % 20 < 10 ? 40 : -40));
  return {
    perFrame: percentile([...zoom, ...pan, ...scroll], 0.95) - idle,
    longest: await meter.longestTask(),
  };
}

async function phlox(browser, tree) {
  const server = await phloxServer(tree);
  const meter = await open(browser, {
    address: `${server.url}/?query=${encodeURIComponent('{service_name="tree"}')}&nodes=1048576`,
    isDrawn: "(window.phlox?.flamegraph('main')?.frames().length ?? 0) > 1",
  });
  const { page } = meter;
  const result = { picture: await firstPicture(page, 'api/v1/profile') };
  await page.waitForTimeout(1000);
  const box = await page.getByTestId('canvas-main').boundingBox();
  Object.assign(result, await gestures(page, meter, box.x + box.width / 2, box.y + 100));
  const drawings = [];
  await page.keyboard.down('Control');
  await meter.steps(STEPS, async (i) => {
    await page.mouse.wheel(0, i % 20 < 10 ? -120 : 120);
    drawings.push(await page.evaluate(() => window.phlox.flamegraph('main').drawingMs()));
  });
  await page.keyboard.up('Control');
  result.drawing = percentile(drawings, 0.95);
  await page.getByTestId('search').focus();
  result.key = await meter.settled(() => page.keyboard.type('7'));
  result.memory = await meter.megabytes();
  await page.close();
  // What a person sees first: the same service with the page's own number of frames.
  const usual = await open(browser, {
    address: `${server.url}/?query=${encodeURIComponent('{service_name="tree"}')}`,
    isDrawn: "(window.phlox?.flamegraph('main')?.frames().length ?? 0) > 1",
  });
  await firstPicture(usual.page, 'api/v1/profile');
  result.opened = await usual.page.evaluate(() => window.firstPicture);
  await usual.page.close();
  server.stop();
  return result;
}

async function speedscope(browser, tree, peers) {
  cpSync(join(HERE, 'node_modules/speedscope/dist/release'), peers.folder, { recursive: true });
  const file = createWriteStream(join(peers.folder, 'tree.speedscope.json'));
  let text = '';
  for (const piece of speedscopePieces(tree)) {
    text += piece;
    if (text.length < 1e6) continue;
    if (!file.write(text)) await new Promise((drained) => file.once('drain', drained));
    text = '';
  }
  await new Promise((done) => file.end(text, done));
  const meter = await open(browser, {
    address: `${peers.url}/index.html#profileURL=${encodeURIComponent(`${peers.url}/tree.speedscope.json`)}`,
    // Its canvas is always there; the names of its views come with the profile.
    isDrawn: "document.body?.textContent.includes('Left Heavy') === true",
  });
  const { page } = meter;
  const result = { picture: await firstPicture(page, 'tree.speedscope.json') };
  await page.waitForTimeout(1000);
  Object.assign(result, await gestures(page, meter, SIZE.width / 2, 300));
  await page.keyboard.press('Control+f');
  await page.waitForTimeout(300);
  result.key = await meter.settled(() => page.keyboard.type('7'));
  result.memory = await meter.megabytes();
  await page.close();
  return result;
}

async function grafana(browser, tree, peers) {
  await fromWeb('esbuild').build({
    entryPoints: [join(HERE, 'grafana.jsx')],
    bundle: true,
    minify: true,
    format: 'esm',
    jsx: 'automatic',
    outfile: join(peers.folder, 'grafana.js'),
    define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
    alias: {
      // Its module form imports the default of CommonJS packages in a way that only Grafana's own bundler gets right.
      '@grafana/flamegraph': join(HERE, 'node_modules/@grafana/flamegraph/dist/cjs/index.cjs'),
      '@grafana/assistant': join(HERE, 'no_assistant.jsx'),
    },
    loader: { '.svg': 'text', '.woff2': 'empty', '.ttf': 'empty' },
    logLevel: 'error',
  });
  writeFileSync(join(peers.folder, 'nested-set.json'), JSON.stringify(nestedSet(tree)));
  writeFileSync(
    join(peers.folder, 'grafana.html'),
    '<!doctype html><div id="root"></div><script type="module" src="grafana.js"></script>',
  );
  const meter = await open(browser, {
    address: `${peers.url}/grafana.html`,
    isDrawn: "document.querySelector('canvas') !== null",
  });
  const { page } = meter;
  const result = { picture: await firstPicture(page, 'nested-set.json') };
  await page.waitForTimeout(1000);
  // It zooms by a click on a frame and its menu, and knows no other gesture.
  const canvas = await page.locator('canvas').first().boundingBox();
  await meter.longestTask();
  await page.mouse.click(canvas.x + 60, canvas.y + 40);
  const focus = page.getByText('Focus block');
  const costs = [await meter.settled(() => focus.click())];
  result.perFrame = percentile(costs, 0.95);
  result.longest = await meter.longestTask();
  await page.getByPlaceholder('Search').first().focus();
  result.key = await meter.settled(() => page.keyboard.type('7'));
  result.memory = await meter.megabytes();
  await page.close();
  return result;
}

async function open(browser, { address, isDrawn }) {
  const page = await browser.newPage({ viewport: SIZE });
  page.on('pageerror', (error) => console.error(`${address}: ${error.message}`));
  const meter = await Meter.of(page);
  await watchFirstPicture(page, isDrawn);
  await page.goto(address, { waitUntil: 'commit' });
  return meter;
}

const ROWS = [
  ['first picture after the answer arrived, ms', 'picture'],
  ['main thread a frame while zooming, panning, scrolling, 95th percentile, ms', 'perFrame'],
  ['of it the script that lays out and draws, time on the clock, ms', 'drawing'],
  ['longest task meanwhile, ms (0: none above 50)', 'longest'],
  ['one key of a search, ms', 'key'],
  ['heap and buffers, MB', 'memory'],
  ['default view, opening to first picture, ms', 'opened'],
];

function tableOf(results) {
  const names = Object.keys(results);
  const cell = (value) => (value === undefined ? '–' : value.toFixed(value < 20 ? 1 : 0));
  return [
    `| ${nodes.toLocaleString('en-US')} nodes | ${names.join(' | ')} |`,
    `|---|${names.map(() => '---').join('|')}|`,
    ...ROWS.map(([title, key]) => `| ${title} | ${names.map((name) => cell(results[name][key])).join(' | ')} |`),
    '',
  ].join('\n');
}

const PROGRAMS_MEASURED = { phlox, speedscope, grafana };
const peersFolder = join(folder, 'peers');
mkdirSync(peersFolder);
const peers = { folder: peersFolder, ...(await serve(peersFolder)) };
const browser = await chromium.launch({
  executablePath: process.env.PHLOX_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--enable-precise-memory-info'],
});
try {
  const tree = makeTree(nodes);
  const results = {};
  for (const name of options.only.split(',')) {
    const load = loadavg()[0];
    results[name] = await PROGRAMS_MEASURED[name](browser, tree, peers);
    console.error(`${name}: load ${load.toFixed(1)}`, results[name]);
  }
  const table = `${tableOf(results)}\nMeasured on ${new Date().toISOString().slice(0, 10)}, load ${loadavg()[0].toFixed(1)} at the end.\n`;
  console.log(table);
  if (options.output !== '') {
    // What is said around the table stays.
    const text = readFileSync(options.output, 'utf8');
    const marked = /(<!-- measured -->\n)[\s\S]*(<!-- end -->)/;
    writeFileSync(options.output, text.replace(marked, (_, begin, end) => `${begin}\n${table}\n${end}`));
  }
} finally {
  await browser.close();
  peers.close();
  rmSync(folder, { recursive: true, force: true });
}
