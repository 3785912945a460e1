import { styleText } from 'node:util';

export type Style = Parameters<typeof styleText>[0];

/**
 * Stands for the ESC of our own styles until a text is written: then every real control character in it is foreign. A foreign text
 * that holds this private character could set a colour, and nothing else.
 */
const STYLE_MARK = '\u{10FFFD}';
const STYLE = /\u{10FFFD}(?=\[\d{1,2}m)/gu;

/** All control characters except newline and tab: ESC, CR, BEL, DEL and the 8-bit ones of C1, of which U+009B is an ESC [ too. */
const CONTROL = /(?![\n\t])\p{Cc}/gu;
/** Those that JSON leaves as they are. */
const CONTROL_IN_JSON = /[\u007f-\u009f]/g;

/** A text in a style, for {@link toTerminal}. */
export function styled(style: Style, text: string): string {
  // The caller knows whether its stream shows colours; Node 22 would ask stdout.
  return styleText(style, text, { validateStream: false }).replaceAll('\u001b', STYLE_MARK);
}

/**
 * The one place through which texts for people reach a terminal. Messages quote Google, the model and file names; an escape
 * sequence in one could clear the screen, fake an answer or write into the clipboard.
 */
export function toTerminal(text: string): string {
  return text.replaceAll(CONTROL, '').replaceAll(STYLE, '\u001b');
}

/** The same for JSON, which stays the same value. */
export function toTerminalJson(json: string): string {
  return json.replaceAll(CONTROL_IN_JSON, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}
