import type { LookupAddress } from 'node:dns';
import type { LookupFunction as Lookup } from 'node:net';
import ipaddr from 'ipaddr.js';

const NOT_PUBLIC = 'it leads to an address that is not public';
/** All that is given out for use on the internet; what lies outside and is in no range of ipaddr.js is no address either. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** A literal address is never looked up, so it is checked here; `URL` has written every form of it (octal, decimal) as one. */
export function refusePrivate({ hostname }: URL): void {
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(literal) && !isPublic(literal)) throw new Error(NOT_PUBLIC);
}

/** A look-up for connections that fails where a name has any address that is not public. */
export function onlyPublic(lookup: Lookup): Lookup {
  return (host, options, done) =>
    lookup(host, { ...options, all: true }, (error, found) => {
      const addresses = found as LookupAddress[];
      if (error) return done(error, []);
      const [first] = addresses;
      if (!first || !addresses.every(({ address }) => isPublic(address)))
        return done(new Error(NOT_PUBLIC), []);
      return options.all ? done(null, addresses) : done(null, first.address, first.family);
    });
}

/** `unicast` is what ipaddr.js calls an address that is in no reserved range; 4-in-6 is judged by its inner address. */
function isPublic(address: string): boolean {
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  return !(parsed instanceof ipaddr.IPv6) || parsed.match(GLOBAL_IPV6);
}
