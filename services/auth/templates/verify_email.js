const box = document.querySelector("main");
const button = document.querySelector("button");
const status = document.querySelector("[role=status]");
button.addEventListener("click", async () => {
  button.disabled = true;
  status.textContent = "One moment …";
  try {
    const answer = await fetch("/verify-email", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ verificationId: box.dataset.verification, code: box.dataset.code }),
    });
    const body = await answer.json();
    status.textContent = answer.ok
      ? `Thank you, ${body.user.displayName}. Your address is confirmed, you can sign in now.`
      : "This code is no longer good. Register again to get a new one.";
    button.hidden = answer.ok;
    button.disabled = !answer.ok;
  } catch {
    status.textContent = "The academy could not be reached. Please try again.";
    button.disabled = false;
  }
});
