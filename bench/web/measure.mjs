/**
 * How a page is measured, the same for all: what the browser itself counts as work of the main thread (TaskDuration of
 * the DevTools protocol: scripts, style, layout, recording of the picture), before and after each step. It is CPU time,
 * so that a busy machine does not count.
 */
const SETTLE_MS = 600;

/** Time from the mark `answer` (or the end of the load of `answer`) to the first picture, seen from within the page. */
export async function watchFirstPicture(page, isDrawn) {
  await page.addInitScript(`
    window.longest = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration);
    }).observe({ type: 'longtask', buffered: true });
    (function look() {
      if (!(${isDrawn})) return requestAnimationFrame(look);
      // The picture is on the screen when the frame in which it was drawn has ended.
      requestAnimationFrame(() => { window.firstPicture = performance.now(); });
    })();`);
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
