/** A host and a port, `[::1]:9464` too; undefined where the text is not one. */
export function parseHostAndPort(text: string): { host: string; port: number } | undefined {
  const { host = '', port } = /^\[?(?<host>[\w.:-]+?)\]?:(?<port>\d{1,5})$/.exec(text)?.groups ?? {};
  const number = Number(port);
  return host && number > 0 && number < 65_536 ? { host, port: number } : undefined;
}
