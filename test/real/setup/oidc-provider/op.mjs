// The OpenID provider of the real-server suite, on 127.0.0.1 and plain http; a TLS proxy stands in front.
//
// Environment: MODULES     the node_modules folder in the cache
//              OP_CONFIG   path of a JSON file:
//                issuer        string, the address in front
//                proxy         bool, believe X-Forwarded-*: without it the document lists http endpoints
//                pkceRequired  bool, demand PKCE of every client
//                keys          list of {kty: "RSA", bits} or {kty: "EC", crv}, with alg where it is not the usual one; made at start
//                configuration object, passed to the provider as it is (clients, scopes, features …)
// Prints "listening on 127.0.0.1:PORT" and ends with its standard input.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const entry = join(process.env.MODULES, 'oidc-provider', 'lib', 'index.js')
const { Provider } = await import(pathToFileURL(entry))
const wanted = JSON.parse(readFileSync(process.env.OP_CONFIG, 'utf8'))

const algorithms = { RSA: 'RS256', 'P-256': 'ES256', 'P-384': 'ES384' }
const jwk = ({ kty, bits, crv, alg }, i) => {
  const pair = kty === 'RSA'
    ? generateKeyPairSync('rsa', { modulusLength: bits })
    : generateKeyPairSync('ec', { namedCurve: crv })
  return { ...pair.privateKey.export({ format: 'jwk' }), kid: `key-${i}`, use: 'sig', alg: alg ?? algorithms[crv ?? kty] }
}

const accounts = {
  ann: { email: 'ann@acme-corp.example', email_verified: true, name: 'Ann Admin', given_name: 'Ann', family_name: 'Admin', groups: ['admins'] },
  bob: { email: 'bob@acme-corp.example', email_verified: false, name: 'Bob Builder', given_name: 'Bob', family_name: 'Builder' },
  nil: { name: 'Nil Nomail', given_name: 'Nil', family_name: 'Nomail' },
  pia: { preferred_username: 'pia@acme-corp.example', name: 'Pia Upn', given_name: 'Pia', family_name: 'Upn' },
}

const provider = new Provider(wanted.issuer, {
  jwks: { keys: wanted.keys.map(jwk) },
  cookies: { keys: [randomBytes(24).toString('hex')] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...accounts[id] }) }),
  pairwiseIdentifier: (_, id, client) => `${client.clientId}-${id}`,
  ...(wanted.pkceRequired && { pkce: { required: () => true } }),
  ...wanted.configuration,
})
provider.proxy = wanted.proxy

const server = provider.listen(0, '127.0.0.1', () => console.log(`listening on 127.0.0.1:${server.address().port}`))
process.stdin.on('end', () => process.exit(0)).resume()
