// npm's oidc-provider as somebody else's provider: node openid_provider.mjs LIBRARY SETTINGS. It takes a line of JSON for
// each change, and answers each, and the start, with an empty object when it is done.
import { createServer } from 'node:http'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'

const [library, text] = process.argv.slice(2)
const settings = JSON.parse(text)
const { default: Provider } = await import(library)
const done = () => console.log('{}')

const people = {}
let who = null // null: they say no
let provider, callback

function key(kid) {
  const pair = settings.algorithm === 'ES256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...pair.privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: settings.algorithm }
}

function begin(kid) {
  provider = new Provider(settings.issuer, {
    clients: [{
      client_id: settings.client_id, client_secret: settings.client_secret, redirect_uris: [settings.redirect_uri],
      id_token_signed_response_alg: settings.algorithm }],
    jwks: { keys: [key(kid)] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
    async loadExistingGrant({ oidc }) {
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId })
      grant.addOIDCScope('openid email profile')
      await grant.save()
      return grant
    } })
  callback = provider.callback()
}

async function interaction(request, response) {
  const answer = who === null ? { error: 'access_denied' } : { login: { accountId: who } }
  await provider.interactionFinished(request, response, answer)
}

begin('first')
createServer((request, response) =>
  request.url.startsWith('/interaction/') ? interaction(request, response) : callback(request, response),
).listen(settings.port, '127.0.0.1', done)

createInterface({ input: process.stdin }).on('line', (line) => {
  const { sign_in: signIn, rotate } = JSON.parse(line)
  if (signIn !== undefined) {
    who = signIn?.sub ?? null
    if (who !== null) people[who] = signIn
  }
  if (rotate !== undefined) begin(rotate)
  done()
})
