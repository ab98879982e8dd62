/** One answer that the page needs, asked again when its request changes. */
import { Atom } from './atom';
import { explain, sendForColumns, type Request } from './client';

export interface Loaded<T> {
  /** The last good answer; it stays while the next one is on its way. */
  readonly value: T | null;
  /** The request that `value` answers, as JSON. */
  readonly answers: string;
  readonly error: string | null;
  readonly loading: boolean;
}

const NOTHING = { value: null, answers: '', error: null, loading: false } as const;

/** What can be waited for, whatever it answers. */
interface Waited {
  readonly cancel: () => void;
  readonly again: () => void;
}

/** All that is on its way, for the sign that says so and for the key that stops it. */
export const busy = new Atom<ReadonlySet<Waited>>(new Set());
/** All that ended without an answer. */
const failed = new Set<Waited>();

/** Asks everything anew that was not answered. */
export function askFailedAgain(): void {
  for (const query of [...failed]) query.again();
}

export class Query<T> implements Waited {
  readonly state = new Atom<Loaded<T>>(NOTHING);
  private asked = '';
  private request: Request | null = null;
  /** Whether the answer may be shown for its request once more. */
  private fresh = true;
  private running: AbortController | null = null;
  /** Whether the answer on its way is one to the request by which it is known by now. */
  private fits: (value: T) => boolean = () => true;

  constructor(private readonly parse: (answer: unknown) => T) {}

  /** Asks unless this very request is the last one, or the one whose answer is shown. null forgets the answer. */
  ask(request: Request | null): void {
    const key = JSON.stringify(request);
    if (key === this.asked) return;
    this.asked = key;
    this.request = request;
    this.fits = () => true;
    this.running?.abort();
    const { value, answers } = this.state.get();
    if (request === null) this.end(NOTHING);
    else if (this.fresh && value !== null && answers === key)
      this.end({ value, answers, error: null, loading: false });
    else void this.load(request);
  }

  /** What was asked last, and answered or not yet, counts as `request` if its answer fits; else `request` is sent. */
  rename(request: Request, fits: (value: T) => boolean): void {
    const { value, loading } = this.state.get();
    if (!loading && (value === null || !fits(value))) return this.ask(request);
    this.asked = JSON.stringify(request);
    this.request = request;
    this.fits = fits;
    if (!loading) this.state.set({ ...this.state.get(), answers: this.asked });
    return undefined;
  }

  /** Stops waiting. What is shown stays; where there is nothing yet, the reader is told why. */
  cancel(): void {
    if (!this.state.get().loading) return;
    this.running?.abort();
    this.asked = '';
    const { value, answers } = this.state.get();
    const error = value === null ? 'You stopped it before it was there.' : null;
    this.end({ value, answers, error, loading: false });
  }

  /** Forgets the last request, so that the same one is sent again. */
  forget(): void {
    this.asked = '';
    this.fresh = false;
  }

  again(): void {
    this.forget();
    this.ask(this.request);
  }

  private async load(request: Request): Promise<void> {
    const running = new AbortController();
    this.running = running;
    failed.delete(this);
    this.state.set({ ...this.state.get(), error: null, loading: true });
    busy.set(new Set([...busy.get(), this]));
    try {
      const value = this.parse(await sendForColumns(request, running.signal));
      if (running.signal.aborted) return;
      if (!this.fits(value) && this.request !== null) {
        this.fits = () => true;
        return await this.load(this.request);
      }
      this.fresh = true;
      this.end({ value, answers: this.asked, error: null, loading: false });
    } catch (error) {
      if (running.signal.aborted) return;
      this.asked = '';
      this.end({ ...NOTHING, error: explain(error) });
    }
  }

  private end(state: Loaded<T>): void {
    if (state.error === null) failed.delete(this);
    else failed.add(this);
    this.state.set(state);
    if (busy.get().has(this)) busy.set(new Set([...busy.get()].filter((other) => other !== this)));
  }
}
