import {
  Composer,
  CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  type Pair,
  Parser,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { Budget } from '../budget.ts';
import { MAX_DEPTH, MAX_YAML_BYTES, MAX_YAML_TOKENS } from '../limits.ts';
import type { Report } from '../report.ts';
import type { TextSource } from '../source.ts';
import type { Field, Place, ScalarTree, Tree } from '../tree.ts';
import { reportDuplicate } from './json.ts';

const SPLIT_OR_JSON = 'Split the file, or write it as JSON or JSONL.';

/**
 * Reads YAML 1.2 with the place of each value: one document, field names that are scalars, no custom tags. Each alias is
 * replaced by the value of its anchor, within the budget.
 */
export function readYaml(source: TextSource, report: Report, budget: Budget): Tree | undefined {
  const document = compose(source, report);
  if (document === undefined) return undefined;
  if (document.contents === null) {
    report.add({ source, offset: 0 }, { code: 'syntax', message: 'The file has no content.' });
    return undefined;
  }
  return createTreeBuilder(source, document, report, budget)(document.contents, 0);
}

function compose(source: TextSource, report: Report): Document | undefined {
  if (!isWithinByteLimit(source, report) || !isWithinTokenLimit(source, report)) return undefined;
  const tokens = [...new Parser().parse(source.text)];
  if (!isWithinDepthLimit(tokens, source, report)) return undefined;
  const { documents, errors } = composeDocuments(tokens, source.text.length);
  const [document, second] = documents;
  const end = second?.range[0] ?? Infinity;
  const syntaxErrors = errors.filter(({ offset }) => offset < end);
  for (const { message, offset } of syntaxErrors) {
    report.add({ source, offset }, { code: 'syntax', message: takeFirstSentence(message) });
  }
  if (second !== undefined) {
    const message = 'A second YAML document begins here. A manifest is one document.';
    report.add({ source, offset: end }, { code: 'syntax', message, fix: 'Remove the line `---`.' });
  }
  return syntaxErrors.length === 0 && second === undefined ? document : undefined;
}

interface SyntaxError {
  offset: number;
  message: string;
}

/** Syntax errors that are collected, more than a report keeps. Then the composer stops. */
const MAX_SYNTAX_ERRORS = 1000;
const STOP = Symbol('too many syntax errors');

/** Composes at most two documents, or as many as there are before too many errors. */
function composeDocuments(tokens: readonly CST.Token[], length: number) {
  const documents: Document.Parsed[] = [];
  const errors: SyntaxError[] = [];
  // uniqueKeys compares every field with every other: 20 000 fields take 5 s. The tree builder uses a Map.
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    uniqueKeys: false,
    resolveKnownTags: false,
  });
  const add = (offset: number, message: string) => {
    errors.push({ offset, message });
    if (errors.length === MAX_SYNTAX_ERRORS) throw STOP;
  };
  function* withoutErrors(): Generator<CST.Token> {
    for (const token of tokens) {
      if (token.type === 'error') add(token.offset, describeErrorToken(token));
      else yield token;
    }
  }
  // The composer makes an Error with a stack of each: those of 4 million bad escapes in 8 MB took minutes and 2 GB.
  const onError = (place: number | readonly number[] | CST.Token, _code: string, message: string) =>
    add(Number(typeof place === 'object' && 'offset' in place ? place.offset : [place].flat()[0]), message);
  Object.assign<object, object>(composer, { onError });
  try {
    for (const document of composer.compose(withoutErrors(), true, length)) {
      documents.push(document);
      // A document end without a document does not come to the handler.
      for (const { pos, message } of document.errors) add(pos[0], message);
      if (documents.length === 2) break;
    }
  } catch (error) {
    if (error !== STOP) throw error;
  }
  return { documents, errors };
}

function describeErrorToken({ message, source }: CST.ErrorToken): string {
  return source ? `${message}: ${JSON.stringify(source)}` : message;
}

function isWithinByteLimit(source: TextSource, report: Report): boolean {
  const bytes = Buffer.byteLength(source.text);
  if (bytes <= MAX_YAML_BYTES) return true;
  report.add(
    { source, offset: 0 },
    {
      code: 'too-large',
      message: `The file has ${(bytes / 2 ** 20).toFixed(1)} MiB. The limit for YAML is ${MAX_YAML_BYTES / 2 ** 20} MiB.`,
      fix: SPLIT_OR_JSON,
    },
  );
  return false;
}

function isWithinTokenLimit(source: TextSource, report: Report): boolean {
  let count = 0;
  for (const _ of new Lexer().lex(source.text)) {
    count += 1;
    if (count <= MAX_YAML_TOKENS) continue;
    report.add(
      { source, offset: 0 },
      {
        code: 'too-large',
        message: `The file has more than ${MAX_YAML_TOKENS.toLocaleString('en')} YAML tokens.`,
        fix: SPLIT_OR_JSON,
      },
    );
    return false;
  }
  return true;
}

