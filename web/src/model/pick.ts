/** What lies under the pointer. */
import type { Boxes } from './layout';

/** The box at x pixels in a row, -1 if there is none. */
export function boxAt(boxes: Boxes, row: number, x: number): number {
  for (let i = 0; i < boxes.count; i++) {
    if (boxes.row[i] !== row) continue;
    const left = boxes.x[i] ?? 0;
    if (x >= left && x < left + (boxes.width[i] ?? 0)) return i;
  }
  return -1;
}
