import { badField } from './envelope.ts';

/**
 * Reads JSON like Google's front end: by the message's fields, with names in camelCase or snake_case, a single value
 * for a list, and null as absent. An unknown name or a wrong type refuses the whole request.
 */
type Kind = 'string' | 'number' | 'boolean' | 'any' | Enumeration | List | Message;
interface Enumeration {
  names: readonly string[];
}
interface List {
  list: Kind;
}
export interface Message {
  fields: Readonly<Record<string, Kind>>;
}

const PROTO_TYPES = { string: 'TYPE_STRING', number: 'TYPE_FLOAT', boolean: 'TYPE_BOOL' } as const;

/**
 * A copy of `value` with camelCase names, checked against `kind`.
 *
 * @param path the path of `value` in the request, in Google's spelling: `generation_config.image_config`; '' at the
 *   top.
 * @throws Refusal INVALID_ARGUMENT naming the field.
 */
export function readFields(value: unknown, kind: Kind, path: string): unknown {
  if (kind === 'any') return value;
  if (typeof kind === 'string') return readScalar(value, kind, path);
  if ('names' in kind) return readName(value, kind, path);
  if ('list' in kind) {
    const entries: unknown[] = Array.isArray(value) ? value : [value];
    return entries.map((entry, index) => readFields(entry, kind.list, `${path}[${index}]`));
  }
  return readMessage(value, kind, path);
}

function readMessage(value: unknown, { fields }: Message, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidValue(path, 'object', value);
  const read: Record<string, unknown> = {};
  for (const [given, inner] of Object.entries(value)) {
    const name = camelCase(given);
    const kind = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (kind === undefined) throw unknownName(given, path);
    if (inner !== null)
      read[name] = readFields(inner, kind, path === '' ? snakeCase(name) : `${path}.${snakeCase(name)}`);
  }
  return read;
}

function readScalar(value: unknown, kind: 'string' | 'number' | 'boolean', path: string): unknown {
  // Protocol buffers in JSON may write numbers as strings.
  const number =
    kind === 'number' && typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === kind && !Number.isNaN(number)) return number;
  throw invalidValue(path, PROTO_TYPES[kind], value);
}

function readName(value: unknown, { names }: Enumeration, path: string): string {
  const name = typeof value === 'string' ? value.toUpperCase() : '';
  if (names.includes(name)) return name;
  throw invalidValue(path, 'TYPE_ENUM', value);
}

function unknownName(name: string, path: string) {
  const at = path === '' ? '' : ` at '${path}'`;
  return badField(path, `Invalid JSON payload received. Unknown name "${name}"${at}: Cannot find field.`);
}

function invalidValue(path: string, type: string, value: unknown) {
  return badField(path, `Invalid value at '${path}' (${type}), ${JSON.stringify(value)?.slice(0, 100)}`);
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
