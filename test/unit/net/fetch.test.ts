import type { LookupFunction } from 'node:net';
import { MockAgent } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fetchPublic, fetchThrough } from '../../../src/net/fetch.ts';
import { createPublicLookup } from '../../../src/net/public-addresses.ts';
import { createListener } from '../../support/listener.ts';

const LIMITS = { bytes: 1000, deadlineMs: 5_000 };
const never = () => new AbortController().signal;

/** Local servers under public names. */
function hosts() {
  const agent = new MockAgent();
  agent.disableNetConnect();
  onTestFinished(() => agent.close());
  const get = (url: string) => {
    const { origin, pathname } = new URL(url);
    return agent.get(origin).intercept({ path: pathname, method: 'GET' });
  };
  return { get, fetch: (url: string, limits = LIMITS) => fetchThrough(agent, url, limits, never()) };
}

const refused = (why: RegExp) => ({ code: 'reference-unreachable', message: expect.stringMatching(why) });

describe('a URL from a manifest', () => {
  test.each([
    ['loopback', '127.0.0.1'],
    ['loopback elsewhere in its range', '127.8.9.1'],
    ['loopback as one number', '2130706433'],
    ['loopback in octal', '0177.0.0.1'],
    ['loopback in hexadecimal', '0x7f.1'],
    ['loopback shortened', '127.1'],
    ['loopback of IPv6', '[::1]'],
    ['loopback inside IPv6', '[::ffff:127.0.0.1]'],
    ['loopback inside IPv6, in hexadecimal', '[::ffff:7f00:1]'],
    ['loopback inside IPv6, the old way', '[::127.0.0.1]'],
    ['loopback behind NAT64', '[64:ff9b::7f00:1]'],
    ['loopback behind 6to4', '[2002:7f00:1::]'],
    ['any', '0.0.0.0'],
    ['any of IPv6', '[::]'],
    ['private', '10.0.0.1'],
    ['private', '172.16.0.1'],
    ['private', '192.168.1.1'],
    ['private of IPv6', '[fd00::1]'],
    ['private of IPv6, the old way', '[fec0::1]'],
    ['a carrier’s', '100.64.0.1'],
    ['a cloud’s metadata', '169.254.169.254'],
    ['a cloud’s metadata inside IPv6', '[::ffff:a9fe:a9fe]'],
    ['a cloud’s metadata of IPv6', '[fd00:ec2::254]'],
    ['link-local of IPv6', '[fe80::1]'],
    ['multicast', '224.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['a documentation’s', '[2001:db8::1]'],
  ])('is not fetched when it is %s: %s', async (_, host) => {
    const { port, connections } = await createListener();
    await expect(fetchPublic(`https://${host}:${port}/x.png`, LIMITS, never())).rejects.toMatchObject(
      refused(/not public/),
    );
    expect(connections()).toBe(0);
  });

  test('is not fetched when its name resolves to a private address', async () => {
    const { port, connections } = await createListener();
    await expect(fetchPublic(`https://localhost:${port}/x.png`, LIMITS, never())).rejects.toMatchObject(
      refused(/not public/),
    );
    expect(connections()).toBe(0);
  });

  test.each([
    'http://93.184.215.14/x',
    'file:///etc/passwd',
    'ftp://93.184.215.14/x',
    'data:image/png;base64,AAAA',
    'x',
    '',
  ])('is refused when it is not https: %s', async (url) => {
    await expect(fetchPublic(url, LIMITS, never())).rejects.toMatchObject({ code: 'reference-unreachable' });
  });
});

describe('the DNS lookup of a connection', () => {
  const makeLookup = (...addresses: string[]): LookupFunction =>
    createPublicLookup((_host, _options, done) =>
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      ),
    );
  const ask = (lookup: LookupFunction, all: boolean) =>
    new Promise((resolve) => {
      lookup('host', { all }, (error, address, family) => resolve(error ?? [address, family]));
    });

  test('returns public addresses, all or the first', async () => {
    const lookup = makeLookup('93.184.215.14', '2606:4700::1');
    expect(await ask(lookup, false)).toEqual(['93.184.215.14', 4]);
    expect(await ask(lookup, true)).toEqual([
      [
        { address: '93.184.215.14', family: 4 },
        { address: '2606:4700::1', family: 6 },
      ],
      undefined,
    ]);
  });

  test.each([[['10.0.0.1']], [['93.184.215.14', '169.254.169.254']], [['2606:4700::1', '::1']], [[]]])(
    'fails when any address is not public: %j',
    async (addresses) => {
      expect(await ask(makeLookup(...addresses), false)).toBeInstanceOf(Error);
      expect(await ask(makeLookup(...addresses), true)).toBeInstanceOf(Error);
    },
  );

  test('checks each connection, so that DNS rebinding does not help', async () => {
    const answers = ['93.184.215.14', '127.0.0.1'];
    const lookup = createPublicLookup((_host, _options, done) =>
      done(null, [{ address: answers.shift() ?? '', family: 4 }]),
    );
    expect(await ask(lookup, false)).toEqual(['93.184.215.14', 4]);
    expect(await ask(lookup, false)).toBeInstanceOf(Error);
  });

  test('passes on the error for an unknown name', async () => {
    const lookup = createPublicLookup((_host, _options, done) => done(new Error('ENOTFOUND'), []));
    expect(await ask(lookup, false)).toMatchObject({ message: 'ENOTFOUND' });
  });
});

