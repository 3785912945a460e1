/** Schema and parsers take 0.15 s to load, and callers that only read batches need none of them. */
export function readingManifests() {
  return import('../manifest/index.ts');
}
