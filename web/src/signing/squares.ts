// A name written downwards, a square for each character, laid side by side for the line it is printed on. Pure.
import type { Strokes } from "./ceremony";

/** The printed line is three times as wide as high (documents/marks.py). */
const LINE = 3;
const MOST = 5;
const HAN = /^\p{Script=Han}+$/u;

/** What stands in each square: a character of a Chinese name, or one empty square for every other name. */
export function squares(name: string): string[] {
  const characters = Array.from(name.replace(/\s/g, ""));
  return characters.length <= MOST && HAN.test(characters.join("")) ? characters : [""];
}

/** Strokes over a column of `count` squares (0 to 1 each way) become strokes over the line; `aspect` is a square's width by its height. */
export function sideBySide(strokes: Strokes, count: number, aspect: number): Strokes {
  if (count === 1) return strokes;
  const shrink = Math.min(1, LINE / (count * aspect));
  const clamp = (value: number): number => Math.min(1, Math.max(0, value));
  return strokes.map((stroke) => {
    const middle = stroke.reduce((sum, [, y]) => sum + y, 0) / stroke.length;
    const square = Math.min(count - 1, Math.floor(middle * count));
    return stroke.map(([x, y]): [number, number] => [
      clamp(((square + x) * aspect * shrink) / LINE),
      clamp((y * count - square) * shrink),
    ]);
  });
}
