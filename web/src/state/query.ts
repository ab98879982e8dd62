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

export class Query<T> {
  readonly state = new Atom<Loaded<T>>(NOTHING);
  private asked = '';
  private running: AbortController | null = null;

  constructor(private readonly parse: (answer: unknown) => T) {}

  /** Asks unless this very request is the last one. null forgets the answer. */
  ask(request: Request | null): void {
    const key = JSON.stringify(request);
    if (key === this.asked) return;
    this.asked = key;
    this.running?.abort();
    if (request === null) {
      this.state.set(NOTHING);
      return;
    }
    void this.load(request, key);
  }

  /** Stops waiting. What is shown stays; where there is nothing yet, the reader is told why. */
  cancel(): void {
    if (!this.state.get().loading) return;
    this.running?.abort();
    this.asked = '';
    const { value, answers } = this.state.get();
    const error = value === null ? 'You stopped it before it was there.' : null;
    this.state.set({ value, answers, error, loading: false });
  }

  /** Forgets the last request, so that the same one is sent again. */
  forget(): void {
    this.asked = '';
  }

  private async load(request: Request, key: string): Promise<void> {
    const running = new AbortController();
    this.running = running;
    this.state.set({ ...this.state.get(), error: null, loading: true });
    try {
      const value = this.parse(await sendForColumns(request, running.signal));
      if (!running.signal.aborted) this.state.set({ value, answers: key, error: null, loading: false });
    } catch (error) {
      if (running.signal.aborted) return;
      this.asked = '';
      this.state.set({ ...NOTHING, error: explain(error) });
    }
  }
}
