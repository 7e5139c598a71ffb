// npm's openid-client as a client of ours: node openid_client.mjs LIBRARY FLOW SETTINGS. It prints a line of JSON for each
// thing that a person has to do, reads a line when they have, and at the end prints what it was given.
import { createInterface } from 'node:readline/promises'

const [library, flow, settings] = process.argv.slice(2)
const { issuer, client_id: id, client_secret: secret, redirect_uri: redirectUri, scope } = JSON.parse(settings)
const openid = await import(library)
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const say = (value) => console.log(JSON.stringify(value))

const authentication = secret ? openid.ClientSecretBasic(secret) : openid.None()
const config = await openid.discovery(
  new URL(issuer), id, { id_token_signed_response_alg: 'ES256' }, authentication,
  { execute: [openid.allowInsecureRequests] })

async function code() {
  const verifier = openid.randomPKCECodeVerifier()
  const state = openid.randomState()
  const nonce = openid.randomNonce()
  say({ open: openid.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri, scope, state, nonce, code_challenge_method: 'S256',
    code_challenge: await openid.calculatePKCECodeChallenge(verifier) }).href })
  const callback = new URL((await lines.next()).value)
  const tokens = await openid.authorizationCodeGrant(
    config, callback, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true })
  const claims = tokens.claims()
  const person = await openid.fetchUserInfo(config, tokens.access_token, claims.sub)
  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token)
  const before = secret ? await openid.tokenIntrospection(config, refreshed.access_token) : undefined
  await openid.tokenRevocation(config, refreshed.refresh_token)
  const after = secret ? await openid.tokenIntrospection(config, refreshed.access_token) : undefined
  return { tokens, claims, person, refreshed, before, after }
}

async function device() {
  const answer = await openid.initiateDeviceAuthorization(config, { scope })
  say({ open: answer.verification_uri_complete })
  const tokens = await openid.pollDeviceAuthorizationGrant(config, answer)
  return { tokens, claims: tokens.claims() }
}

async function credentials() {
  return { tokens: await openid.clientCredentialsGrant(config, { scope }) }
}

say(await { code, device, credentials }[flow]())
process.exit(0)
