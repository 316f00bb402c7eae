// Signing in on the documentation page: the token goes to Swagger UI, and is kept nowhere else.
const BEARER = "bearer";
const EARLY_SECONDS = 60;

// Swagger UI puts a link into the button of each operation, which readers of screens cannot tell apart.
const plainNames = (system) => ({
  wrapComponents: { DeepLink: () => ({ text }) => system.React.createElement("span", null, text) },
});

const ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#operations",
  deepLinking: true,
  plugins: [plainNames],
  docExpansion: "list",
  filter: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  persistAuthorization: false,
});

const signIn = document.getElementById("sign-in");
const signOut = document.getElementById("sign-out");
const told = document.getElementById("told");
let session;
let timer;

async function post(path, body) {
  const headers = { "content-type": "application/json" };
  if (session) headers.authorization = `Bearer ${session.accessToken}`;
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.message);
  return found;
}

function take(found) {
  session = found;
  ui.preauthorizeApiKey(BEARER, session.accessToken);
  document.getElementById("who").textContent = session.user.displayName || session.user.email;
  timer = setTimeout(refresh, Math.max(session.expiresIn - EARLY_SECONDS, 1) * 1000);
  show();
}

async function refresh() {
  try {
    take(await post("/token/refresh", { refreshToken: session.refreshToken }));
  } catch (error) {
    leave(`You were signed out: ${error.message}`);
  }
}

function leave(text) {
  clearTimeout(timer);
  session = undefined;
  ui.authActions.logout([BEARER]);
  told.textContent = text;
  show();
}

function show() {
  signIn.hidden = Boolean(session);
  signOut.hidden = !session;
}

signIn.addEventListener("submit", async (event) => {
  event.preventDefault();
  told.textContent = "";
  try {
    take(await post("/login", Object.fromEntries(new FormData(signIn))));
    signIn.reset();
    told.textContent = "Signed in: calls on this page are yours.";
  } catch (error) {
    told.textContent = error.message;
  }
});

signOut.addEventListener("submit", async (event) => {
  event.preventDefault();
  await post("/logout", {}).catch(() => {});
  leave("Signed out.");
});
