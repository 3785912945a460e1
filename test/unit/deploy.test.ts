import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { getScrapedName, METRICS, type Metric } from '../../src/batch/metrics.ts';
import {
  parsePromQl,
  readAlerts,
  readDeployedExpressions,
  readDeployFile,
  readPanels,
} from '../support/promql.ts';

const OURS = new Map(Object.values(METRICS).map((metric: Metric) => [getScrapedName(metric), metric]));
const expressions = await readDeployedExpressions();
const alerts = await readAlerts('prometheus/alerts.yaml');
const panels = await readPanels('grafana/hummingbatch.json');

describe('the PromQL expressions in deploy/', () => {
  test.each(expressions)('use only metrics and label values that exist, in $location: $expr', ({ expr }) => {
    const { selectors } = parsePromQl(expr);
    expect(selectors).not.toEqual([]);
    for (const { metric, matchers } of selectors) {
      const ours = OURS.get(metric);
      expect(ours !== undefined || /^(temporal_\w+|up)$/.test(metric)).toBe(true);
      // A selector with a value that no series can have matches nothing, without an error.
      for (const { label, value, isPattern } of matchers) {
        const values = ours?.labels[label];
        if (!values) continue;
        const pattern = isPattern ? new RegExp(`^(?:${value})$`) : undefined;
        expect(values.filter((one) => (pattern ? pattern.test(one) : one === value))).not.toEqual([]);
      }
    }
  });

  test.each(['sum by (a (x)', 'rate(x[5m)', 'x{a=b}', ''])(
    'are refused by the parser if they are invalid: %j',
    (expr) => {
      expect(() => parsePromQl(expr)).toThrow(/not PromQL/);
    },
  );

  test('use every metric of hummingbatch', () => {
    const used = expressions.flatMap(({ expr }) => parsePromQl(expr).selectors.map(({ metric }) => metric));
    expect([...OURS.keys()].filter((name) => !used.includes(name))).toEqual([]);
  });
});

describe('the alerts', () => {
  test('have unique names and use only labels that their expression keeps', () => {
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
    for (const { expr, annotations } of alerts) {
      const { groupingLabels } = parsePromQl(expr);
      const named = [...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label);
      for (const label of named) expect(groupingLabels).toContain(label);
    }
  });

  test('link to an existing section of the runbook', async () => {
    const runbook = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
    const anchors = [...runbook.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => title.toLowerCase());
    for (const { alert, annotations } of alerts) {
      expect(annotations.description).toContain(`docs/operations.md#${alert.toLowerCase()}`);
      expect(anchors).toContain(alert.toLowerCase());
    }
  });
});

describe('the dashboard', () => {
  test('uses the data source of its variable and only labels that its expressions keep', () => {
    for (const { title, targets = [] } of panels)
      for (const { expr, legendFormat, datasource } of targets) {
        expect([title, datasource.uid]).toEqual([title, '${datasource}']);
        const { groupingLabels } = parsePromQl(expr);
        for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
          expect(groupingLabels).toContain(label);
      }
  });

  test('has panels with unique ids that do not overlap', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
  });
});

test('the Prometheus example loads the alerts and uses the job name that they expect', async () => {
  const { rule_files, scrape_configs } = parse(await readDeployFile('prometheus/prometheus.yaml')) as {
    rule_files: string[];
    scrape_configs: { job_name: string }[];
  };
  expect(rule_files).toEqual(['alerts.yaml']);
  const [up] = parsePromQl(alerts.find(({ expr }) => expr.includes('up{'))?.expr ?? '').selectors;
  expect(scrape_configs.map(({ job_name }) => job_name)).toEqual([up?.matchers[0]?.value]);
});
