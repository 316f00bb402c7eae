const form = document.querySelector("form");
const button = form.querySelector("button");
const status = document.querySelector("[role=status]");
const say = (text, bad) => {
  status.textContent = text;
  status.classList.toggle("bad", bad);
};
const why = (error) => {
  for (const detail of error.details ?? []) {
    if (detail.reason === "CODE_INVALID") return "This link is no longer good. Please ask for a new one.";
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
    say(answer.ok ? form.dataset.done : why(await answer.json()), !answer.ok);
    form.hidden = answer.ok;
  } catch {
    say("The academy could not be reached. Please try again.", true);
  }
  button.disabled = false;
});
