// The journey of a new learner through the demo course, as requests with tests. It can be run again
// and again; each time somebody new walks. The code of the mail comes from `mailbox`, an address that
// `make postman` gives; without one, put the code of the mail into the variable `code`, and run on
// from "verify the address".

const COURSE = "the-night-sky";
// What a learner of the demo course knows.
const TRUE_TEXTS = [
  "Twenty to thirty minutes", "Red", "Venus", "Jupiter", "Saturn", "cooler",
  "Moving air bends their light", "We see more or less of its sunlit half",
  "twenty-nine and a half", "The Moon always shows us the same side",
  "The far side of the Moon gets sunlight",
];
const FALSE_STATEMENT = "faint stars";

const ok = 'pm.test("200", () => pm.response.to.have.status(200));\nconst got = pm.response.code === 200 && (pm.response.headers.get("content-type") || "").startsWith("application/json") ? pm.response.json() : {};\n';
const set = (name, value) => `pm.collectionVariables.set("${name}", ${value});\n`;
// Asked again until it is true, a tenth of a second apart; then the journey goes on.
const until = (condition, name) => `
const tries = Number(pm.collectionVariables.get("tries") || 0) + 1;
if (${condition}) { ${set("tries", 0).trim()} }
else if (tries < 100) { ${set("tries", "tries").trim()} pm.execution.setNextRequest("${name}"); }
pm.test("${name}: within 100 tries", () => pm.expect(tries).to.be.below(100));
`;

function request(name, method, path, { body, tests = "", before = "", auth, base = "{{baseUrl}}" } = {}) {
  const event = [{ listen: "test", script: { type: "text/javascript", exec: tests.trim().split("\n") } }];
  if (before) event.push({ listen: "prerequest", script: { type: "text/javascript", exec: before.trim().split("\n") } });
  const made = { method, header: [], url: `${base}${path}` };
  if (auth) made.auth = auth;
  if (body !== undefined) {
    made.header.push({ key: "Content-Type", value: "application/json" });
    made.body = { mode: "raw", raw: typeof body === "string" ? body : JSON.stringify(body, null, 2) };
  }
  return { name, request: made, event };
}

const NOBODY = { type: "noauth" };
const take = `${set("accessToken", "got.accessToken")}${set("refreshToken", "got.refreshToken")}`;

exports.folder = () => ({
  name: "The journey",
  description: "From registering to the certificate. Run the folder as it stands.",
  item: [
    request("register", "POST", "/register", {
      auth: NOBODY,
      before: `
const name = Math.random().toString(36).slice(2, 12);
${set("email", '"postman-" + name + "@learner.example"')}${set("password", '"long secret " + name')}
${set("code", '""')}${set("tries", 0)}`,
      body: { email: "{{email}}", password: "{{password}}", displayName: "Postman Pat" },
      tests: `${ok}${set("verificationId", "got.verificationId")}`,
    }),
    request("receive the code", "GET", "/code?email={{email}}", {
      auth: NOBODY,
      base: "{{mailbox}}",
      before: 'if (!pm.variables.get("mailbox")) pm.execution.skipRequest();',
      tests: `const code = pm.response.json().code;\n${set("code", "code")}${until("code", "receive the code")}`,
    }),
    request("verify the address", "POST", "/verify-email", {
      auth: NOBODY,
      body: { verificationId: "{{verificationId}}", code: "{{code}}" },
      tests: `${ok}${take}`,
    }),
    request("read the profile", "GET", "/me", {
      tests: `${ok}pm.test("it is mine", () => pm.expect(got.email).to.eql(pm.collectionVariables.get("email")));`,
    }),
    request("browse the catalogue", "GET", "/courses?pageSize=5", {
      tests: `${ok}pm.test("there are courses", () => pm.expect(got.totalSize).to.be.above(0));`,
    }),
    request("read the outline", "GET", `/courses/${COURSE}`, {
      tests: `${ok}
const lessons = got.sections.flatMap((section) => section.lessons);
${set("courseId", "got.courseId")}${set("lessons", "JSON.stringify(lessons)")}
pm.test("it has lessons", () => pm.expect(lessons).to.not.be.empty);`,
    }),
    request("enroll", "POST", `/courses/${COURSE}/enroll`, {
      body: {},
      tests: `${ok}pm.test("enrolled", () => pm.expect(got.state).to.eql("STATE_ACTIVE"));`,
    }),
    request("read a lesson", "GET", "/lessons/{{lessonId}}", {
      before: `
const lessons = JSON.parse(pm.collectionVariables.get("lessons"));
${set("lessonId", "lessons[0].lessonId")}`,
      tests: `${ok}pm.test("it has a text", () => pm.expect(got.body).to.not.be.empty);`,
    }),
    request("see its media", "GET", "/media/lesson/{{lessonId}}", { tests: ok }),
    request("mark it completed", "POST", "/progress/mark-complete", {
      body: { lessonId: "{{lessonId}}" },
      tests: `${ok}
const lessons = JSON.parse(pm.collectionVariables.get("lessons"));
const lesson = lessons.shift();
${set("lessons", "JSON.stringify(lessons)")}
if (!lesson.hasQuiz) pm.execution.setNextRequest(lessons.length ? "read a lesson" : "complete the course");`,
    }),
    request("read its quiz", "GET", "/quiz/{{lessonId}}", {
      tests: `${ok}
const right = ${JSON.stringify(TRUE_TEXTS)};
const answers = got.questions.map(({ questionId, text, options }) => {
  const truth = text.includes(${JSON.stringify(FALSE_STATEMENT)}) ? "False" : "True";
  const chosen = options.filter((option) => right.includes(option.text) || option.text === truth);
  return { questionId, optionIds: chosen.map((option) => option.optionId) };
});
${set("answers", "JSON.stringify(answers)")}`,
    }),
    request("submit the quiz", "POST", "/quiz/{{lessonId}}/submit", {
      body: '{"answers": {{answers}}}',
      tests: `${ok}pm.test("passed", () => pm.expect(got.passed, pm.response.text()).to.be.true);
if (JSON.parse(pm.collectionVariables.get("lessons")).length) pm.execution.setNextRequest("read a lesson");`,
    }),
    request("complete the course", "GET", `/progress/me/courses/${COURSE}`, {
      tests: `${ok}${until("got.completed && got.percentage === 100", "complete the course")}`,
    }),
    request("receive the certificate", "GET", `/certificate/${COURSE}`, {
      tests: `${ok}if (got.certificate) ${set("serial", "got.certificate.serial")}${until("got.certificate", "receive the certificate")}`,
    }),
    request("download it", "GET", `/certificate/${COURSE}/download`, {
      tests: `${ok}pm.test("a PDF", () => pm.expect(pm.response.headers.get("content-type")).to.eql("application/pdf"));`,
    }),
    request("verify it in public", "GET", "/certificates/{{serial}}", {
      auth: NOBODY,
      tests: `${ok}pm.test("valid", () => pm.expect(got.valid).to.be.true);`,
    }),
    request("refresh the session", "POST", "/token/refresh", {
      auth: NOBODY,
      body: { refreshToken: "{{refreshToken}}" },
      tests: `${ok}${take}`,
    }),
    request("log out", "POST", "/logout", { body: {}, tests: ok }),
    request("be refused from now on", "GET", "/me", {
      tests: `
pm.test("401", () => pm.response.to.have.status(401));
pm.test("an error with a reason", () => pm.expect(pm.response.json().details[0].reason).to.eql("SESSION_ENDED"));
pm.execution.setNextRequest(null);`,
    }),
  ],
});
