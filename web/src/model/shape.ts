/** Widths of flame graphs: of one profile, of one side of a comparison, and of the difference. */
import type { Comparison, Profile } from './answers';
import { ratio } from './cores';
import type { Scale } from './diff';
import type { FlameShape } from './layout';
import type { TreeValues } from './tree';

export function profileShape(profile: Profile): FlameShape {
  const width = profile.values.total.near;
  return { tree: profile.tree, width, hidden: profile.values.hiddenTotal.near, extent: width };
}

/**
 * The shapes of a comparison, all in the unit of the scale on the same tree: [baseline, comparison, diff].
 * Both sides are drawn to one scale, so a function that did not change is as wide on the left as on the right.
 */
export function comparisonShapes(
  comparison: Comparison,
  scale: Scale,
): readonly [FlameShape, FlameShape, FlameShape] {
  const { tree, values } = comparison;
  const [before, after] = scale.divisors.map((divisor) => ratio(1, divisor));
  const baseline = scaled(values[0], before ?? 0);
  const other = scaled(values[1], after ?? 0);
  const hidden = larger(baseline.hidden, other.hidden);
  const extent = larger(baseline.width, other.width);
  const width = fitChildren(tree.parent, extent, hidden);
  return [
    { tree, ...baseline, extent },
    { tree, ...other, extent },
    { tree, width, hidden, extent: width },
  ];
}

/**
 * Widths in which the children fit: a node is as wide as its larger side, or as all its children together.
 * (A child may be larger before and its sibling after, so the children's larger sides can exceed the parent's.)
 */
export function fitChildren(parent: Int32Array, own: Float64Array, hidden: Float64Array): Float64Array {
  const width = new Float64Array(own.length);
  const below = Float64Array.from(hidden);
  for (let i = own.length - 1; i >= 0; i--) {
    const wide = Math.max(own[i] ?? 0, below[i] ?? 0);
    width[i] = wide;
    const above = parent[i] ?? -1;
    if (above >= 0) below[above] = (below[above] ?? 0) + wide;
  }
  return width;
}

function scaled(values: TreeValues, rate: number): { width: Float64Array; hidden: Float64Array } {
  return {
    width: values.total.near.map((value) => value * rate),
    hidden: values.hiddenTotal.near.map((value) => value * rate),
  };
}

function larger(left: Float64Array, right: Float64Array): Float64Array {
  return left.map((value, i) => Math.max(value, right[i] ?? 0));
}
