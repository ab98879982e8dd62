/** One browser for all tests, and the page as a person uses it. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { DrawnFrame } from '../../web/src/state/handle';

const HOUR_MS = 3600e3;
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const base = process.env['PHLOX_URL'] ?? '';
export const untilMs = Number(process.env['PHLOX_UNTIL'] ?? Date.now());
export const fromMs = Number(process.env['PHLOX_FROM'] ?? untilMs - HOUR_MS);

/** Cores of version 2 over cores of version 1, and the share of foo in version 1, measured without phlox. */
export const truth: { readonly total: number; readonly foo: number; readonly bar: number; readonly share: number } = {
  total: 0.33,
  foo: 8 / 75,
  bar: 1,
  share: 0.75,
  ...(JSON.parse(process.env['PHLOX_TRUTH'] ?? '{}') as object),
};

/** Of the generated data, by name. */
export const SERVICES = [
  'checkout-and-fulfilment-worker.eu-central-1',
  'lines',
  'names',
  'renamed',
  'shop',
  'wide',
];

/** Compare: version 1 with version 2 of the shop, over all of the range. */
export const BOTH_VERSIONS = {
  page: 'compare',
  baseline: '{service_name="shop",version="1"}',
  comparison: '{service_name="shop",version="2"}',
  baseline_from: String(fromMs),
  baseline_until: String(untilMs),
  comparison_from: String(fromMs),
  comparison_until: String(untilMs),
};

const AXE = fileURLToPath(new URL('../../web/node_modules/axe-core/axe.min.js', import.meta.url));

let launched: Promise<Browser> | null = null;

/** One browser for all tests, which ends with their process. */
export function launch(): Promise<Browser> {
  launched ??= chromium.launch({
    executablePath: process.env['PHLOX_CHROMIUM'] ?? '/usr/bin/chromium',
    args: QUIET,
  });
  return launched;
}

let shared: Promise<BrowserContext> | null = null;

/**
 * A window in which pages are tabs: to open a window costs as much as the page in it, since Chromium builds its own controls. What
 * a page keeps in the browser is forgotten when it is closed.
 */
function sharedWindow(browser: Browser): Promise<BrowserContext> {
  shared ??= browser.newContext().then(async (context) => {
    // The window stays open with it.
    await context.newPage();
    return context;
  });
  return shared;
}

/** A page that remembers what it must not do: ask other hosts, log errors. */
export class PhloxPage {
  private readonly complaints: string[] = [];

