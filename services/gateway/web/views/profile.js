// The own profile, preferences, devices, and leaving.
import * as session from "../session.js";
import * as api from "../api.js";
import { ask, check, field, fill, form, h, moment, say } from "../dom.js";

const THEMES = [["THEME_SYSTEM", "As the device"], ["THEME_LIGHT", "Light"], ["THEME_DARK", "Dark"]];
const CATEGORIES = [["account", "Your account"], ["reminders", "Reminders"], ["achievements", "Certificates"], ["announcements", "News of the academy"]];
const CHANNELS = [["email", "Mail"], ["push", "Push"], ["inApp", "Here"]];
const DIGESTS = [["DIGEST_OFF", "Each by itself"], ["DIGEST_DAILY", "Together, once a day"], ["DIGEST_WEEKLY", "Together, once a week"]];

export default async function profileView({ signal }) {
  const [profile, preferences, { sessions }] = await Promise.all([
    api.get("/me", {}, { signal }), api.get("/preferences", {}, { signal }), api.get("/sessions", {}, { signal }),
  ]);
  return h("div", { class: "narrow settings" },
    h("h1", {}, "Profile and settings"),
    panel("You", aboutMe(profile)),
    panel("Addresses", addresses(profile)),
    panel("Look and language", looks(preferences)),
    panel("What we may tell you", notices(preferences)),
    panel("Password", password()),
    panel("Where you are signed in", devices(sessions)),
    panel("Your data", data()));
}

let panels = 0;
function panel(title, ...children) {
  const id = `panel-${++panels}`;
  return h("section", { class: "card inside", "aria-labelledby": id }, h("h2", { id }, title), children);
}

const select = (name, options, value) => h("select", { name }, options.map(([key, text]) => h("option", { value: key, selected: key === value }, text)));

function aboutMe(profile) {
  return form([
    field("Name", h("input", { name: "displayName", autocomplete: "name", required: true, maxlength: 100, value: profile.displayName }), "As it stands on certificates."),
    field("About you", h("textarea", { name: "bio", rows: 3, maxlength: 1000, value: profile.bio }), "Other learners may see it."),
  ], "Save", async ({ displayName, bio }) => {
    await api.patch("/me", { displayName, bio });
    session.rename(displayName);
    say("Saved.", "good");
  });
}

function addresses(profile) {
  return h("div", {},
    change("E-mail", profile.email, h("input", { name: "email", type: "email", autocomplete: "email", required: true }), "/me/email", "/verify-email"),
    change("Phone", profile.phone, h("input", { name: "phone", type: "tel", autocomplete: "tel", required: true }), "/me/phone", "/verify-phone"));
}

function change(label, value, input, path, verify) {
  const now = h("p", {}, h("strong", {}, `${label}: `), value || "none");
  const box = h("details", {}, h("summary", {}, value ? `Change ${label.toLowerCase()}` : `Add ${label.toLowerCase()}`));
  const first = form([field(`New ${label.toLowerCase()}`, input)], "Send a code there", async (values) => {
    const { verificationId } = await api.post(path, { [input.name]: values[input.name].replace(/\s/g, "") });
    const second = form([field("Code", h("input", { name: "code", inputmode: "numeric", autocomplete: "one-time-code", required: true, maxlength: 7 }))], "Confirm", async ({ code }) => {
      session.begin(await api.post(verify, { verificationId, code: code.replace(/\s/g, "") }));
      fill(now, h("strong", {}, `${label}: `), values[input.name]);
      second.replaceWith(first);
      box.open = false;
      say("Confirmed.", "good");
    });
    first.replaceWith(second);
    second.querySelector("input").focus();
  });
  box.append(first);
  return h("div", { class: "change" }, now, box);
}

function zones(own) {
  const known = Intl.supportedValuesOf?.("timeZone") ?? [];
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return [...new Set([own, here, "UTC", ...known].filter(Boolean))].map((zone) => [zone, zone.replaceAll("_", " ")]);
}

function looks(preferences) {
  const names = new Intl.DisplayNames(undefined, { type: "language" });
  const tags = [...new Set([preferences.language, "en", "de", "es", navigator.language].filter(Boolean))];
  return form([
    field("Theme", select("theme", THEMES, preferences.theme === "THEME_UNSPECIFIED" ? "THEME_SYSTEM" : preferences.theme)),
    field("Language of mails", select("language", tags.map((tag) => [tag, names.of(tag)]), preferences.language)),
    field("Time zone", select("timezone", zones(preferences.timezone), preferences.timezone || Intl.DateTimeFormat().resolvedOptions().timeZone)),
  ], "Save", async (values) => {
    await api.patch("/preferences", values);
    applyTheme(values.theme);
    say("Saved.", "good");
  });
}

function applyTheme(theme) {
  const name = { THEME_LIGHT: "light", THEME_DARK: "dark" }[theme];
  if (name) document.documentElement.dataset.theme = name;
  else delete document.documentElement.dataset.theme;
  try {
    if (name) localStorage.setItem("stellr.theme", name);
    else localStorage.removeItem("stellr.theme");
  } catch { /* For this visit, then. */ }
}

