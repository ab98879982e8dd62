import { describe, expect, it } from 'vitest';
import { WholeColumn } from './columns';
import { cutOf, describeCut, fillPage, KEPT_ID, MAX_FILE_BYTES, parseKept } from './kept';
import { linkTree } from './tree';

const PAGE = `<body><script type="text/plain" id="${KEPT_ID}"></script><script>run()</script></body>`;

describe('a page in one file', () => {
  it('gets its content into the one place for it', () => {
    expect(fillPage(PAGE, 'QUJD')).toBe(
      `<body><script type="text/plain" id="${KEPT_ID}">QUJD</script><script>run()</script></body>`,
    );
  });

  it('is refused when it would be too large, counted in bytes', () => {
    const room = MAX_FILE_BYTES - PAGE.length;
    expect(fillPage(PAGE, 'A'.repeat(room))).not.toBeNull();
    expect(fillPage(PAGE, 'A'.repeat(room + 1))).toBeNull();
    expect(fillPage(PAGE, 'é'.repeat(room / 2 + 1))).toBeNull();
  });

  it('is not made of another page', () => {
    expect(() => fillPage('<html></html>', 'QUJD')).toThrow('no page');
  });

  it('says what was cut, and that nothing was', () => {
    const tree = linkTree(Int32Array.of(-1, 0, 1), Int32Array.of(0, 1, 2), WholeColumn.of([0, 1500, 7]));
    const table = { function: Int32Array.of(0, 1), leftOut: 3 };
    expect(describeCut(cutOf(tree, table))).toBe(
      'Cut to keep the file small. It holds the 2 largest of 1,509 frames; the others are hatched, each group as one sum, and the 2 largest of 5 rows of the table.',
    );
    const whole = linkTree(Int32Array.of(-1, 0), Int32Array.of(0, 1), WholeColumn.zeros(2));
    expect(describeCut(cutOf(whole, { function: Int32Array.of(0), leftOut: 0 }))).toBe(
      'Nothing was cut: all 1 frames are here.',
    );
  });

  it('of another version is refused', () => {
    expect(() => parseKept({ version: 2 })).toThrow('version of phlox');
  });
});
