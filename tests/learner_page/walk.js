// A learner walks through the page in a real Chromium, from the first look to the certificate, at one
// width of the window. Each step is printed; whatever the browser complains of fails the walk, and so
// does an accessibility rule that axe-core finds broken.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const { url, mailbox, openidKey, outbox, browser: executablePath, width, scheme = "light", shots = "", course = "every-kind" } = JSON.parse(process.argv[2]);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const email = `walker-${width}-${Date.now()}@learner.example`;
const password = "seven quiet owls over the lake";

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const context = await browser.newContext({ viewport: { width, height: width < 500 ? 780 : 900 }, colorScheme: scheme, reducedMotion: "reduce", acceptDownloads: true, bypassCSP: false, isMobile: width < 500, hasTouch: width < 500, locale: "en-GB" });
const page = await context.newPage();
page.setDefaultTimeout(15_000);
const complaints = [];
// No complaints of the page: refusals, which the walk looks for; and that the policy forbids the handlers
// in a lesson's text, which DOMPurify takes out of it.
const EXPECTED = /status of (400|401|403|404|405|429)|Executing inline event handler violates/;
page.on("console", (message) => { if (message.type() === "error" && !EXPECTED.test(message.text())) complaints.push(message.text()); });
page.on("pageerror", (error) => complaints.push(String(error)));
if (shots) mkdirSync(shots, { recursive: true });

let steps = 0;
async function step(name, work) {
  const began = Date.now();
  try {
    await work();
    await look(name);
  } catch (error) {
    if (shots) await page.screenshot({ path: join(shots, `failed.png`) }).catch(() => {});
    console.error(`${name}: ${error.stack}`);
    console.error(complaints.join("\n"));
    process.exit(1);
  }
  console.log(`${name} (${Date.now() - began} ms)`);
}

/** Look at what is there: whole, within the width, and without a broken rule. */
async function look(name) {
  steps += 1;
  await settled();
  const number = String(steps).padStart(2, "0");
  if (shots) await page.screenshot({ path: join(shots, `${number}-${name.replaceAll(/\W+/g, "-")}.png`), fullPage: true });
  assert.deepEqual(complaints, [], "the browser complained");
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(overflow <= 0, `the page is ${overflow} px wider than the window`);
  if (!(await page.evaluate(() => Boolean(window.axe)))) await context.newCDPSession(page).then((session) => session.send("Runtime.evaluate", { expression: axe }));
  let violations = await broken();
  // A button that has just begun to wait, or has just been answered, is neither pale nor not.
  if (violations.length) {
    await settled();
    violations = await broken();
  }
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ").slice(0, 600)}`), [], "axe-core");
}

const broken = async () => {
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  return found.violations;
};

// The stream of notifications is never idle, so it is waited for a moment only.
const settled = async () => {
  await page.waitForLoadState("networkidle", { timeout: 800 }).catch(() => {});
  // What was sent is answered: a button that waits is pale, as it may be.
  await page.waitForFunction(() => !document.querySelector("form button:disabled"), null, { timeout: 5000 }).catch(() => {});
};
const h1 = (text) => page.getByRole("heading", { level: 1, name: text }).waitFor();
const button = (name) => page.getByRole("button", { name });
const link = (name) => page.getByRole("link", { name });

const codeFor = (address) => mailed(address, /^\s*([0-9]{6})\s*$/m);
const linkFor = (address) => mailed(address, /^(http\S+verify-email\?token=\S+)\s*$/m);

async function mailed(address, pattern) {
  for (let tries = 0; tries < 100; tries++) {
    for (const name of readdirSync(outbox).filter((each) => each.endsWith(".eml"))) {
      const raw = readFileSync(join(outbox, name), "utf8");
      // Quoted-printable (RFC 2045), where a line is long.
      const mail = /quoted-printable/i.test(raw) ? raw.replace(/=\r?\n/g, "").replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))) : raw;
      const found = mail.includes(address) && pattern.exec(mail);
      if (found) return found[1];
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`no mail to ${address}`);
}

