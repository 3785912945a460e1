const PAIR = /^\s*(\d+(?:\.\d+)?)\s*[:x×/*]\s*(\d+(?:\.\d+)?)\s*$/i;
const DECIMAL = /^\s*(\d+[.,]\d+)\s*$/;

/** The ratio nearest to a written shape (`4x5`, `1920x1080`, `0.8`); undefined if the text is not a shape. */
export function findNearestRatio(written: string, ratios: readonly string[]): string | undefined {
  const wanted = parseRatio(written);
  if (wanted === undefined) return undefined;
  const distance = (ratio: string) => Math.abs(Math.log((parseRatio(ratio) ?? Number.NaN) / wanted));
  return ratios.toSorted((a, b) => distance(a) - distance(b))[0];
}

/** Width over height. */
function parseRatio(text: string): number | undefined {
  const [, width, height] = PAIR.exec(text) ?? [];
  const decimal = DECIMAL.exec(text)?.[1]?.replace(',', '.');
  const shape = decimal === undefined ? Number(width) / Number(height) : Number(decimal);
  return shape > 0 && Number.isFinite(shape) ? shape : undefined;
}
