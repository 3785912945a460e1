import type { ManifestFormat } from '../../../src/manifest/formats/index.ts';
import {
  type ParseOptions,
  type ParseResult,
  type Problem,
  parseManifest,
} from '../../../src/manifest/index.ts';

/** Parses a text as a file `autumn.<format>`. */
export function parse(
  text: string | Uint8Array,
  format: ManifestFormat = 'yaml',
  options: Partial<ParseOptions> = {},
): ParseResult {
  return parseManifest(text, { file: `autumn.${format}`, format, ...options });
}

export function listProblems(
  text: string | Uint8Array,
  format?: ManifestFormat,
  options?: Partial<ParseOptions>,
): Problem[] {
  const result = parse(text, format, options);
  return result.ok ? [] : result.problems;
}

export function buildManifest(text: string, format?: ManifestFormat, options?: Partial<ParseOptions>) {
  const result = parse(text, format, options);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.manifest;
}

/** A whole YAML manifest with these items and optional further top-level lines. */
export function yamlWith(items: string, top = ''): string {
  return `name: autumn\nmodel: nano-banana-pro\n${top}items:\n${items}`;
}