function notices({ notifications }) {
  const channels = notifications?.channels ?? {};
  const quiet = notifications?.quietHours ?? {};
  return form([
    h("div", { class: "scrolls", tabindex: 0, role: "region", "aria-label": "What to tell, and how" }, h("table", { class: "switches" },
      h("thead", {}, h("tr", {}, h("td", {}), CHANNELS.map(([, name]) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, CATEGORIES.map(([category, words]) => h("tr", {}, h("th", { scope: "row" }, words), CHANNELS.map(([channel, name]) => {
        const fixed = channel === "email" && category === "account";
        return h("td", {}, h("input", { type: "checkbox", name: `${channel}.${category}`, checked: fixed || Boolean(channels[channel]?.[category]), disabled: fixed, "aria-label": `${words}: ${name}${fixed ? ", always" : ""}` }));
      })))))),
    field("Mails that can wait", select("digest", DIGESTS, notifications?.digest)),
    h("div", { class: "pair" },
      field("Quiet from", h("input", { type: "time", name: "start", value: quiet.start ?? "" })),
      field("until", h("input", { type: "time", name: "end", value: quiet.end ?? "" }))),
  ], "Save", async (values, element) => {
    const own = (channel) => Object.fromEntries(CATEGORIES
      .filter(([category]) => channel !== "email" || category !== "account")
      .map(([category]) => [category, element.elements[`${channel}.${category}`].checked]));
    await api.patch("/notify/preferences", {
      channels: Object.fromEntries(CHANNELS.map(([channel]) => [channel, own(channel)])),
      quietHours: { start: values.start, end: values.end }, digest: values.digest,
    }).catch((error) => {
      if (![404, 405].includes(error.status)) throw error;
      return api.patch("/preferences", { notifications: { channels: Object.fromEntries(CHANNELS.map(([channel]) => [channel, own(channel)])), quietHours: { start: values.start, end: values.end }, digest: values.digest } });
    });
    say("Saved.", "good");
  });
}

function password() {
  return form([
    field("Present password", h("input", { name: "currentPassword", type: "password", autocomplete: "current-password", required: true, maxlength: 512 })),
    field("New password", h("input", { name: "newPassword", type: "password", autocomplete: "new-password", required: true, minlength: 8, maxlength: 128 }), "At least 8 characters."),
  ], "Change it", async (values, element) => {
    await api.post("/password/change", values);
    element.reset();
    say("Your password is changed.", "good");
  });
}

/** What people call a device, from how its browser names itself. */
function deviceName(agent) {
  const browser = [["Edg", "Edge"], ["OPR", "Opera"], ["Firefox", "Firefox"], ["Chrome", "Chrome"], ["Safari", "Safari"]].find(([mark]) => agent.includes(mark));
  const system = [["iPhone", "an iPhone"], ["iPad", "an iPad"], ["Android", "Android"], ["Windows", "Windows"], ["Mac OS", "a Mac"], ["Linux", "Linux"]].find(([mark]) => agent.includes(mark));
  return browser && system ? `${browser[1]} on ${system[1]}` : agent || "Unknown device";
}

function devices(sessions) {
  const list = h("ul", { class: "devices" }, sessions.map((each) => {
    const item = h("li", {},
      h("p", {}, h("strong", { title: each.device }, deviceName(each.device)), each.current && h("span", { class: "pill" }, "This one")),
      h("p", { class: "hint" }, `Last used ${moment(each.lastUsedTime)}`, each.address && `, from ${each.address}`),
      !each.current && h("button", { class: "second", onclick: async (event) => {
        event.currentTarget.disabled = true;
        try { await api.remove(`/sessions/${each.sessionId}`); item.remove(); say("Signed out there."); } catch (error) { say(error.message, "bad"); }
      } }, "Sign out there"));
    return item;
  }));
  return [list, h("p", {}, h("button", { class: "second", onclick: async () => {
    if (!(await ask("Sign out everywhere?", "On this device too.", "Sign out"))) return;
    try { await api.post("/logout", { everywhere: true }); session.end(); location.hash = "#/"; } catch (error) { say(error.message, "bad"); }
  } }, "Sign out everywhere"))];
}

function data() {
  return h("div", { class: "actions" },
    h("button", { class: "second", onclick: async (event) => {
      const button = event.currentTarget;
      button.disabled = true;
      try { await api.download("/me/export", "stellr-export.json"); } catch (error) { say(error.message, "bad"); }
      button.disabled = false;
    } }, "Download all that you keep of me"),
    h("button", { class: "danger", onclick: async () => {
      if (!(await ask("Delete your account?", "You are signed out everywhere at once. For 30 days you can sign in and take it back; then everything is erased.", "Delete my account", { danger: true }))) return;
      try { await api.remove("/me"); session.end(); location.hash = "#/"; say("Your account is deleted."); } catch (error) { say(error.message, "bad"); }
    } }, "Delete my account"));
}