  private constructor(readonly page: Page) {
    page.on('request', (request) => {
      if (!request.url().startsWith('data:') && new URL(request.url()).origin !== new URL(base).origin) {
        this.complaints.push(`asked another host: ${request.url()}`);
      }
    });
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(`logged: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.complaints.push(`threw: ${error.message}`));
  }

  /** One complaint that holds this text was wanted. */
  forgive(text: string): void {
    const at = this.complaints.findIndex((complaint) => complaint.includes(text));
    expect(at, `a complaint: ${text}`).toBeGreaterThanOrEqual(0);
    this.complaints.splice(at, 1);
  }

  /** A page that is open already. What it must not do is watched by whoever opened it. */
  static of(page: Page): PhloxPage {
    return new PhloxPage(page);
  }

  /** Opens an address of the page over the range where the data are; in a window of its own, if it is given one. */
  static async open(
    where: Browser | BrowserContext,
    params: { readonly [name: string]: string },
    width = 1440,
    before: (page: Page) => Promise<void> = async () => undefined,
  ): Promise<PhloxPage> {
    const context = 'newContext' in where ? await sharedWindow(where) : where;
    const page = await context.newPage();
    await page.setViewportSize({ width, height: 900 });
    const opened = new PhloxPage(page);
    await before(page);
    const query = new URLSearchParams({ from: String(fromMs), until: String(untilMs), ...params });
    await page.goto(`${base}/?${query.toString()}`);
    return opened;
  }

  /** Closes the page and fails if it did what it must not. */
  async close(): Promise<void> {
    if (this.page.url().startsWith(base)) await this.page.evaluate(() => localStorage.clear());
    await this.page.close();
    expect(this.complaints).toEqual([]);
  }

  param(name: string): string | null {
    return new URL(this.page.url()).searchParams.get(name);
  }

  text(testid: string): Promise<string> {
    return this.page.getByTestId(testid).innerText();
  }

  /** The frames drawn in a graph, once it stands still and is not empty. */
  async frames(graph: string): Promise<readonly DrawnFrame[]> {
    await this.page.waitForFunction((id) => {
      const drawn = window.phlox?.flamegraph(id);
      return drawn !== undefined && !drawn.moving() && drawn.frames().length > 1;
    }, graph);
    return this.page.evaluate((id) => window.phlox?.flamegraph(id)?.frames() ?? [], graph);
  }

  /** Pixels of all frames of that name. */
  async width(graph: string, name: string): Promise<number> {
    const frames = (await this.frames(graph)).filter((frame) => frame.name === name);
    return frames.reduce((sum, frame) => sum + frame.width, 0);
  }

  /** The text of one cell in the row of a function. */
  async cell(name: string, column: string): Promise<string> {
    const row = this.page
      .getByTestId('row')
      .filter({ has: this.page.getByRole('button', { name, exact: true }) });
    return (await row.locator(`[data-column="${column}"]`).innerText()).replace(/\s+/g, ' ');
  }

  /** The colour in which frames are drawn, below their text at their right end. */
  async fills(graph: string, names: readonly string[]): Promise<{ readonly [name: string]: string }> {
    const frames = (await this.frames(graph)).filter((frame) => names.includes(frame.name));
    const places = frames.map(({ name, x, y, width, height }) => ({ name, x: x + width - 4, y: y + height - 3 }));
    return this.page.getByTestId(`canvas-${graph}`).evaluate((canvas: HTMLCanvasElement, all) => {
      const context = canvas.getContext('2d');
      const at = (x: number, y: number): string => {
        const [red, green, blue] = context?.getImageData(Math.round(x), Math.round(y), 1, 1).data ?? [];
        return `rgb(${red}, ${green}, ${blue})`;
      };
      return Object.fromEntries(all.map(({ name, x, y }) => [name, at(x, y)]));
    }, places);
  }

  async clickFrame(graph: string, name: string): Promise<void> {
    const frame = (await this.frames(graph)).find((entry) => entry.name === name);
    expect(frame, `a frame named ${name}`).toBeDefined();
    if (frame === undefined) return;
    const position = { x: frame.x + frame.width / 2, y: frame.y + frame.height / 2 };
    await this.page.getByTestId(`canvas-${graph}`).click({ position });
  }

  /** What axe-core finds wrong for those who do not see or hold a mouse: on all of the page or in a part, by all rules or by some. */
  async violations(asked: { readonly within?: string | undefined; readonly rules?: readonly string[] } = {}): Promise<readonly string[]> {
    // Playwright evaluates past the content security policy of the page, which refuses scripts like this one.
    if (!(await this.page.evaluate(() => Reflect.has(window, 'axe')))) await this.page.evaluate(readFileSync(AXE, 'utf8'));
    return this.page.evaluate(async ({ within, rules }) => {
      const axe: unknown = Reflect.get(window, 'axe');
      if (typeof axe !== 'object' || axe === null) return ['axe is not there'];
      const run: unknown = Reflect.get(axe, 'run');
      if (typeof run !== 'function') return ['axe cannot run'];
      // To list what passes, element by element, takes longer than to look.
      const options = { resultTypes: ['violations'], ...(rules && { runOnly: rules }) };
      const result: { violations: { id: string; nodes: { html: string }[] }[] } = await run.call(axe, within ?? document, options);
      return result.violations.map(
        (entry) => `${entry.id}: ${entry.nodes.map((node) => node.html).join(' | ')}`,
      );
    }, asked);
  }

  async screenshot(name: string): Promise<void> {
    const folder = process.env['PHLOX_SCREENSHOTS'];
    if (folder === undefined || folder === '') return;
    mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }
}

/** Before the tests of the describe() it stands in. */
export function withBrowser(keep: (browser: Browser) => void): void {
  beforeAll(async () => keep(await launch()));
}

/** Besides, a page of its own for each of them, on which `ready` has been waited for. */
export function withPage(
  params: { readonly [name: string]: string },
  ready: (phlox: PhloxPage) => Promise<unknown>,
  keep: (phlox: PhloxPage, browser: Browser) => void,
): void {
  let browser: Browser;
  let phlox: PhloxPage;
  withBrowser((launched) => {
    browser = launched;
  });
  beforeEach(async () => {
    phlox = await PhloxPage.open(browser, params);
    keep(phlox, browser);
    await ready(phlox);
  });
  afterEach(() => phlox.close());
}

/** "0.655 75.0 %" -> 75.0 */
export function percentIn(text: string): number {
  return Number(/(\d+(?:\.\d+)?) %/.exec(text)?.[1] ?? Number.NaN);
}

/** "−89 %" -> -0.89, "+3.4 %" -> 0.034, "unchanged" -> 0 */
export function changeIn(text: string): number {
  if (text === 'unchanged') return 0;
  const [, sign = '', amount = ''] = /^([−+])(\d+(?:\.\d+)?) %$/.exec(text) ?? [];
  return ((sign === '−' ? -1 : 1) * Number(amount === '' ? Number.NaN : amount)) / 100;
}