async function textedCode(number) {
  for (let tries = 0; tries < 100; tries++) {
    for (const name of readdirSync(outbox).filter((each) => each.endsWith(".sms.json"))) {
      const { to, body } = JSON.parse(readFileSync(join(outbox, name), "utf8"));
      const code = to === number && /(?<!\d)\d{6}(?!\d)/.exec(body);
      if (code) return code[0];
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`no message to ${number}`);
}

/** Answer each question of the quiz, rightly or not. */
async function answer(right) {
  const box = (text) => page.locator("fieldset.question", { hasText: text });
  const choose = (text, name) => box(text).getByLabel(name, { exact: true }).check();
  await choose("Which one is", right ? "a ripe tomato" : "the sky");
  await choose("Which are even?", "two");
  await choose("Which are even?", right ? "four" : "three");
  await choose("The Sun is a star", right ? "True" : "False");
  await box("The capital of France").getByRole("textbox").fill(right ? "Paris" : "Lyon");
  await box("Who wrote Hamlet?").getByRole("textbox").fill(right ? "william shakespeare" : "Goethe");
  await box("How many days").getByRole("textbox").fill(right ? "7,0" : "8");
  const says = { cat: right ? "meow" : "moo", dog: "woof", cow: right ? "moo" : "meow" };
  for (const [animal, sound] of Object.entries(says)) await box("Match the animals").getByLabel(animal, { exact: true }).selectOption({ label: sound });
  const order = box("Order them by size");
  if (!right) return order.getByLabel("This is the right order").check();
  for (const [place, item] of ["Moon", "Earth", "Sun"].entries()) {
    for (let moves = 0; moves < 3; moves++) {
      const now = await order.locator(".item").allTextContents();
      if (now.indexOf(item) <= place) break;
      // By keyboard alone.
      await order.getByRole("button", { name: `Move up: ${item}` }).focus();
      await page.keyboard.press("Enter");
    }
  }
  // Chance may have put them so.
  await order.getByLabel("This is the right order").check();
}

await step("home", async () => {
  const answer = await page.goto(url);
  assert.match(answer.headers()["content-security-policy"], /script-src 'self';/);
  await h1("Learn something worth knowing.");
  await page.locator(".course-card").first().waitFor();
});

await step("search", async () => {
  await page.goto(`${url}/#/courses`);
  await h1("Courses");
  await page.getByLabel("Search").fill("tour");
  await page.locator("mark").first().waitFor();
  await page.waitForFunction(() => location.hash.includes("q=tour"));
});

await step("filter", async () => {
  await page.goto(`${url}/#/courses`);
  await button("A tour").click();
  await page.waitForFunction(() => location.hash.includes("tag=a-tour"));
  await page.getByText("1 course", { exact: true }).waitFor();
  await page.getByLabel("Category").selectOption({ index: 1 });
});

await step("course", async () => {
  await page.goto(`${url}/#/courses/${course}`);
  await h1("Every kind of question: a tour");
});

await step("sign up", async () => {
  await link("Sign up and enrol").click();
  await h1("Sign up");
  await button("Send me the code").click();
  await page.getByText("Your name is needed.").waitFor();
});

await step("sign up with a weak password", async () => {
  await page.getByLabel("Your name").fill("Wanda Walker");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill("short");
  await button("Send me the code").click();
  await page.locator("[name=password][aria-invalid]").waitFor();
});

await step("code", async () => {
  await page.getByLabel("Password").fill(password);
  await button("Send me the code").click();
  await h1("Look into your mail");
});

await step("wrong code", async () => {
  await page.getByLabel("Code").fill("000000");
  await button("Go on").click();
  await page.getByText("Code is wrong or no longer good.").waitFor();
});

await step("signed up", async () => {
  await page.getByLabel("Code").fill(await codeFor(email));
  await button("Go on").click();
  await h1("Every kind of question: a tour");
  await button("Enrol, it is free").waitFor();
});

await step("lesson", async () => {
  await button("Enrol, it is free").click();
  await h1("All that a lesson can hold");
  await page.locator("video").waitFor();
  // What authors write runs nothing.
  assert.ok(!(await page.title()).includes("hacked"));
  assert.equal(await page.locator(".text script, .text [onclick], .text [href^='javascript']").count(), 0);
  // A link that is none is words.
  assert.equal(await page.locator(".text a", { hasText: "no address" }).count(), 0);
  await page.getByText("no address").waitFor();
  await page.waitForFunction(() => document.querySelector("video").readyState >= 1);
  assert.equal(await page.locator("track").count(), 1);
});

await step("film", async () => {
  await page.evaluate(() => { const film = document.querySelector("video"); film.muted = true; return film.play(); });
  await page.waitForFunction(() => document.querySelector("video").currentTime > 0.5);
  const told = page.waitForResponse((response) => response.url().endsWith("/position") && response.ok());
  await page.evaluate(() => document.querySelector("video").pause());
  await told;
});

await step("part of a text", async () => {
  await link("link below").click();
  await page.waitForFunction(() => document.activeElement?.id === "part-a-table-and-code");
  assert.ok(page.url().includes("#/lessons/"));
});

await step("document", async () => {
  const address = await link(/A card/).getAttribute("href");
  const answer = await context.request.get(new URL(address, url).href);
  assert.equal(answer.headers()["content-type"], "application/pdf");
  assert.ok((await answer.body()).subarray(0, 5).equals(Buffer.from("%PDF-")));
});

await step("reload keeps the session", async () => {
  await page.reload();
  await h1("All that a lesson can hold");
  await button("Mark as complete").waitFor();
});

await step("completed", async () => {
  await button("Mark as complete").click();
  await page.getByText("Read. Now the quiz?").waitFor();
});

await step("quiz", async () => {
  await link("Take the quiz").click();
  await page.getByText("8 questions").waitFor();
  await button("Start the quiz").click();
  await page.locator("fieldset.question").nth(7).waitFor();
});

await step("unanswered", async () => {
  await button("Submit my answers").click();
  await page.getByRole("dialog").waitFor();
});

await step("answers are kept", async () => {
  await button("Cancel").click();
  const saved = page.waitForResponse((response) => response.url().includes("/answers") && response.ok());
  await answer(false);
  await saved;
  await page.getByText("Saved", { exact: true }).waitFor();
  await page.reload();
  await page.getByLabel("the sky", { exact: true }).waitFor();
  assert.ok(await page.getByLabel("the sky", { exact: true }).isChecked());
  assert.equal(await page.locator("input.gap").inputValue(), "Lyon");
});

await step("not passed", async () => {
  await button("Submit my answers").click();
  await h1("Not passed this time");
  await page.getByText("No, blue.").waitFor();
});

await step("passed", async () => {
  await button("Try again").click();
  await page.locator("fieldset.question").nth(7).waitFor();
  await answer(true);
  await button("Submit my answers").click();
  await h1("Passed!");
  await page.getByText("100 %").first().waitFor();
});

await step("continue", async () => {
  await page.goto(`${url}/#/`);
  await h1("Hello, Wanda Walker");
  await link("Continue where you left").click();
  await page.getByRole("heading", { level: 1 }).waitFor();
});

await step("last lesson", async () => {
  await page.goto(`${url}/#/courses/${course}`);
  await link(/The last one/).click();
  await h1("The last one");
  await button("Mark as complete").click();
  await page.getByText("This lesson is done").waitFor();
});

await step("my learning", async () => {
  await page.goto(`${url}/#/learning`);
  await h1("My learning");
  await page.getByRole("heading", { name: "Completed" }).waitFor();
});

await step("certificate", async () => {
  await page.goto(`${url}/#/courses/${course}`);
  await h1("Every kind of question: a tour");
  for (let tries = 0; tries < 20 && !(await button(/Download the PDF|Get my certificate/).count()); tries++) {
    await page.waitForTimeout(500);
    await page.reload();
    await h1("Every kind of question: a tour");
    await settled();
  }
  if (await button("Get my certificate").count()) await button("Get my certificate").click();
  const [download] = await Promise.all([page.waitForEvent("download"), button("Download the PDF").click()]);
  assert.ok(readFileSync(await download.path()).subarray(0, 5).equals(Buffer.from("%PDF-")));
});

await step("what others see", async () => {
  const address = await link(/What others see/).getAttribute("href");
  await page.goto(url + address);
  await h1("This certificate is valid");
});

await step("notifications", async () => {
  await page.goto(`${url}/#/notifications`);
  await h1("Notifications");
});

await step("profile", async () => {
  await page.goto(`${url}/#/profile`);
  await h1("Profile and settings");
  await page.getByLabel("About you").fill("I walk.");
  await page.locator("form", { has: page.getByLabel("About you") }).getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  await page.getByLabel("Theme").selectOption({ label: scheme === "dark" ? "Light" : "Dark" });
  await page.locator("form", { has: page.getByLabel("Theme") }).getByRole("button", { name: "Save" }).click();
  await page.waitForFunction(() => document.documentElement.dataset.theme);
  const notices = page.locator("form", { has: page.getByLabel("Reminders: Mail") });
  await notices.getByLabel("Reminders: Mail").uncheck();
  const saved = page.waitForResponse((response) => /preferences$/.test(response.url()) && response.request().method() === "PATCH" && response.ok());
  await notices.getByRole("button", { name: "Save" }).click();
  await saved;
});

await step("the way by keyboard", async () => {
  await page.goto(`${url}/#/courses`);
  await h1("Courses");
  await page.reload();
  await h1("Courses");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
});

await step("menu", async () => {
  await page.locator(".menu summary").click();
  await button("Sign out").waitFor();
});

await step("signed out", async () => {
  await button("Sign out").click();
  await h1("Learn something worth knowing.");
  await page.reload();
  await link("Sign in").first().waitFor();
});

await step("sign in", async () => {
  await page.goto(`${url}/#/learning`);
  await h1("Sign in");
  await link(/With the local OpenID provider|With Google/).waitFor();
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill("not the password");
  await button("Sign in").click();
  await page.getByRole("alert").filter({ hasText: /\S/ }).waitFor();
});

await step("signed in", async () => {
  await page.getByLabel("Password").fill(password);
  await page.getByLabel("Keep me signed in on this device").check();
  await button("Sign in").click();
  await h1("My learning");
});

await step("two tabs are one", async () => {
  const other = await context.newPage();
  await other.goto(`${url}/#/learning`);
  await other.getByRole("heading", { level: 1, name: "My learning" }).waitFor();
  await other.locator(".menu summary").click();
  await other.getByRole("button", { name: "Sign out" }).click();
  await other.getByRole("heading", { level: 1, name: "Learn something" }).waitFor();
  await other.close();
  await link("Sign in").first().waitFor();
});

await step("by phone", async () => {
  await page.goto(`${url}/#/sign-in?by=phone`);
  await h1("Sign in");
  await page.getByLabel("Phone number").fill("+1 555 1");
  await button("Send me a code").click();
  await page.locator("[name=phone][aria-invalid]").waitFor();
});

await step("code by phone", async () => {
  const phone = `+1202${2_000_000 + Math.floor(Math.random() * 8_000_000)}`;
  await page.getByLabel("Phone number").fill(`${phone.slice(0, 5)} ${phone.slice(5)}`);
  await page.getByLabel("Your name").fill("Phoebe Walker");
  await button("Send me a code").click();
  await h1("Look at your phone");
  await page.getByLabel("Code").fill(await textedCode(phone));
  await button("Go on").click();
  await h1("Hello, Phoebe Walker");
  await page.locator(".menu summary").click();
  await button("Sign out").click();
  await h1("Learn something worth knowing.");
});

await step("by OpenID", async () => {
  await page.goto(`${url}/#/sign-in?to=%2Flearning`);
  await link("With the local OpenID provider").click();
  await page.getByLabel(/mail/i).fill(`openid-${email}`);
  await page.locator("[name=name]").fill("Olive Walker");
  await page.locator("[name=key]").fill(openidKey);
  await look("OpenID sign-in");
  await button("Sign in").click();
  await h1("My learning");
  assert.equal(new URL(page.url()).search, "");
  await page.locator(".menu summary").click();
  await button("Sign out").click();
  await h1("Learn something worth knowing.");
});

await step("an answer of a provider that nobody asked for", async () => {
  await page.goto(`${url}/?code=stolen&state=of-another-tab`);
  await h1("Sign in");
  await page.getByText("You were not signed in.").waitFor();
});

await step("forgotten password", async () => {
  await page.goto(`${url}/#/forgot`);
  await h1("Choose a new password");
});

const second = `second-${email}`;
await step("confirmed by one click", async () => {
  await page.goto(`${url}/#/sign-up`);
  await page.getByLabel("Your name").fill("Second Walker");
  await page.getByLabel("E-mail").fill(second);
  await page.getByLabel("Password").fill(password);
  await button("Send me the code").click();
  await h1("Look into your mail");
  await page.goto(await linkFor(second));
  await h1("Confirm your address");
  await page.getByText("One click, and your account is there.").waitFor();
  await look("confirm page");
  await button("Confirm my address").click();
  await page.getByText("you are signed in").waitFor();
});

await step("a second visit", async () => {
  await page.reload();
  await page.getByText("You have been here before, and all is well").waitFor();
  await link("Go on to the academy").click();
  await h1("Hello, Second Walker");
});

await step("mailbox", async () => {
  await page.goto(mailbox);
  await h1("Mailbox");
  await look("mailbox list");
  await link("Welcome to Stellr Academy").first().click();
  await h1("Welcome to Stellr Academy");
  await page.frameLocator("iframe").getByText(/STELLR ACADEMY/).waitFor();
});

await step("nothing here", async () => {
  await page.goto(`${url}/#/nowhere`);
  await h1("There is nothing here");
});

await step("a link that would lead the page astray", async () => {
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(`${url}/#/lessons/..%2Fcourses%2F${course}`);
  await h1("There is nothing here");
  assert.deepEqual(asked.filter((each) => each.includes(`/courses/${course}`) && !each.includes("#")), []);
});

await step("a wrong address", async () => {
  await page.goto(`${url}/no-such-page`);
  await h1("There is nothing here");
  await look("a wrong address");
  await link("Go to the academy").click();
  await page.getByRole("navigation").first().waitFor();
});

await browser.close();
console.log("the walk is done");
