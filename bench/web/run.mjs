/**
 * Measures the page beside flame graphs of others, on one tree and in one browser, then the page alone on a larger tree and on a
 * store of thirty days, and prints tables:
 *
 *     node bench/web/run.mjs [--nodes 1000000] [--large 5000000] [--hours 720] [--only phlox,speedscope,grafana,large,days]
 *                            [--history DIR] [--output docs/bench-web.md]
 *
 * --history is a directory that phlox-fill wrote within the last hour, in place of a new one, which takes minutes.
 * PHLOX_PROGRAMS names the folder of the built programs, PHLOX_FILL the program that writes the history, PHLOX_CHROMIUM the
 * browser. `make bench-web` does all of it.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { atRest, firstPicture, Meter, percentile, watchFirstPicture } from './measure.mjs';
import { front } from './front.mjs';
import { serve } from './serve.mjs';
import { foldedPieces, makeTree, nestedSet, profileAnswer, speedscopePieces } from './tree.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, '../..');
const PROGRAMS = process.env.PHLOX_PROGRAMS ?? join(ROOT, 'build/release/bin');
const FILL = process.env.PHLOX_FILL ?? join(ROOT, 'build/bench/bin/phlox-fill');
const fromWeb = createRequire(join(ROOT, 'web/package.json'));
const { chromium } = fromWeb('playwright-core');
const STEPS = 60;
/** One of them, alone in the field, finds many of the tree's functions. */
const KEYS = ['7', '1', '3', '5', '9'];
const PIECE = 50_000;
const HOUR_MS = 3600e3;
/** Levels at the top of the large tree that fork evenly. */
const LARGE_LEVELS = 4;
const OPENINGS = 9;
const SIZE = { width: 1440, height: 900 };

const { values: options } = parseArgs({
  options: {
    nodes: { type: 'string', default: '1000000' },
    large: { type: 'string', default: '5000000' },
    hours: { type: 'string', default: '720' },
    history: { type: 'string', default: '' },
    only: { type: 'string', default: 'phlox,speedscope,grafana,large,days' },
    output: { type: 'string', default: '' },
  },
});
const nodes = Number(options.nodes);
const folder = mkdtempSync(join(tmpdir(), 'phlox-bench-web-'));

/** A server of its own: { url, stop }. */
async function phloxServer(data) {
  const server = spawn(join(PROGRAMS, 'phlox-server'), ['--data', data, '--listen', '127.0.0.1:0']);
  const url = await new Promise((resolve, reject) => {
    let log = '';
    server.stderr.on('data', (text) => {
      log += text;
      const found = /listening on (\S+)/.exec(log);
      if (found) resolve(found[1]);
    });
    server.on('exit', () => reject(new Error(log)));
  });
  return { url, pid: server.pid, stop: () => server.kill() };
}

function push(url, tree) {
  for (const piece of foldedPieces(tree, PIECE)) {
    const file = join(folder, 'piece.folded');
    writeFileSync(file, piece);
    execFileSync(join(PROGRAMS, 'phlox'), ['push', '--server', url, '--service', 'tree', '--unit', 'nanoseconds', file]);
  }
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
  const server = await phloxServer(join(folder, 'data'));
  push(server.url, tree);
  const result = await treeInPhlox(browser, server.url);
  // What a person sees first: the same service with the page's own number of frames.
  const usual = await open(browser, { address: `${server.url}/?query=${TREE}`, isDrawn: PHLOX_DRAWN, pid: server.pid });
  await firstPicture(usual.page, 'api/v1/profile');
  result.opened = await usual.page.evaluate(() => window.firstPicture);
  await usual.page.close();
  server.stop();
  return result;
}

const TREE = encodeURIComponent('{service_name="tree"}');
const PHLOX_DRAWN = "(window.phlox?.flamegraph('main')?.frames().length ?? 0) > 1";

/** More nodes than the server sends: the answer is made here, and all else passed on to a server. */
async function large(browser) {
  const until = Date.now();
  const body = profileAnswer(makeTree(Number(options.large), LARGE_LEVELS), until - HOUR_MS, until);
  const server = await phloxServer(join(folder, 'empty'));
  const before = await front(server.url, (path) =>
    path === '/api/v1/profile' ? { type: 'application/vnd.phlox.columns', body } : null,
  );
  const result = await treeInPhlox(browser, before.url);
  before.close();
  server.stop();
  return result;
}

/** How soon there is a picture of one service of fifty, with a store of many hours behind it. */
async function days(browser) {
  const data = options.history === '' ? join(folder, 'history') : options.history;
  if (options.history === '')
    execFileSync(FILL, ['--data', data, '--hours', options.hours], { stdio: ['ignore', 'ignore', 'inherit'] });
  const server = await phloxServer(data);
  const openings = [];
  const requests = new Map();
  for (let i = 0; i < OPENINGS; i++) {
    const { page } = await open(browser, { address: `${server.url}/`, isDrawn: PHLOX_DRAWN, pid: server.pid });
    await firstPicture(page, 'api/v1/profile');
    openings.push(await page.evaluate(() => window.firstPicture));
    for (const [name, ms] of await page.evaluate(answerTimes)) requests.set(name, [...(requests.get(name) ?? []), ms]);
    await page.close();
  }
  server.stop();
  const times = [...requests].map(([name, all]) => `${name} ${percentile(all, 0.5).toFixed(0)}`).sort();
  return { first: openings[0], opened: percentile(openings, 0.5), slowest: Math.max(...openings), requests: times.join(', ') };
}

