import { rgbOf } from '../model/colors';

/**
 * Rows of boxes of one colour each, drawn as one line of pixels a row that the browser stretches to the row's height:
 * thousands of boxes are then a call a row for it, and not a call each. Edges lie on whole pixels of the screen.
 */
export class RowStrips {
  private readonly canvas = document.createElement('canvas');
  private readonly context = this.canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  private readonly colors = new Map<string, number>();
  private image: ImageData | null = null;
  private pixels = new Uint32Array(0);

  /** Begins a picture of `rows` rows, `width` pixels of the screen wide, all of one colour. */
  begin(width: number, rows: number, ground: string): void {
    const { context, canvas } = this;
    if (context === null) return;
    if (this.image === null || this.image.width !== width || this.image.height !== rows) {
      canvas.width = width;
      canvas.height = rows;
      this.image = context.createImageData(width, rows);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    this.pixels.fill(this.colorOf(ground));
  }

  /** Pixels from `left` up to but not with `right`; at least one. */
  box(row: number, left: number, right: number, color: string): void {
    const width = this.image?.width ?? 0;
    const start = Math.max(0, Math.min(width - 1, left));
    const line = row * width;
    this.pixels.fill(this.colorOf(color), line + start, line + Math.max(start + 1, Math.min(width, right)));
  }

  /** Puts each row where it belongs. `top` and `height` are those of `target`, whose pixels are `scale` to one of it. */
  end(target: CanvasRenderingContext2D, scale: number, height: number, top: (row: number) => number): void {
    if (this.image === null || this.context === null) return;
    this.context.putImageData(this.image, 0, 0);
    const { width, height: rows } = this.image;
    target.imageSmoothingEnabled = false;
    for (let row = 0; row < rows; row++)
      target.drawImage(this.canvas, 0, row, width, 1, 0, top(row), width / scale, height);
  }

  /** Puts the whole at the left upper corner, rows `high` each: many may share a pixel. */
  endWhole(target: CanvasRenderingContext2D, scale: number, high: number): void {
    if (this.image === null || this.context === null) return;
    this.context.putImageData(this.image, 0, 0);
    const { width, height: rows } = this.image;
    target.imageSmoothingEnabled = high * scale < 1;
    target.drawImage(this.canvas, 0, 0, width, rows, 0, 0, width / scale, rows * high);
  }

  /** As the four bytes of a pixel lie in memory. */
  private colorOf(color: string): number {
    const known = this.colors.get(color);
    if (known !== undefined) return known;
    const [pixel = 0] = new Uint32Array(Uint8Array.of(...rgbOf(color), 255).buffer);
    this.colors.set(color, pixel);
    return pixel;
  }
}
