import { readFileSync } from 'node:fs';

/**
 * How a page is measured, the same for all: what the browser itself counts as work of the main thread (TaskDuration of
 * the DevTools protocol: scripts, style, layout, recording of the picture), before and after each step. It is CPU time,
 * so that a busy machine does not count.
 */
const SETTLE_MS = 600;
/** Of /proc/PID/stat. */
const TICK_MS = 10;
const REST_MS = 300;
/** CPU time in REST_MS below which nothing goes on that a picture would have to share the machine with. */
const RESTING_MS = 15;
const PATIENCE_MS = 120_000;

/**
 * Waits until neither the browser nor a server, by its pid, does anything. A new window of Chromium builds its own controls for
 * a second, with half a second of CPU time in processes of their own; a store that was just filled is compacted for many.
 */
export async function atRest(browser, pid) {
  const session = await browser.newBrowserCDPSession();
  const busyMs = async () => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    const [, rest] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
    const [user, system] = rest.split(' ').slice(11, 13).map(Number);
    return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime * 1000, (user + system) * TICK_MS);
  };
  const until = performance.now() + PATIENCE_MS;
  for (let before = await busyMs(), now = Infinity; now - before > RESTING_MS; ) {
    if (performance.now() > until) throw new Error('browser and server do not come to rest');
    if (now < Infinity) before = now;
    await new Promise((done) => setTimeout(done, REST_MS));
    now = await busyMs();
  }
  await session.detach();
}

/** Time from the mark `answer` (or the end of the load of `answer`) to the first picture, seen from within the page. */
export async function watchFirstPicture(page, isDrawn) {
  await page.addInitScript(`
    window.longest = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration);
    }).observe({ type: 'longtask', buffered: true });
    {
      // The picture is on the screen when the frame in which it was drawn has ended: what is posted in a frame runs behind it.
      const ended = new MessageChannel();
      const look = () => requestAnimationFrame(() => ended.port2.postMessage(0));
      ended.port1.onmessage = () => (${isDrawn}) ? (window.firstPicture = performance.now()) : look();
      look();
    }`);
}

export async function firstPicture(page, answer) {
  await page.waitForFunction(() => window.firstPicture !== undefined, undefined, { timeout: 300_000 });
  return page.evaluate((name) => {
    const mark = performance.getEntriesByName('answer')[0]?.startTime;
    const loads = performance.getEntriesByType('resource').filter((entry) => entry.name.includes(name));
    return window.firstPicture - (mark ?? loads[loads.length - 1].responseEnd);
  }, answer);
}

export class Meter {
  constructor(page, session) {
    this.page = page;
    this.session = session;
  }

  static async of(page) {
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    return new Meter(page, session);
  }

  async busyMs() {
    const { metrics } = await this.session.send('Performance.getMetrics');
    return metrics.find((entry) => entry.name === 'TaskDuration').value * 1000;
  }

  /** Milliseconds of main thread for each of `count` steps, each until two frames later. */
  async steps(count, step) {
    const costs = [];
    for (let i = 0; i < count; i++) {
      const before = await this.busyMs();
      await step(i);
      await this.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      costs.push((await this.busyMs()) - before);
    }
    return costs;
  }

  /** Of one step, until the page is quiet: searches may wait for the next key before they begin. */
  async settled(step) {
    const before = await this.busyMs();
    await step();
    let last = -1;
    for (let now = await this.busyMs(); now - last > 20; ) {
      await this.page.waitForTimeout(SETTLE_MS);
      [last, now] = [now, await this.busyMs()];
    }
    return last - before;
  }

  /** Longest task since the last call; 0 for none above the 50 ms from which the browser tells. */
  longestTask() {
    return this.page.evaluate(() => {
      const { longest } = window;
      window.longest = 0;
      return longest;
    });
  }

  async megabytes() {
    await this.session.send('HeapProfiler.collectGarbage');
    const heap = await this.session.send('Runtime.getHeapUsage');
    return (heap.usedSize + (heap.backingStorageSize ?? 0) + (heap.embedderHeapUsedSize ?? 0)) / 1e6;
  }
}

export function percentile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)];
}
