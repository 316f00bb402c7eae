const form = document.querySelector("form");
const button = form.querySelector("button");
const status = document.querySelector("[role=status]");
const next = document.querySelector(".next");
// The learner page (services/gateway/web) keeps these: the session, and what it began to register.
const SESSION = "stellr.session";
const REGISTERING = "stellr.registering";
const say = (text, bad) => {
  status.textContent = text;
  status.classList.toggle("bad", bad);
};
const stored = (work) => {
  try { return work(); } catch { return null; /* Not everywhere may anything be kept. */ }
};
const why = (error) => {
  for (const detail of error.details ?? []) {
    if (detail.reason === "CODE_INVALID") return "This link is used or no longer good. If you have used it yourself, all is well: go on and sign in. If not, ask for a new mail.";
    if (detail.reason === "INVALID_CREDENTIALS") return "This is not the password of the registration. You can make it your new one.";
    if (detail.reason === "RATE_LIMITED") return "Too many attempts. Please try again later.";
  }
  const fields = (error.details ?? []).flatMap((detail) => detail.fieldViolations ?? []);
  if (fields.length) return fields.map(({ field, description }) => `${field === "displayName" ? "The name" : "The password"} ${description}.`).join(" ");
  return "This did not work. Please try again.";
};
// Whoever used this link here before is told that all is well; the link itself is not kept.
const mark = async () => `stellr.link.${[...new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(form.dataset.token)))].slice(0, 8).join("-")}`;
const finish = (text) => {
  say(text, false);
  form.hidden = true;
  for (const words of document.querySelectorAll("main > p:not(.brand, .next, [role])")) words.hidden = true;
  next.hidden = false;
  next.querySelector("a").focus();
};
// Where the address was registered in this browser, a click is enough: it has what no mail has.
let here = document.querySelector("[data-here]") && stored(() => localStorage.getItem(REGISTERING));
const show = () => {
  for (const part of document.querySelectorAll("[data-here]")) part.hidden = !here;
  for (const part of document.querySelectorAll("[data-elsewhere]")) part.hidden = Boolean(here);
  for (const input of form.querySelectorAll("[data-elsewhere] input")) input.disabled = Boolean(here);
};
show();
for (const box of form.querySelectorAll("[data-shows]")) {
  box.addEventListener("change", () => { document.getElementById(box.dataset.shows).hidden = !box.checked; });
}
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  say("One moment …", false);
  const body = { token: form.dataset.token, ...(here && { verificationId: here }) };
  for (const input of form.querySelectorAll("input:enabled")) {
    body[input.name] = input.type === "checkbox" ? input.checked : input.value;
  }
  try {
    const response = await fetch(form.dataset.post, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (response.ok) {
      const name = await mark().catch(() => null);
      stored(() => {
        sessionStorage.setItem(SESSION, JSON.stringify({ refreshToken: answer.refreshToken, user: answer.user }));
        localStorage.removeItem(REGISTERING);
        if (name) localStorage.setItem(name, "1");
      });
      finish(form.dataset.done);
    } else if (here && (answer.details ?? []).some(({ reason }) => reason === "INVALID_CREDENTIALS")) {
      // What was begun here last is another registration.
      here = null;
      show();
      say("", false);
    } else {
      say(why(answer), true);
      next.hidden = !(answer.details ?? []).some(({ reason }) => reason === "CODE_INVALID");
    }
  } catch {
    say("The academy could not be reached. Please try again.", true);
  }
  button.disabled = false;
});
mark().then((name) => {
  if (stored(() => localStorage.getItem(name))) finish(form.dataset.again);
}).catch(() => {});