describe('a fetched file', () => {
  test('arrives completely, also through redirects', async () => {
    const { get, fetch } = hosts();
    get('https://one.example/a').reply(302, '', { headers: { location: '/b' } });
    get('https://one.example/b').reply(301, '', { headers: { location: 'https://two.example/c' } });
    get('https://two.example/c').reply(200, 'bytes');
    expect(Buffer.from(await fetch('https://one.example/a')).toString()).toBe('bytes');
  });

  test.each([
    'https://127.0.0.1/x',
    'https://[::ffff:10.0.0.1]/x',
    'https://2852039166/latest/meta-data',
    'http://two.example/x',
  ])('is refused when a redirect leads to %s', async (location) => {
    const { get, fetch } = hosts();
    get('https://one.example/a').reply(302, '', { headers: { location } });
    await expect(fetch('https://one.example/a')).rejects.toMatchObject(refused(/not public|only https/));
  });

  test('is refused after five redirects', async () => {
    const { get, fetch } = hosts();
    for (let hop = 0; hop < 7; hop++) {
      get(`https://one.example/${hop}`).reply(302, '', { headers: { location: `/${hop + 1}` } });
    }
    await expect(fetch('https://one.example/0')).rejects.toMatchObject(refused(/more than 5 redirects/));
  });

  test('has at most the allowed bytes', async () => {
    const { get, fetch } = hosts();
    get('https://one.example/fits').reply(200, 'x'.repeat(1000));
    get('https://one.example/long').reply(200, 'x'.repeat(1001));
    expect((await fetch('https://one.example/fits')).byteLength).toBe(1000);
    await expect(fetch('https://one.example/long')).rejects.toMatchObject(refused(/more than 1000 bytes/));
  });

  test('fails at the deadline', async () => {
    const { get, fetch } = hosts();
    get('https://one.example/slow').reply(200, 'x').delay(10_000);
    await expect(fetch('https://one.example/slow', { ...LIMITS, deadlineMs: 50 })).rejects.toMatchObject(
      refused(/./),
    );
  });

  test.each([404, 500, 304])(
    'fails when the server answers %i, and the message names only the origin',
    async (status) => {
      const { get, fetch } = hosts();
      get('https://one.example/secret').reply(status, '');
      const failure = fetch('https://one.example/secret');
      await expect(failure).rejects.toMatchObject(refused(new RegExp(`one\\.example.*${status}`)));
      await expect(failure).rejects.toMatchObject({ message: expect.not.stringContaining('secret') });
    },
  );

  test('ends with the reason of our signal when we cancel', async () => {
    const reason = new Error('cancelled');
    await expect(fetchPublic('https://one.example/x', LIMITS, AbortSignal.abort(reason))).rejects.toBe(
      reason,
    );
  });
});
