// The beginning: who is here, and which view the address asks for.
import * as session from "./session.js";
import { post } from "./api.js";
import { fill, h, say } from "./dom.js";
import { drawHeader, showPlace } from "./shell.js";

// What stands in the address becomes part of a path of the API: ids and slugs alone, or a link could
// have the page call whatever path it says, as whoever is signed in.
const ROUTES = [
  [/^\/$/, "home"],
  [/^\/courses$/, "catalogue"],
  [/^\/courses\/([\w-]+)$/, "course", "course"],
  [/^\/lessons\/([\w-]+)$/, "lesson", "lesson"],
  [/^\/lessons\/([\w-]+)\/quiz$/, "quiz", "lesson"],
  [/^\/learning$/, "learning"],
  [/^\/notifications$/, "notifications"],
  [/^\/profile$/, "profile"],
  [/^\/(sign-in|sign-up|forgot)$/, "entrance", "way"],
];
const NEEDS_SIGN_IN = new Set(["learning", "notifications", "profile", "quiz"]);
const main = document.getElementById("main");
let leaving = new AbortController();

/** Where the address stands: its path, and what stands behind `?` in the hash. */
export function place() {
  const [path, query = ""] = (location.hash.slice(1) || "/").split("?");
  return { path, query: new URLSearchParams(query) };
}

async function show() {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const { path, query } = place();
  const route = ROUTES.find(([pattern]) => pattern.test(path));
  showPlace(path);
  const slow = setTimeout(() => fill(main, h("p", { class: "waiting", role: "status" }, "Loading …")), 300);
  let view;
  try {
    view = route ? await draw(route, path, query, signal) : missing();
  } catch (error) {
    if (signal.aborted) return;
    if (error.status === 401) return signIn();
    view = failed(error);
  } finally {
    clearTimeout(slow);
  }
  if (signal.aborted || !view) return;
  fill(main, view);
  const heading = main.querySelector("h1");
  document.title = heading ? `${heading.textContent} – Stellr Academy` : "Stellr Academy";
  scrollTo(0, 0);
  if (arrived) focusOn(heading ?? main);
  arrived = true;
}

// The first view leaves the focus where a browser puts it.
let arrived = false;
function focusOn(element) {
  element.setAttribute("tabindex", "-1");
  element.focus({ preventScroll: true });
}

async function draw([pattern, name, parameter], path, query, signal) {
  if (NEEDS_SIGN_IN.has(name) && !session.user()) return signIn();
  const module = await import(`./views/${name}.js`);
  const value = pattern.exec(path)[1] ?? "";
  return module.default({ [parameter ?? "path"]: value, query, signal, show });
}

function signIn() {
  location.replace(`#/sign-in?to=${encodeURIComponent(location.hash.slice(1) || "/")}`);
}

function missing() {
  return h("section", { class: "narrow" },
    h("h1", {}, "There is nothing here"),
    h("p", {}, "The address may be mistyped, or what it led to is gone."),
    h("p", {}, h("a", { class: "button", href: "#/courses" }, "See all courses")));
}

function failed(error) {
  if (error.status === 404) return missing();
  if (!("status" in error)) console.error(error);
  return h("section", { class: "narrow" },
    h("h1", {}, "That did not work"),
    h("p", { role: "alert" }, "status" in error ? error.message : "Something went wrong on this page."),
    h("p", {}, h("button", { onclick: show }, "Try again")));
}

// Coming back from the provider of "sign in with Google": the code stands in the query.
async function takeProviderCode() {
  const query = new URLSearchParams(location.search);
  if (!query.has("state")) return;
  history.replaceState(null, "", "/");
  const begun = JSON.parse(sessionStorage.getItem("stellr.openid") ?? "null");
  sessionStorage.removeItem("stellr.openid");
  // Only what began in this tab: a link that signs people in as somebody else begins elsewhere.
  if (!begun || begun.state !== query.get("state") || !query.get("code")) {
    say("You were not signed in. Please try again.", "bad");
    location.hash = "#/sign-in";
    return;
  }
  const proof = { code: query.get("code"), state: begun.state, redirectUri: begun.redirectUri };
  try {
    session.begin(await post("/login/google", proof, { anonymous: true }), { keep: begun.keep });
    location.hash = `#${begun.to}`;
  } catch (error) {
    say(error.message, "bad");
    location.hash = "#/sign-in";
  }
}

// As it stands where it is no encoding.
function decoded(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

// Links to a place within a text, and the skip link: the hash is the router's, so they scroll by hand.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#"]:not([href^="#/"])');
  if (!link) return;
  event.preventDefault();
  const name = decoded(link.getAttribute("href").slice(1));
  const target = document.getElementById(name) ?? document.getElementById(`part-${name}`);
  if (!target) return;
  focusOn(target);
  target.scrollIntoView({ block: "start" });
});

await session.resume();
// Whoever leaves, here or in another tab, leaves nothing of theirs on the screen.
let who = session.user()?.userId;
session.onChange((user) => {
  drawHeader();
  if (who && !user) show();
  who = user?.userId;
});
await takeProviderCode();
drawHeader();
addEventListener("hashchange", show);
show();
