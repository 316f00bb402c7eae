const form = document.querySelector("form");
const button = form.querySelector("button");
const status = document.querySelector("[role=status]");
const next = document.querySelector(".next");
// Whoever used this link here before is told that all is well; the link itself is not kept.
const remember = async () => `stellr.link.${[...new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(form.dataset.token)))].slice(0, 8).join("-")}`;
const done = (again) => {
  say(`${again ? "You have been here before, and all is well. " : ""}${form.dataset.done}`, false);
  form.hidden = true;
  for (const text of document.querySelectorAll("main > p:not(.brand, .next, [role])")) text.hidden = true;
  next.hidden = false;
};
const say = (text, bad) => {
  status.textContent = text;
  status.classList.toggle("bad", bad);
};
const why = (error) => {
  for (const detail of error.details ?? []) {
    if (detail.reason === "CODE_INVALID") return "This link is used or no longer good. If you have been here before, all is well: sign in. If not, ask for a new mail.";
    if (detail.reason === "INVALID_CREDENTIALS") return "This is not the password of the registration. You can make it your new one.";
    if (detail.reason === "RATE_LIMITED") return "Too many attempts. Please try again later.";
  }
  const fields = (error.details ?? []).flatMap((detail) => detail.fieldViolations ?? []);
  if (fields.length) return fields.map(({ field, description }) => `${field === "displayName" ? "The name" : "The password"} ${description}.`).join(" ");
  return "This did not work. Please try again.";
};
for (const box of form.querySelectorAll("[data-shows]")) {
  box.addEventListener("change", () => { document.getElementById(box.dataset.shows).hidden = !box.checked; });
}
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  say("One moment …", false);
  const body = { token: form.dataset.token };
  for (const input of form.querySelectorAll("input")) {
    body[input.name] = input.type === "checkbox" ? input.checked : input.value;
  }
  try {
    const answer = await fetch(form.dataset.post, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (answer.ok) {
      try { localStorage.setItem(await remember(), "1"); } catch { /* Not everywhere may anything be kept. */ }
      done(false);
    } else {
      const error = await answer.json();
      say(why(error), true);
      next.hidden = !(error.details ?? []).some(({ reason }) => reason === "CODE_INVALID");
    }
  } catch {
    say("The academy could not be reached. Please try again.", true);
  }
  button.disabled = false;
});
(async () => {
  try { if (localStorage.getItem(await remember())) done(true); } catch { /* Then it is asked as the first time. */ }
})();
