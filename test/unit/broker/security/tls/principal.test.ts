// From a certificate's subject to a user, as Java and Kafka's SslPrincipalMapper do it.

import { distinguishedName } from '@samsa/broker/security/tls/distinguished-name'
import { PrincipalRules } from '@samsa/broker/security/tls/principal-rules'
import { describe, expect, it } from 'vitest'

describe('distinguishedName', () => {
  it('has the most specific part first', () => {
    expect(distinguishedName('C=DE\nO=Samsa\\, Inc\nCN=alice')).toBe('CN=alice,O=Samsa\\, Inc,C=DE')
  })

  it('writes an address of mail by its number, as Java does', () => {
    expect(distinguishedName('CN=a\nemailAddress=a@b.c')).toBe(
      '1.2.840.113549.1.9.1=#1605614062 2e63,CN=a'.replace(' ', ''),
    )
  })
})

describe('PrincipalRules', () => {
  const name = 'CN=kafka1,OU=SME,O=mycp,L=Fulton,ST=MD,C=US'

  it.each([
    ['DEFAULT', name],
    ['', name],
    ['RULE:^CN=(.*?),OU=(.*?),O=(.*?),L=(.*?),ST=(.*?),C=(.*?)$/$1@$2/L', 'kafka1@sme'],
    ['RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/,RULE:^CN=(.*?),OU=SME.*$/$1/U', 'KAFKA1'],
    ['RULE:^cn=nobody$/x/ , DEFAULT', name],
    ['RULE:^.*[Cc][Nn]=([a-zA-Z0-9.]*).*$/$1$/L', 'kafka1$'],
  ])('%s', (rules, user) => {
    expect(new PrincipalRules(rules).userOf(name)).toBe(user)
  })

  it('lets nobody in whom no rule takes', () => {
    expect(() => new PrincipalRules('RULE:^CN=bob$/bob/').userOf(name)).toThrow('no rule of')
  })

  it.each(['nonsense', 'RULE:^CN=(.*$/x/', 'RULE:x', 'RULE:x/y/Q'])('refuses %s', (rules) => {
    expect(() => new PrincipalRules(rules)).toThrow('ssl.principal.mapping.rules')
  })
})
