/** One series of a scrape. */
export interface Series {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** Scrapes the metrics at an address, as Prometheus does. */
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
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', text = '']) => [
    label,
    text,
  ]);
  return { name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) };
}

/** The value of the one series with this name and these labels. The series may have further labels. */
export function readValue(
  all: Series[],
  name: string,
  labels: Record<string, string> = {},
): number | undefined {
  const found = all.filter(
    (series) =>
      series.name === name && Object.entries(labels).every(([label, text]) => series.labels[label] === text),
  );
  if (found.length > 1) throw new Error(`${found.length} series of ${name} have ${JSON.stringify(labels)}`);
  return found[0]?.value;
}
