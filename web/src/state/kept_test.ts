import { expect, it } from 'vitest';
import { pack, unpack } from './kept';

it('packs any text and unpacks it again', async () => {
  const text = `</script>\u05e9\u202e🐍${'main;foo '.repeat(20_000)}`;
  const packed = await pack(text);
  expect(packed).toMatch(/^[A-Za-z0-9+/]+=*$/);
  expect(packed.length).toBeLessThan(text.length / 50);
  expect(await unpack(packed)).toBe(text);
});
