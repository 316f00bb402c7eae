// What stands around every view: the way home, where one may go, the bell, who is signed in.
import * as session from "./session.js";
import { post } from "./api.js";
import { fill, h, say } from "./dom.js";
import { icon, star } from "./pictures.js";

const header = document.getElementById("header");
let bell = null;

/** Draw the header for whoever is signed in now. */
export function drawHeader() {
  const user = session.user();
  fill(header, h("div", { class: "wide" },
    h("a", { class: "home", href: "#/", "aria-label": "Stellr Academy, home" }, star(), h("span", {}, "STELLR")),
    h("nav", { "aria-label": "Main" },
      h("a", { href: "#/courses" }, "Courses"),
      user && h("a", { href: "#/learning" }, "My learning")),
    h("div", { class: "own" }, user ? ownLinks(user) : [
      h("a", { class: "quiet-link", href: "#/sign-in" }, "Sign in"),
      h("a", { class: "button", href: "#/sign-up" }, "Sign up")])));
  showPlace((location.hash.slice(1) || "/").split("?")[0]);
  watch(user);
}

/** Mark the link that leads to where one is. */
export function showPlace(path) {
  for (const link of header.querySelectorAll("a[href^='#/']")) {
    const here = link.getAttribute("href").slice(1) === path;
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function ownLinks(user) {
  bell = h("a", { class: "bell", href: "#/notifications", hidden: true });
  const menu = h("details", { class: "menu" },
    h("summary", { "aria-label": `Account of ${user.displayName || "you"}` }, h("span", { class: "initial", "aria-hidden": "true" }, [...(user.displayName || "?")][0].toUpperCase())),
    h("div", { class: "card" },
      h("p", { class: "who" }, user.displayName),
      h("a", { href: "#/learning" }, "My learning"),
      h("a", { href: "#/profile" }, "Profile and settings"),
      h("button", { class: "link", onclick: signOut }, "Sign out")));
  const close = (event) => { if (menu.open && !menu.contains(event.target)) menu.open = false; };
  document.addEventListener("click", close);
  menu.addEventListener("click", (event) => { if (event.target.closest("a")) menu.open = false; });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  return [bell, menu];
}

async function signOut() {
  try { await post("/logout"); } catch { /* Then it ends here alone. */ }
  location.hash = "#/";
  session.end();
  say("You are signed out.");
}

/** Show how many notifications are unread. */
export function showUnread(count) {
  if (!bell) return;
  bell.hidden = false;
  bell.setAttribute("aria-label", count ? `Notifications, ${count} unread` : "Notifications");
  fill(bell, icon("bell"), count ? h("span", { class: "count", "aria-hidden": "true" }, count > 99 ? "99+" : String(count)) : null);
}

let watching = { userId: null, stop: new AbortController() };
// The stream of notifications is for whoever looks at the page; without one there is no bell.
async function watch(user) {
  if (watching.userId === (user?.userId ?? null)) {
    if (watching.last !== undefined) showUnread(watching.last);
    return;
  }
  watching.stop.abort();
  const own = { userId: user?.userId ?? null, stop: new AbortController() };
  watching = own;
  if (!user) return;
  const { follow } = await import("./notices.js");
  follow(own.stop.signal, (count) => { own.last = count; if (watching === own) showUnread(count); });
}
