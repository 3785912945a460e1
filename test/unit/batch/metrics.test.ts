import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import {
  ADDED_LABELS,
  getScrapedName,
  listLabelCombinations,
  METRICS,
  type Metric,
  toModelLabel,
} from '../../../src/batch/metrics.ts';
import { MODELS } from '../../../src/batch/models.ts';

const ALL: Metric[] = Object.values(METRICS);

describe('the table of metrics', () => {
  test.each(ALL)(
    '$name is named as Prometheus wants it and says what it counts',
    ({ name, kind, description }) => {
      expect(name).toMatch(/^hummingbatch_[a-z]+(_[a-z]+)*$/);
      expect(name).not.toMatch(kind === 'counter' ? /_total$/ : /_(total|count|sum|bucket)$/);
      expect(description).toMatch(/^[A-Z].+\.$/);
    },
  );

  test('has no label with many values: a worker shows at most 100 series of one that begins at 0', () => {
    for (const metric of ALL.filter(({ rare }) => !rare))
      expect(listLabelCombinations(metric).length).toBeLessThan(100);
    const labels = new Set(ALL.flatMap(({ labels }) => Object.keys(labels)));
    expect([...labels].sort()).toEqual(['code', 'job_state', 'model', 'outcome', 'state', 'step']);
  });

  test('has each combination of labels once', () => {
    expect(listLabelCombinations({ ...METRICS.rounds })).toEqual([{}]);
    expect(listLabelCombinations({ ...METRICS.rounds, labels: { a: ['1', '2'], b: ['3', '4'] } })).toEqual([
      { a: '1', b: '3' },
      { a: '1', b: '4' },
      { a: '2', b: '3' },
      { a: '2', b: '4' },
    ]);
  });

  test('knows each model by its first name, however it is written', () => {
    for (const { id, names } of MODELS)
      for (const written of [id, `models/${id}`, ...names]) expect(toModelLabel(written)).toBe(names[0]);
    expect([toModelLabel('something-else'), toModelLabel(undefined)]).toEqual(['other', 'other']);
  });
});

test('docs/metrics.md has each metric as the table has it, and no other', async () => {
  const text = await readFile(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
  // The metrics of the HTTP API are counted by its own process.
  const documented = text.split('\n').filter((line) => /^\| `hummingbatch_(?!api_)/.test(line));
  const table = ALL.map((metric) => {
    const own = Object.keys(metric.labels);
    const added = ADDED_LABELS[metric.by].includes('activityType') ? ['activityType'] : [];
    const labels = [...own, ...added].map((label) => `\`${label}\``).join(' ');
    return `| \`${getScrapedName(metric)}\` | ${metric.kind} | ${labels} | ${metric.description} |`;
  });
  expect(documented).toEqual(table);
});
