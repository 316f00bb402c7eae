// A certified OpenID provider on a port of loopback: `node provider.js PORT`.
//
// Whoever signs in names themselves by a JSON of their claims. POST /keys gives it new keys, and GET
// /requests tells how often its keys were asked for.
import { generateKeyPair } from "node:crypto";
import { createServer } from "node:http";
import { promisify } from "node:util";
import Provider from "oidc-provider";

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const redirectUris = JSON.parse(process.env.REDIRECT_URIS);
const make = promisify(generateKeyPair);
let asked = 0;

async function key() {
  const { privateKey } = await make("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256" };
}

function client(id, secret) {
  const method = secret ? { client_secret: secret } : { token_endpoint_auth_method: "none" };
  return { client_id: id, redirect_uris: redirectUris, grant_types: ["authorization_code"], ...method };
}

async function provider() {
  return new Provider(issuer, {
    clients: [client("academy", "s&cret%+"), client("app"), client("stranger")],
    jwks: { keys: [await key()] },
    cookies: { keys: ["of tests alone"] },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "locale"] },
    // In the ID token, as Google has them.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
    async findAccount(_, id) {
      const claims = JSON.parse(Buffer.from(id, "base64url").toString());
      return { accountId: id, claims: () => ({ ...claims, sub: id }) };
    },
  });
}

let current = (await provider()).callback();
createServer(async (request, response) => {
  if (request.method === "POST" && request.url === "/keys") {
    current = (await provider()).callback();
    response.end("{}");
  } else if (request.url === "/requests") {
    response.end(JSON.stringify({ asked }));
  } else {
    asked += request.url === "/jwks" ? 1 : 0;
    current(request, response);
  }
}).listen(port, "127.0.0.1", () => console.log("ready"));
