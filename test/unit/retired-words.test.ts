import { expect, test } from 'vitest';
import { findRetiredWords, RETIRED_WORDS } from '../../scripts/retired-words.ts';

test('names the line, the word and what to write instead', () => {
  const text = 'A stopped batch waits.\nFree space, and the batch goes on.\n';
  expect(findRetiredWords(text)).toEqual([{ line: 2, word: 'goes on', write: 'continue' }]);
});

test.each([
  ['The step is tried again by itself.', 'by itself'],
  ['Mend what it names.', 'Mend'],
  ['const MOST_ITEMS = 3;', 'MOST_ITEMS'],
  ['export function partsOf(text: string) {', 'function partsOf'],
  ['const partsOf = (text) => text', 'const partsOf = ('],
  ['The batch was told of it.', 'was told'],
])('finds in %j the retired word %j', (text, word) => {
  expect(findRetiredWords(text).map((finding) => finding.word)).toEqual([word]);
});

test.each([
  'An amendment of the manifest goes to the store.',
  'const lastIndexOf = text.lastIndexOf(part);',
  'instanceof and typeof are keywords.',
  'A jobOngoing flag.',
])('accepts %j', (text) => {
  expect(findRetiredWords(text)).toEqual([]);
});

test('writes no retired word as the replacement of another', () => {
  expect(RETIRED_WORDS.flatMap(({ write }) => findRetiredWords(write))).toEqual([]);
});
