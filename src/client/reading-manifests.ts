/** Schema and parsers take 0.15 s to load, and who only looks at batches needs none of them. */
export function readingManifests() {
  return import('../manifest/index.ts');
}
