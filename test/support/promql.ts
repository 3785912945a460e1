import { readFile } from 'node:fs/promises';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';

const DEPLOY = new URL('../../deploy/', import.meta.url);

/** An expression of a dashboard or an alert, and where it stands. */
export interface Expression {
  at: string;
  expr: string;
}

export interface Alert {
  alert: string;
  expr: string;
  annotations: { summary: string; description: string };
}

interface Panel {
  id: number;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; legendFormat: string; datasource: { uid: string } }[];
}

export async function textIn(file: string): Promise<string> {
  return readFile(new URL(file, DEPLOY), 'utf8');
}

export async function alertsIn(file: string): Promise<Alert[]> {
  const { groups } = parse(await textIn(file)) as { groups: { rules: Alert[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

export async function panelsIn(file: string): Promise<Panel[]> {
  return (JSON.parse(await textIn(file)) as { panels: Panel[] }).panels;
}

/** All that is asked of Prometheus in `deploy/`. */
export async function deployedExpressions(): Promise<Expression[]> {
  const alerts = await alertsIn('prometheus/alerts.yaml');
  const panels = await panelsIn('grafana/hummingbatch.json');
  return [
    ...alerts.map(({ alert, expr }) => ({ at: alert, expr })),
    ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ at: title, expr }))),
  ];
}

/** One metric as an expression asks for it. */
export interface Selector {
  metric: string;
  /** What it is matched by, with the values that are named. */
  matched: { label: string; value: string; isPattern: boolean }[];
}

/** What an expression is made of. @throws where it is no PromQL */
export function readPromQl(expr: string): { selectors: Selector[]; grouped: string[] } {
  // Grafana puts a duration in its place.
  const text = expr.replaceAll('$__rate_interval', '5m');
  const selectors: Selector[] = [];
  const grouped: string[] = [];
  parser.parse(text).iterate({
    enter: ({ type, from, to, node }) => {
      if (type.isError) throw new Error(`not PromQL at ${from}: ${text}`);
      const said = text.slice(from, to);
      if (type.name === 'VectorSelector')
        selectors.push({ metric: readText(text, node.getChild('Identifier')), matched: [] });
      if (type.name === 'UnquotedLabelMatcher')
        selectors.at(-1)?.matched.push({
          label: readText(text, node.getChild('LabelName')),
          value: readText(text, node.getChild('StringLiteral')).slice(1, -1),
          isPattern: readText(text, node.getChild('MatchOp')).endsWith('~'),
        });
      if (type.name === 'LabelName' && node.parent?.name === 'GroupingLabels') grouped.push(said);
    },
  });
  return { selectors, grouped };
}

function readText(text: string, node: { from: number; to: number } | null): string {
  return node ? text.slice(node.from, node.to) : '';
}
