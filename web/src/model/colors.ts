/**
 * Fills of frames, by hash and so stable: the module gives a place on the wheel of hues, the name one of three hues
 * around it and a step of lightness. So a module is told by its colours, and two functions of one module still differ.
 * The hues are Paul Tol's "light" scheme, made to stay apart for the colour-blind under black text. Synthetic frames
 * are grey.
 */
import { hashText } from './path_hash';
import type { Functions } from './tree';

export type Theme = 'light' | 'dark';
export type Rgb = readonly [number, number, number];

/** #EE8866 #EEDD88 #BBCC33 #44BB99 #99DDFF #77AADD, a lilac, #FFAABB: the order around the wheel. */
const HUES: readonly Rgb[] = [
  [238, 136, 102],
  [238, 221, 136],
  [187, 204, 51],
  [68, 187, 153],
  [153, 221, 255],
  [119, 170, 221],
  [190, 174, 226],
  [255, 170, 187],
];

const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];
const GREY: Rgb = [201, 205, 211];
const STEPS = 4;

export function css(color: Rgb): string {
  return `rgb(${color[0]},${color[1]},${color[2]})`;
}

/** The other way round, for "#rrggbb" too; black for what is neither. To ask a canvas takes a hundred times as long. */
export function rgbOf(color: string): Rgb {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/.exec(color);
  const parts = hex ?? /^rgb\((\d+),(\d+),(\d+)\)$/.exec(color) ?? [];
  const [red = 0, green = 0, blue = 0] = parts.slice(1).map((part) => Number.parseInt(part, hex === null ? 10 : 16));
  return [red, green, blue];
}

/** Between two colours: 0 is `from`, 1 is `to`. */
export function mix(from: Rgb, to: Rgb, part: number): Rgb {
  const channel = (i: 0 | 1 | 2): number => Math.round(from[i] + (to[i] - from[i]) * part);
  return [channel(0), channel(1), channel(2)];
}

/** The fill of a function, as CSS; undefined for none, which the root is. */
export type Fills = (at: number) => string | undefined;

/** The dark theme takes some light out of the same hues. */
export function functionFills(functions: Functions, theme: Theme): Fills {
  return onDemand(functions, (at) => {
    if (functions.kind[at] === 'synthetic') return css(shade(GREY, 0, theme));
    const hash = hashText(functions.name[at] ?? '');
    return css(shade(hueOf(functions.module[at] ?? '', hash), hash, theme));
  });
}

/** Of many functions few are ever drawn. */
function onDemand(functions: Functions, fill: (at: number) => string): Fills {
  const made = new Array<string | undefined>(functions.name.length).fill(undefined);
  return (at) => (at < 0 || at >= made.length ? undefined : (made[at] ??= fill(at)));
}

/** Okabe and Ito's colours for the colour-blind, lightened so that black text reads on each. */
const KINDS: ReadonlyMap<string, Rgb> = new Map([
  ['python', [135, 196, 232]],
  ['native', [240, 190, 90]],
  ['kernel', [226, 150, 110]],
  ['gc', [110, 200, 160]],
  ['synthetic', GREY],
]);

/** "python", "native", "kernel", "synthetic", or "gc" for the garbage collector's own frame. */
export function kindOf(functions: Functions, at: number): string {
  return functions.name[at] === '<gc>' || functions.name[at] === '[gc]' ? 'gc' : (functions.kind[at] ?? '');
}

/** The same by kind. */
export function kindFills(functions: Functions, theme: Theme): Fills {
  return onDemand(functions, (at) => css(shade(KINDS.get(kindOf(functions, at)) ?? GREY, 0, theme)));
}

/** Kinds with their colours, as a legend. */
export function kindLegend(theme: Theme): readonly (readonly [string, string])[] {
  return [...KINDS].map(([kind, fill]) => [kind, css(shade(fill, 0, theme))]);
}

const HOT: Rgb = [240, 120, 60];

/** From pale to orange: how much of the largest self value a frame has itself. Black text reads on all of them. */
export function selfFill(part: number, theme: Theme): string {
  return css(shade(mix([240, 234, 226], HOT, Math.sqrt(Math.min(1, Math.max(0, part)))), 0, theme));
}

export function rootFill(theme: Theme): string {
  return css(shade(GREY, 1, theme));
}

/** WCAG contrast between two colours, 1 to 21. */
export function contrast(one: Rgb, other: Rgb): number {
  const light = luminance(one);
  const dark = luminance(other);
  return (Math.max(light, dark) + 0.05) / (Math.min(light, dark) + 0.05);
}

/** The more readable of black and white on a fill; one of them always reaches 4.5. */
export function inkOn(fill: Rgb): Rgb {
  return contrast(BLACK, fill) >= contrast(WHITE, fill) ? BLACK : WHITE;
}

function hueOf(module: string, nameHash: number): Rgb {
  const place = (spread(hashText(module)) % HUES.length) + (spread(nameHash) % 3);
  return HUES[place % HUES.length] ?? GREY;
}

function shade(hue: Rgb, hash: number, theme: Theme): Rgb {
  const lighter = mix(hue, WHITE, (((spread(hash) >>> 8) % STEPS) / STEPS) * 0.5);
  return theme === 'dark' ? mix(lighter, BLACK, 0.16) : lighter;
}

/** FNV's low bits hardly differ for names that differ only at the end; the high ones do. */
function spread(hash: number): number {
  return (hash ^ (hash >>> 15) ^ (hash >>> 24)) >>> 0;
}

function luminance(color: Rgb): number {
  const [red = 0, green = 0, blue = 0] = color.map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
