// Signing up and in: by password, by phone, at the OpenID provider; and a forgotten password.
import * as session from "../session.js";
import * as api from "../api.js";
import { check, field, fill, form, h, say } from "../dom.js";

const LOCALE = navigator.language;
const open = { anonymous: true };

export default async function entrance({ way, query, signal }) {
  const to = safe(query.get("to"));
  if (session.user()) { location.replace(`#${to}`); return null; }
  const place = h("section", { class: "narrow entrance" });
  const context = { to, place, signal, by: query.get("by") ?? "" };
  ({ "sign-in": signIn, "sign-up": signUp, forgot })[way](context);
  return place;
}

// Only a view of this page: nobody is led elsewhere.
const safe = (to) => (to && /^\/(?!\/)/.test(to) && !/^\/(sign-|forgot)/.test(to) ? to : "/");
const carry = (to, by = "") => {
  const values = new URLSearchParams({ ...(to !== "/" && { to }), ...(by && { by }) }).toString();
  return values && `?${values}`;
};

function enter({ to }, signedIn, values) {
  session.begin(signedIn, { keep: Boolean(values?.keep) });
  location.hash = `#${to}`;
  if (signedIn.user.displayName) say(`Hello, ${signedIn.user.displayName}.`, "good");
}

const email = (value = "") => field("E-mail", h("input", { name: "email", type: "email", autocomplete: "username", required: true, value, maxlength: 320 }));
const keep = () => check("Keep me signed in on this device", { name: "keep" });

function signIn(context) {
  const byPhone = context.by === "phone";
  fill(context.place,
    h("h1", {}, "Sign in"),
    byPhone ? phoneForm(context) : form([
      email(),
      field("Password", h("input", { name: "password", type: "password", autocomplete: "current-password", required: true, maxlength: 512 })),
      keep(),
    ], "Sign in", async (values) => enter(context, await api.post("/login", { email: values.email, password: values.password }, open), values), {
      second: h("a", { href: `#/forgot${carry(context.to)}` }, "Forgotten?"),
    }),
    others(context, byPhone),
    h("p", {}, "New here? ", h("a", { href: `#/sign-up${carry(context.to)}` }, "Sign up")));
}

function others(context, byPhone) {
  const google = h("span", {});
  offerProvider(google, context);
  return h("div", { class: "others" },
    h("a", { class: "button second", href: `#/sign-in${carry(context.to, byPhone ? "" : "phone")}` }, byPhone ? "With e-mail and password" : "With a code by SMS"),
    google);
}

// Whether there is a provider is known by asking where to sign in.
async function offerProvider(place, { to, signal }) {
  const redirectUri = `${location.origin}/`;
  try {
    const { authorizationUrl, state } = await api.get("/login/google", { redirectUri }, { ...open, signal });
    const local = ["127.0.0.1", "localhost"].includes(new URL(authorizationUrl).hostname);
    const name = /(^|\.)google\.com$/.test(new URL(authorizationUrl).hostname) ? "Google" : local ? "the local OpenID provider" : "OpenID";
    fill(place, h("a", { class: "button second", href: authorizationUrl, onclick: () => {
      const keep = Boolean(document.querySelector("[name=keep]")?.checked);
      sessionStorage.setItem("stellr.openid", JSON.stringify({ state, redirectUri, to, keep }));
    } }, `With ${name}`));
  } catch { /* None is set up. */ }
}

// By it the page behind the mail's link knows that the address was registered in this browser.
function registering(verificationId) {
  try {
    if (verificationId) localStorage.setItem("stellr.registering", verificationId);
    else localStorage.removeItem("stellr.registering");
  } catch { /* Then that page asks for the password. */ }
}

function signUp(context) {
  fill(context.place,
    h("h1", {}, "Sign up"),
    h("p", {}, "It is free. We send a code to your address."),
    form([
      field("Your name", h("input", { name: "displayName", autocomplete: "name", required: true, maxlength: 100 }), "As it stands on certificates."),
      email(),
      field("Password", h("input", { name: "password", type: "password", autocomplete: "new-password", required: true, minlength: 8, maxlength: 128 }), "At least 8 characters; a few words are good."),
    ], "Send me the code", async ({ displayName, email, password }) => {
      const begun = await api.post("/register", { displayName, email, password, locale: LOCALE }, open);
      registering(begun.verificationId);
      code(context, { begun, where: email, verify: "/verify-email", resend: "/verify-email/resend", title: "Look into your mail" });
    }),
    others(context, false),
    h("p", {}, "Been here before? ", h("a", { href: `#/sign-in${carry(context.to)}` }, "Sign in")));
}

function phoneForm(context) {
  return form([
    field("Phone number", h("input", { name: "phone", type: "tel", autocomplete: "tel", required: true, placeholder: "+1 555 123 4567" }), "With the country, as +1."),
    field("Your name", h("input", { name: "displayName", autocomplete: "name", maxlength: 100 }), "Only if you are new here."),
  ], "Send me a code", async ({ phone, displayName }) => {
    const number = phone.replace(/[\s().-]/g, "");
    const begun = await api.post("/login/phone", { phone: number, ...(displayName.trim() && { displayName }), locale: LOCALE }, open);
    code(context, { begun, where: number, verify: "/verify-phone", resend: "/verify-phone/resend", title: "Look at your phone" });
  });
}

function codeField() {
  return field("Code", h("input", { name: "code", inputmode: "numeric", autocomplete: "one-time-code", required: true, maxlength: 7, class: "code" }), "Six digits.");
}

/** Ask for the code that was sent. */
function code(context, { begun, where, verify, resend, title }) {
  let { verificationId } = begun;
  const again = h("button", { type: "button", class: "link", onclick: async () => {
    again.disabled = true;
    try {
      ({ verificationId } = await api.post(resend, { verificationId }, open));
      say("Another code is on its way.");
    } catch (error) { say(error.message, "bad"); }
    again.disabled = false;
  } }, "Send it again");
  fill(context.place,
    h("h1", { tabindex: "-1" }, title),
    h("p", {}, "We have sent a code to ", h("strong", {}, where), ". It is good for ten minutes."),
    form([codeField(), keep()], "Go on", async (values) => {
      const proof = { verificationId, code: values.code.replace(/\s/g, "") };
      const signedIn = await api.post(verify, proof, open);
      registering(null);
      enter(context, signedIn, values);
    }, { second: again }),
    h("p", {}, h("a", { href: `#/sign-in${carry(context.to)}` }, "Sign in another way")));
  context.place.querySelector("input").focus();
}

function forgot(context) {
  fill(context.place,
    h("h1", {}, "Choose a new password"),
    form([email()], "Send me a code", async ({ email }) => {
      const { verificationId } = await api.post("/password/forgot", { email }, open);
      fill(context.place,
        h("h1", {}, "Look into your mail"),
        h("p", {}, "If ", h("strong", {}, email), " is known here, a code is on its way."),
        form([
          codeField(),
          field("New password", h("input", { name: "newPassword", type: "password", autocomplete: "new-password", required: true, minlength: 8, maxlength: 128 }), "At least 8 characters. You will be signed out everywhere else."),
        ], "Change my password", async ({ code, newPassword }) =>
          enter(context, await api.post("/password/reset", { verificationId, code: code.replace(/\s/g, ""), newPassword }, open))));
      context.place.querySelector("input").focus();
    }),
    h("p", {}, h("a", { href: `#/sign-in${carry(context.to)}` }, "Back to signing in")));
}
