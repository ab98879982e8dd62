import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Query } from './query';

const NEW = { path: 'new' };
const OLD = { path: 'old' };

describe('a request that gets another name', () => {
  let asked: { path: string; answer: (text: string) => void }[] = [];
  const query = () => new Query(String);
  const answered = (one: Query<string>, text: string): Promise<void> =>
    vi.waitFor(() => expect(one.state.get()).toMatchObject({ value: text, loading: false }));

  beforeEach(() => {
    asked = [];
    vi.stubGlobal('fetch', (path: string) => {
      return new Promise<Response>((done) => {
        asked.push({ path, answer: (text) => done(new Response(JSON.stringify(text))) });
      });
    });
  });
  afterEach(() => vi.unstubAllGlobals());

  it('is not sent again, whether it is on its way', async () => {
    const one = query();
    one.ask(OLD);
    one.rename(NEW, (value) => value === 'fits');
    one.ask(NEW);
    asked[0]?.answer('fits');
    await answered(one, 'fits');
    expect(one.state.get()).toEqual({ value: 'fits', answers: JSON.stringify(NEW), error: null, loading: false });
    expect(asked.map(({ path }) => path)).toEqual(['old']);
  });

  it('or answered', async () => {
    const one = query();
    one.ask(OLD);
    asked[0]?.answer('fits');
    await answered(one, 'fits');
    one.rename(NEW, (value) => value === 'fits');
    one.ask(NEW);
    expect(one.state.get()).toEqual({ value: 'fits', answers: JSON.stringify(NEW), error: null, loading: false });
    expect(asked.map(({ path }) => path)).toEqual(['old']);
  });

  it('is sent under its name when the answer is about something else', async () => {
    const one = query();
    one.ask(OLD);
    one.rename(NEW, (value) => value === 'fits');
    asked[0]?.answer('other');
    await vi.waitFor(() => expect(asked.map(({ path }) => path)).toEqual(['old', 'new']));
    expect(one.state.get()).toMatchObject({ value: null, loading: true });
    asked[1]?.answer('whatever comes');
    await answered(one, 'whatever comes');
    expect(one.state.get().answers).toBe(JSON.stringify(NEW));
    one.rename(OLD, () => false);
    expect(asked.map(({ path }) => path)).toEqual(['old', 'new', 'old']);
  });
});
