// What a frontend would write: types are checked when this is compiled, answers when it runs.
import { Refused, Stellr, orThrow } from "./client.js";

declare const process: { argv: string[] };
const [url, email, password, course] = process.argv.slice(2) as [string, string, string, string];
const stellr = new Stellr(url);

const { data } = await stellr.api.GET("/courses", { params: { query: { pageSize: 5 } } });
const first: string | undefined = data?.courses[0]?.slug;
if (!first) throw new Error("there are no courses");
const found = orThrow(await stellr.api.GET("/courses/{course}", { params: { path: { course } } }));
console.log("course", found.slug);

try {
  orThrow(await stellr.api.GET("/me"));
} catch (error) {
  if (error instanceof Refused) console.log("refused", error.status, error.reason);
}

stellr.take(orThrow(await stellr.api.POST("/login", { body: { email, password } })));
const profile = orThrow(await stellr.api.GET("/me"));
console.log("profile", profile.email);
const enrolled = orThrow(
  await stellr.api.POST("/courses/{course}/enroll", { params: { path: { course } }, body: {} }),
);
console.log("state", enrolled.state);
await stellr.refresh();

// @ts-expect-error - a body without a password is no LoginRequest
void (() => stellr.api.POST("/login", { body: { email } }));
// @ts-expect-error - there is no such path
void (() => stellr.api.GET("/nowhere"));
// @ts-expect-error - a title is a text
const wrong: number = data?.courses[0]?.title;
void wrong;
