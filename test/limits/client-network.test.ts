import { describe, expect, it } from 'vitest'
import { clientNetwork } from '../../src/limits/client-network'

describe('what a client is known by', () => {
  it.each(['203.0.113.7', '0.0.0.0', '255.255.255.255', '10.1.2.3'])('%s is one client', (address) => {
    expect(clientNetwork(address)).toBe(address)
  })

  it.each([
    '2001:db8:1:2:3:4:5:6',
    '2001:DB8:1:2::',
    '2001:0db8:0001:0002:0000:0000:0000:0001',
    '2001:db8:1:2::192.0.2.1',
    '2001:db8:1:2:0:ffff:203.0.113.7',
    '2001:db8:1:2:ffff:ffff:ffff:ffff%eth0',
  ])('%s is of one network, however it is spelled', (address) => {
    expect(clientNetwork(address)).toBe('2001:db8:1:2::/64')
  })

  it.each([
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1', 'fe80:0:0:0::/64'],
    ['2001:db8::1:0:0:1', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:1::', '2001:db8:0:0::/64'],
    ['1::', '1:0:0:0::/64'],
  ])('%s is of %s', (address, network) => {
    expect(clientNetwork(address)).toBe(network)
  })

  it.each(['::ffff:203.0.113.7', '::FFFF:cb00:7107', '0:0:0:0:0:ffff:203.0.113.7', '::ffff:203.0.113.7%1'])(
    '%s is the same client as its IPv4 address',
    (address) => {
      expect(clientNetwork(address)).toBe('203.0.113.7')
    },
  )

  it('10,000 addresses of one /64 are one client, and those of the next one another (R-AUT-12)', () => {
    const addresses = Array.from({ length: 10_000 }, (_, nth) => {
      const [high, low] = [(nth * 7_919) % 65_536, (nth * 104_729) % 65_536]
      return `2001:db8:7:ff00:${high.toString(16)}:${low.toString(16)}:0:${nth.toString(16)}`
    })
    expect(new Set(addresses).size).toBe(10_000)
    expect(new Set(addresses.map(clientNetwork))).toEqual(new Set(['2001:db8:7:ff00::/64']))
    expect(clientNetwork('2001:db8:7:ff01::1')).toBe('2001:db8:7:ff01::/64')
  })

  it.each([
    '',
    'unknown',
    '203.0.113',
    '203.0.113.7.8',
    '203.0.113.256',
    '0x7f.0.0.1',
    '010.1.2.3.4',
    '203.0.113.7, 10.0.0.1',
    '203.0.113.7:443',
    '2001:db8::1::2',
    '2001:db8:1:2:3:4:5:6:7',
    '2001:db8::12345',
    '[2001:db8::1]',
    '2001:db8::1]/path',
    'http://203.0.113.7',
  ])('%j is no address', (text) => {
    expect(clientNetwork(text)).toBeUndefined()
  })
})