/** In the page: each request by its name, with the milliseconds from its start to the first byte of its answer. */
function answerTimes() {
  return performance
    .getEntriesByType('resource')
    .filter((entry) => /api|querier/.test(entry.name))
    .map((entry) => [new URL(entry.name).pathname.split('/').pop(), entry.responseStart - entry.startTime]);
}

async function treeInPhlox(browser, url) {
  const meter = await open(browser, { address: `${url}/?query=${TREE}&nodes=1048576`, isDrawn: PHLOX_DRAWN });
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
  Object.assign(result, await keyCosts(page, meter));
  result.memory = await meter.megabytes();
  await page.close();
  return result;
}

/** Keys in the field that has the focus, each taken back before the next, less what it costs to wait and to measure. */
async function keyCosts(page, meter) {
  const idle = await meter.settled(() => undefined);
  await meter.longestTask();
  const costs = [];
  for (const key of KEYS) {
    costs.push((await meter.settled(() => page.keyboard.type(key))) - idle);
    await meter.settled(() => page.keyboard.press('Backspace'));
  }
  return { key: percentile(costs, 0.5), slowestKey: Math.max(...costs), longestKey: await meter.longestTask() };
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
  Object.assign(result, await keyCosts(page, meter));
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
  Object.assign(result, await keyCosts(page, meter));
  result.memory = await meter.megabytes();
  await page.close();
  return result;
}

/** `pid`: of the server, where what is measured is the opening itself. */
async function open(browser, { address, isDrawn, pid }) {
  const page = await browser.newPage({ viewport: SIZE });
  page.on('pageerror', (error) => console.error(`${address}: ${error.message}`));
  const meter = await Meter.of(page);
  await watchFirstPicture(page, isDrawn);
  if (pid !== undefined) await atRest(browser, pid);
  await page.goto(address, { waitUntil: 'commit' });
  return meter;
}

const ROWS = [
  ['first picture after the answer arrived, ms', 'picture'],
  ['main thread a frame while zooming, panning, scrolling, 95th percentile, ms', 'perFrame'],
  ['of it the script that lays out and draws, time on the clock, ms', 'drawing'],
  ['longest task meanwhile, ms (0: none above 50)', 'longest'],
  ['one key of a search, middle of 5, ms', 'key'],
  ['the slowest of them, ms', 'slowestKey'],
  ['longest task of them, ms (0: none above 50)', 'longestKey'],
  ['heap and buffers, MB', 'memory'],
  ['default view, opening to first picture, ms', 'opened'],
];

const DAYS_ROWS = [
  ['opening to first picture, middle of 9, ms', 'opened'],
  ['the first of them, on a server that has just begun, ms', 'first'],
  ['the slowest of them, ms', 'slowest'],
  ['start of a request to its answer, middle, ms', 'requests'],
];

function tableOf(what, rows, results) {
  const names = Object.keys(results);
  const cell = (value) =>
    value === undefined ? '–' : typeof value === 'string' ? value : value.toFixed(value < 20 ? 1 : 0);
  return [
    `| ${what} | ${names.join(' | ')} |`,
    `|---|${names.map(() => '---').join('|')}|`,
    ...rows
      .filter(([, key]) => names.some((name) => results[name][key] !== undefined))
      .map(([title, key]) => `| ${title} | ${names.map((name) => cell(results[name][key])).join(' | ')} |`),
    '',
  ].join('\n');
}

const MEASURED = { phlox, speedscope, grafana, large, days };
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
  const loads = {};
  for (const name of options.only.split(',')) {
    loads[name] = `${loadavg()[0].toFixed(1)} (${name})`;
    results[name] = await MEASURED[name](browser, tree, peers);
    console.error(`load ${loads[name]}`, results[name]);
  }
  const { large: alone, days: history, ...beside } = results;
  const count = (text) => Number(text).toLocaleString('en-US');
  const tables = [
    Object.keys(beside).length > 0 && tableOf(`${count(options.nodes)} nodes`, ROWS, beside),
    alone && tableOf(`${count(options.large)} nodes`, ROWS, { phlox: alone }),
    history && tableOf(`50 services over ${count(options.hours)} hours`, DAYS_ROWS, { phlox: history }),
  ];
  const when = `Measured on ${new Date().toISOString().slice(0, 10)}, load ${Object.values(loads).join(', ')} when each began.`;
  const table = `${tables.filter(Boolean).join('\n')}\n${when}\n`;
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
