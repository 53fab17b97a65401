const OCTET = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)'
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`)
/** An IPv4 address in the form of IPv6, as the first seven groups of its eight are known. */
const MAPPED_IPV4 = '0:0:0:0:0:ffff'
/** What an IPv6 address is written with: the rest of a URL's grammar is not wanted here. */
const IPV6_CHARACTERS = /^[\da-f:.]+$/i
const GROUPS = 8
const GROUPS_OF_NETWORK = 4

/**
 * What a client is known by: its IPv4 address, or the /64 of its IPv6 address, since who has one address of that has all of
 * them. One text for every spelling.
 * @returns undefined for what is no address
 */
export function clientNetwork(address: string): string | undefined {
  if (IPV4.test(address)) return address
  const groups = ipv6Groups(address)
  if (!groups) return undefined
  if (groups.slice(0, 6).join(':') === MAPPED_IPV4) return toIpv4(groups.slice(6))
  return `${groups.slice(0, GROUPS_OF_NETWORK).join(':')}::/64`
}

/** The eight groups without leading zeros, in lower case. */
function ipv6Groups(address: string): string[] | undefined {
  // Without the zone, which says by which interface the address is reached.
  const [text = ''] = address.split('%')
  if (!text.includes(':') || !IPV6_CHARACTERS.test(text)) return undefined
  const url = URL.parse(`http://[${text}]`)
  if (!url) return undefined
  const [head = '', tail] = url.hostname.slice(1, -1).split('::')
  const [before, after] = [head, tail ?? ''].map((part) => part.split(':').filter((group) => group !== ''))
  return [...before!, ...Array<string>(GROUPS - before!.length - after!.length).fill('0'), ...after!]
}

function toIpv4(groups: readonly string[]): string {
  return groups
    .map((group) => Number.parseInt(group, 16))
    .flatMap((group) => [group >> 8, group & 0xff])
    .join('.')
}