/**
 * Checks the depth of the parser's tokens before any code recurses over them: near the end of the stack V8 does not
 * always throw a RangeError; it may end the process ("RegExpCompiler Allocation failed", seen with 5000 brackets).
 */
function isWithinDepthLimit(tokens: readonly CST.Token[], source: TextSource, report: Report): boolean {
  const open = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (depth > MAX_DEPTH + 1) {
      report.add(
        { source, offset: token.offset },
        { code: 'too-deep', message: `The file is nested deeper than ${MAX_DEPTH} levels.` },
      );
      return false;
    }
    for (const child of listChildren(token)) open.push({ token: child, depth: depth + 1 });
  }
  return true;
}

function listChildren(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value ? [token.value] : [];
  if (!CST.isCollection(token)) return [];
  return token.items.flatMap(({ key, value }) => [key ?? [], value ?? []].flat());
}

/** Builds trees from the nodes of one document; undefined, with a problem reported, for a node no manifest can have. */
function createTreeBuilder(source: TextSource, document: Document, report: Report, budget: Budget) {
  const targets = resolveAliases(document);

  const locateNode = (node: Node): Place => ({ source, offset: node.range?.[0] ?? 0 });

  const buildNull = (place: Place): Tree => ({ ...place, kind: 'scalar', value: null });

  const refuse = (place: Place, message: string): undefined => {
    report.add(place, { code: 'syntax', message });
    return undefined;
  };

  const build = (node: Node, depth: number): Tree | undefined => {
    const place = locateNode(node);
    if (!budget.node(place, depth)) return undefined;
    if (isAlias(node)) {
      const target = targets.get(node);
      return target === undefined
        ? refuse(place, `The anchor &${node.source} is not defined before this alias.`)
        : build(target, depth + 1);
    }
    if (isMap(node)) return buildMap(node, place, depth);
    if (isSeq(node)) return buildList(node, place, depth);
    return isScalar(node) ? buildScalar(node.value, node.source, place) : buildNull(place);
  };

  const buildScalar = (value: unknown, written: string | undefined, place: Place): Tree | undefined => {
    if (typeof value === 'string') {
      return budget.text(place, value) ? { ...place, kind: 'scalar', value } : undefined;
    }
    if (typeof value !== 'number' || Number.isFinite(value)) {
      const scalar: ScalarTree = { ...place, kind: 'scalar', value: value as ScalarTree['value'] };
      return written === undefined ? scalar : { ...scalar, written };
    }
    report.add(place, {
      code: 'wrong-value',
      message: `${written} is not a number that JSON can represent.`,
    });
    return undefined;
  };

  const buildList = (node: YAMLSeq, place: Place, depth: number): Tree | undefined => {
    const items: Tree[] = [];
    for (const item of node.items as (Node | null)[]) {
      const tree = item === null ? buildNull(place) : build(item, depth + 1);
      if (tree === undefined) return undefined;
      items.push(tree);
    }
    return { ...place, kind: 'list', items };
  };

  const buildMap = (node: YAMLMap, place: Place, depth: number): Tree | undefined => {
    const fields = new Map<string, Field>();
    for (const { key, value } of node.items as Pair<Node, Node | null>[]) {
      const at = locateNode(key);
      if (!isScalar(key)) return refuse(at, 'A field name must be text.');
      const name = typeof key.value === 'string' ? key.value : (key.source ?? '');
      if (!budget.text(at, name)) return undefined;
      const tree = value === null ? buildNull(at) : build(value, depth + 1);
      if (tree === undefined) return undefined;
      if (fields.has(name)) reportDuplicate(at, name, report);
      fields.set(name, { ...at, value: tree });
    }
    return { ...place, kind: 'map', fields };
  };

  return build;
}

/**
 * Finds the node of each alias: the nearest earlier node with its anchor. All are resolved in one pass, because the
 * parser's own lookup walks the whole document for each alias: 300 000 aliases would take hours.
 */
function resolveAliases(document: Document): Map<Node, Node> {
  const named = new Map<string, Node>();
  const targets = new Map<Node, Node>();
  visit(document, {
    Node(_, node) {
      const target = isAlias(node) ? named.get(node.source) : undefined;
      if (target !== undefined) targets.set(node, target);
      if (!isAlias(node) && node.anchor !== undefined) named.set(node.anchor, node);
    },
  });
  return targets;
}

/** The first line of the parser's message. The rest shows the place, which the problem already names. */
function takeFirstSentence(message: string): string {
  const [line = message] = message.split('\n');
  return line.endsWith('.') ? line : `${line}.`;
}
