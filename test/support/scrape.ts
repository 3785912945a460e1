/** A series of a scrape. */
export interface Series {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** What is served for Prometheus at an address, read as it reads it. */
export async function scrape(address: string): Promise<Series[]> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map(readSeries);
}

function readSeries(line: string): Series {
  const {
    name = '',
    labels = '',
    value,
  } = /^(?<name>\w+)(?:\{(?<labels>.*)\})? (?<value>\S+)$/.exec(line)?.groups ?? {};
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', said = '']) => [
    label,
    said,
  ]);
  return { name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) };
}

/** The one series of a name with these labels; others of it may be there. */
export function readValue(
  all: Series[],
  name: string,
  labels: Record<string, string> = {},
): number | undefined {
  const found = all.filter(
    (series) =>
      series.name === name && Object.entries(labels).every(([label, said]) => series.labels[label] === said),
  );
  if (found.length > 1) throw new Error(`${found.length} series of ${name} have ${JSON.stringify(labels)}`);
  return found[0]?.value;
}
