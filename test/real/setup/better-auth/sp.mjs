// The SP of the real-server suite: better-auth with its SSO plug-in, set as Archestra sets it, in memory, on loopback and plain http.
//
// Environment: MODULES  the node_modules folder in the cache
//              BASE     the address in front, where a proxy stands there; without it the own one
//              TRUST    the origin of an identity provider on loopback, which may be asked
// Names that end in .example are on this machine.
// Prints "listening on 127.0.0.1:PORT" and ends with its standard input.
//
//   POST /-/provider   {providerId, issuer, samlConfig | oidcConfig}: adds a provider; answers {} or {error}
//   POST /-/user       {email, emailVerified}: adds a user who signed in by password so far
//   GET  /-/log        what was logged since the last time, a list of {message, reason}
//   GET  /-/versions   the versions of the packages
//   /api/auth/...      better-auth
import { createServer } from 'node:http'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import dns from 'node:dns'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const lookup = dns.lookup
dns.lookup = (name, ...rest) => lookup(name.endsWith('.example') ? '127.0.0.1' : name, ...rest)
syncBuiltinESMExports()

const modules = process.env.MODULES
const require = createRequire(join(dirname(modules), 'package.json'))
const load = name => import(pathToFileURL(require.resolve(name)))
const { betterAuth } = await load('better-auth')
const { memoryAdapter } = await load('better-auth/adapters/memory')
const { organization } = await load('better-auth/plugins')
const { toNodeHandler } = await load('better-auth/node')
const { sso } = await load('@better-auth/sso')

const server = createServer()
await new Promise(done => server.listen(0, '127.0.0.1', done))
const origin = process.env.BASE ?? `http://localhost:${server.address().port}`
const trusted = [origin, ...(process.env.TRUST ? process.env.TRUST.split(' ') : [])]

const db = { user: [], session: [], account: [], verification: [], organization: [], member: [], invitation: [], ssoProvider: [] }
let log = []
const noted = (_, message, ...more) => log.push({ message: String(message?.message ?? message), reason: more.map(m => m?.error?.message ?? m?.error ?? m?.message).find(r => typeof r === 'string') })
let registering = false // Archestra trusts every host then, so that its own checks are the only ones
const auth = betterAuth({
  appName: 'Archestra',
  baseURL: origin,
  secret: randomBytes(24).toString('hex'),
  database: memoryAdapter(db),
  trustedOrigins: () => registering ? [...trusted, 'https://*:*', 'https://*'] : trusted,
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { level: 'debug', log: noted },
  account: { accountLinking: { enabled: true, allowDifferentEmails: false, allowUnlinkingAll: true } },
  advanced: { cookiePrefix: 'archestra', defaultCookieAttributes: { sameSite: 'lax' } },
  plugins: [
    organization({ allowUserToCreateOrganization: true }),
    sso({
      organizationProvisioning: { disabled: false, defaultRole: 'member' },
      defaultOverrideUserInfo: true, disableImplicitSignUp: false, providersLimit: 10000, trustEmailVerified: true,
      domainVerification: { enabled: true },
    }),
  ],
})

// An administrator and an organisation: providers belong to both.
const password = randomBytes(12).toString('hex')
const admin = await auth.api.signUpEmail({ body: { email: 'admin@localhost.test', password, name: 'Admin' }, asResponse: true })
const headers = new Headers({ cookie: admin.headers.getSetCookie().map(c => c.split(';')[0]).join('; '), origin })
const org = await auth.api.createOrganization({ body: { name: 'Default', slug: 'default' }, headers })

const firstUser = db.user[0].id

// As Archestra does it: registered, then marked as verified, then overwritten by what the form holds. Users of earlier providers go:
// an account is never linked to a second one.
const register = async ({ providerId, issuer, samlConfig, oidcConfig }) => {
  for (const [model, user] of [['user', 'id'], ['account', 'userId'], ['member', 'userId'], ['session', 'userId']]) {
    db[model] = db[model].filter(row => row[user] === firstUser)
  }
  registering = true
  try {
    await auth.api.registerSSOProvider({
      body: { providerId, issuer, samlConfig, oidcConfig: oidcConfig && { ...oidcConfig, skipDiscovery: true }, domain: 'lab.example', organizationId: org.id }, headers,
    })
  } catch (e) {
    return { error: e.body?.message ?? e.message }
  } finally {
    registering = false
  }
  const row = db.ssoProvider.find(p => p.providerId === providerId)
  row.domainVerified = true
  if (samlConfig) row.samlConfig = JSON.stringify(samlConfig)
  if (oidcConfig) row.oidcConfig = JSON.stringify({ ...JSON.parse(row.oidcConfig), ...oidcConfig })
  return {}
}

const addUser = async ({ email, emailVerified }) => {
  await auth.api.signUpEmail({ body: { email, password, name: 'An existing user' } })
  db.user.find(u => u.email === email).emailVerified = emailVerified
  return {}
}

const body = async q => {
  let text = ''
  for await (const part of q) text += part
  return JSON.parse(text)
}
const version = name => JSON.parse(readFileSync(join(modules, name, 'package.json'))).version
const own = {
  '/-/provider': async q => register(await body(q)),
  '/-/user': async q => addUser(await body(q)),
  '/-/log': async () => { const all = log; log = []; return all },
  '/-/versions': async () => Object.fromEntries(['better-auth', '@better-auth/sso', 'samlify', 'xml-crypto'].map(n => [n, version(n)])),
}
const handler = toNodeHandler(auth)
server.on('request', async (q, s) => {
  if (q.url.startsWith('/api/auth')) return handler(q, s)
  s.setHeader('content-type', 'application/json')
  s.end(JSON.stringify(own[q.url] ? await own[q.url](q) : {}))
})
console.log(`listening on 127.0.0.1:${server.address().port}`)
process.stdin.on('end', () => process.exit(0)).resume()
