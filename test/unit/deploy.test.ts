import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { METRICS, type Metric, scrapedName } from '../../src/batch/metrics.ts';
import { alertsIn, deployedExpressions, panelsIn, readPromQl, textIn } from '../support/promql.ts';

const OURS = new Map(Object.values(METRICS).map((metric: Metric) => [scrapedName(metric), metric]));
const expressions = await deployedExpressions();
const alerts = await alertsIn('prometheus/alerts.yaml');
const panels = await panelsIn('grafana/hummingbatch.json');

describe('what is asked of Prometheus', () => {
  test.each(expressions)('$at: $expr', ({ expr }) => {
    const { selectors } = readPromQl(expr);
    expect(selectors).not.toEqual([]);
    for (const { metric, matched } of selectors) {
      const ours = OURS.get(metric);
      expect(ours !== undefined || /^(temporal_\w+|up)$/.test(metric)).toBe(true);
      // A value that no series can have would match nothing, and be silent about it.
      for (const { label, value, isPattern } of matched) {
        const values = ours?.labels[label];
        if (!values) continue;
        const pattern = isPattern ? new RegExp(`^(?:${value})$`) : undefined;
        expect(values.filter((one) => (pattern ? pattern.test(one) : one === value))).not.toEqual([]);
      }
    }
  });

  test.each(['sum by (a (x)', 'rate(x[5m)', 'x{a=b}', ''])('is not %j', (expr) => {
    expect(() => readPromQl(expr)).toThrow(/not PromQL/);
  });

  test('shows every metric of ours', () => {
    const asked = expressions.flatMap(({ expr }) => readPromQl(expr).selectors.map(({ metric }) => metric));
    expect([...OURS.keys()].filter((name) => !asked.includes(name))).toEqual([]);
  });
});

describe('the alerts', () => {
  test('have names of their own, and fill in labels that their expression keeps', () => {
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
    for (const { expr, annotations } of alerts) {
      const { grouped } = readPromQl(expr);
      const named = [...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label);
      for (const label of named) expect(grouped).toContain(label);
    }
  });

  test('each name their section of the runbook, which is there', async () => {
    const runbook = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
    const anchors = [...runbook.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => title.toLowerCase());
    for (const { alert, annotations } of alerts) {
      expect(annotations.description).toContain(`docs/operations.md#${alert.toLowerCase()}`);
      expect(anchors).toContain(alert.toLowerCase());
    }
  });
});

describe('the dashboard', () => {
  test('asks the data source that its variable names, and fills in labels that its expressions keep', () => {
    for (const { title, targets = [] } of panels)
      for (const { expr, legendFormat, datasource } of targets) {
        expect([title, datasource.uid]).toEqual([title, '${datasource}']);
        const { grouped } = readPromQl(expr);
        for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) expect(grouped).toContain(label);
      }
  });

  test('has panels with ids of their own that do not lie on one another', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
  });
});

test('the example for Prometheus loads the alerts, and scrapes under the name that they look for', async () => {
  const { rule_files, scrape_configs } = parse(await textIn('prometheus/prometheus.yaml')) as {
    rule_files: string[];
    scrape_configs: { job_name: string }[];
  };
  expect(rule_files).toEqual(['alerts.yaml']);
  const [up] = readPromQl(alerts.find(({ expr }) => expr.includes('up{'))?.expr ?? '').selectors;
  expect(scrape_configs.map(({ job_name }) => job_name)).toEqual([up?.matched[0]?.value]);
});
