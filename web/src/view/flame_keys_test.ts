import { describe, expect, it } from 'vitest';
import { folded } from '../model/testing';
import { flameKey, windowKey } from './flame_keys';

const test = folded('work;foo 75\nwork;bar 25');
const width = test.values.total.near;
const shape = { tree: test.tree, width, hidden: new Float64Array(width.length), extent: width };
const foo = test.find('work;foo');
const work = test.find('work');

function key(name: string, modifiers: Partial<KeyboardEvent> = {}): KeyboardEvent {
  return { key: name, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...modifiers } as KeyboardEvent;
}

describe('Escape', () => {
  it('leads back to the zoomed frame before it leads out of it', () => {
    expect(flameKey(key('Escape'), shape, foo, foo, 'icicle', true)).toEqual({ focus: foo, select: foo });
    expect(flameKey(key('Escape'), shape, foo, foo, 'icicle', false)).toEqual({ focus: work, select: foo });
    expect(flameKey(key('Escape'), shape, foo, 0, 'icicle', true)).toEqual({ focus: 0, select: foo });
    expect(flameKey(key('Escape'), shape, foo, 0, 'icicle', false)).toBeNull();
  });
});

describe('the visible part', () => {
  it('is zoomed by plus and minus, and moved by arrows with shift alone', () => {
    expect(windowKey(key('+'))?.zoom).toBeLessThan(1);
    expect(windowKey(key('-'))?.zoom).toBeGreaterThan(1);
    expect(windowKey(key('ArrowLeft', { shiftKey: true }))?.pan).toBeLessThan(0);
    expect(windowKey(key('ArrowRight', { shiftKey: true }))?.pan).toBeGreaterThan(0);
    expect(windowKey(key('ArrowLeft'))).toBeNull();
    expect(windowKey(key('+', { ctrlKey: true }))).toBeNull();
  });
});
