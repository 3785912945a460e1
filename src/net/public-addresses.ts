import type { LookupAddress } from 'node:dns';
import type { LookupFunction as Lookup } from 'node:net';
import ipaddr from 'ipaddr.js';

const NOT_PUBLIC = 'it resolves to an address that is not public';
/**
 * The range that is assigned for use on the internet. Addresses outside of it that are in no range of ipaddr.js count
 * as not public.
 */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Rejects a literal address that is not public. Literal addresses are never looked up; `URL` has normalised their forms
 * (octal, decimal).
 */
export function rejectPrivateAddress({ hostname }: URL): void {
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(literal) && !isPublic(literal)) throw new Error(NOT_PUBLIC);
}

/** A DNS lookup for connections that fails where a name has any address that is not public. */
export function createPublicLookup(lookup: Lookup): Lookup {
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

/**
 * Whether an address is public. ipaddr.js calls an address in no reserved range `unicast`; an IPv4 address inside IPv6
 * counts as IPv4.
 */
function isPublic(address: string): boolean {
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  return !(parsed instanceof ipaddr.IPv6) || parsed.match(GLOBAL_IPV6);
}
