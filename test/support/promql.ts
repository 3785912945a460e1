import { readFile } from 'node:fs/promises';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';

const DEPLOY = new URL('../../deploy/', import.meta.url);

/** An expression with the name of its alert or panel. */
export interface Expression {
  location: string;
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

export async function readDeployFile(file: string): Promise<string> {
  return readFile(new URL(file, DEPLOY), 'utf8');
}

export async function readAlerts(file: string): Promise<Alert[]> {
  const { groups } = parse(await readDeployFile(file)) as { groups: { rules: Alert[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

export async function readPanels(file: string): Promise<Panel[]> {
  return (JSON.parse(await readDeployFile(file)) as { panels: Panel[] }).panels;
}

/** All PromQL expressions in `deploy/`. */
export async function readDeployedExpressions(): Promise<Expression[]> {
  const alerts = await readAlerts('prometheus/alerts.yaml');
  const panels = await readPanels('grafana/hummingbatch.json');
  return [
    ...alerts.map(({ alert, expr }) => ({ location: alert, expr })),
    ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ location: title, expr }))),
  ];
}

/** One metric selector of an expression. */
export interface Selector {
  metric: string;
  /** Its label matchers. */
  matchers: { label: string; value: string; isPattern: boolean }[];
}

/** The selectors and grouping labels of an expression. @throws if it is not valid PromQL */
export function parsePromQl(expr: string): { selectors: Selector[]; groupingLabels: string[] } {
  // Grafana replaces this variable by a duration.
  const text = expr.replaceAll('$__rate_interval', '5m');
  const selectors: Selector[] = [];
  const groupingLabels: string[] = [];
  parser.parse(text).iterate({
    enter: ({ type, from, to, node }) => {
      if (type.isError) throw new Error(`not PromQL at ${from}: ${text}`);
      const token = text.slice(from, to);
      if (type.name === 'VectorSelector')
        selectors.push({ metric: readText(text, node.getChild('Identifier')), matchers: [] });
      if (type.name === 'UnquotedLabelMatcher')
        selectors.at(-1)?.matchers.push({
          label: readText(text, node.getChild('LabelName')),
          value: readText(text, node.getChild('StringLiteral')).slice(1, -1),
          isPattern: readText(text, node.getChild('MatchOp')).endsWith('~'),
        });
      if (type.name === 'LabelName' && node.parent?.name === 'GroupingLabels') groupingLabels.push(token);
    },
  });
  return { selectors, groupingLabels };
}

function readText(text: string, node: { from: number; to: number } | null): string {
  return node ? text.slice(node.from, node.to) : '';
}
