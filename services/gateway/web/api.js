// The REST API: JSON in and out, errors as google.rpc.Status, the token refreshed when it is over.
import * as session from "./session.js";

const UNREACHABLE = "The academy cannot be reached. Please check your connection and try again.";

/** What the academy refused: its HTTP status, reason and sentence, and the fields that are wrong. */
export class ApiError extends Error {
  constructor(status, body, retryAfter) {
    super(body?.message ? sentence(body.message) : UNREACHABLE);
    this.status = status;
    this.reason = body?.details?.find((detail) => detail.reason)?.reason ?? "";
    this.metadata = body?.details?.find((detail) => detail.metadata)?.metadata ?? {};
    this.fields = body?.details?.flatMap((detail) => detail.fieldViolations ?? []) ?? [];
    this.retryAfter = retryAfter;
    if (this.reason === "RATE_LIMITED") this.message = `Too many attempts. Please try again in ${retryAfter || 60} seconds.`;
  }
}

const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;

// crypto.randomUUID is for https alone; a laptop's own network is not.
const key = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

async function send(method, path, { body, signal, token, headers = {} }) {
  const options = { method, signal, headers: { ...headers }, cache: "no-store", credentials: "omit" };
  if (token) options.headers.authorization = `Bearer ${token}`;
  if (body !== undefined) {
    options.headers["content-type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, null);
  }
}

async function refuse(response) {
  let body = null;
  try { body = await response.json(); } catch { /* It said nothing. */ }
  throw new ApiError(response.status, body, Number(response.headers.get("retry-after")) || 0);
}

async function renew(refreshToken) {
  const response = await send("POST", "/token/refresh", { body: { refreshToken } });
  if (response.status === 401 || response.status === 400 || response.status === 403) return null;
  if (!response.ok) await refuse(response);
  return response.json();
}

const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

/** Call, with a token where somebody is signed in: the response, which is a good one. ApiError. */
export async function call(method, path, { body, signal, anonymous = false, headers = {} } = {}) {
  const write = method !== "GET";
  if (write) headers = { ...headers, "idempotency-key": key() };
  let stale = "";
  for (let attempt = 0; ; attempt++) {
    const token = anonymous ? null : await session.token(renew, { stale });
    let response;
    try {
      response = await send(method, path, { body, signal, token, headers });
    } catch (error) {
      // Once more: the same key makes one of two.
      if (error.name === "AbortError" || attempt > 0) throw error;
      await pause(0.5);
      continue;
    }
    if (response.ok) return response;
    if (response.status === 401 && token && !stale) { stale = token; continue; }
    if (response.status === 503 && attempt < 2) {
      await pause(Math.min(Number(response.headers.get("retry-after")) || 1, 3));
      continue;
    }
    await refuse(response);
  }
}

const query = (values = {}) => {
  const text = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== "" && value !== undefined)).toString();
  return text && `?${text}`;
};

const json = async (...args) => (await call(...args)).json();
export const get = (path, values, options) => json("GET", path + query(values), options);
export const post = (path, body = {}, options) => json("POST", path, { body, ...options });
export const put = (path, body = {}, options) => json("PUT", path, { body, ...options });
export const patch = (path, body = {}, options) => json("PATCH", path, { body, ...options });
export const remove = (path, options) => json("DELETE", path, options);

/** All items of a list, page by page. */
export async function all(path, name, values = {}, options = {}) {
  const items = [];
  let pageToken = "";
  do {
    const page = await get(path, { pageSize: 100, ...values, pageToken }, options);
    items.push(...page[name]);
    pageToken = page.nextPageToken;
  } while (pageToken);
  return items;
}

/** Save a file that needs the token, under a name. */
export async function download(path, name) {
  const blob = await (await call("GET", path)).blob();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// Courses change seldom, and are asked for by each of their lessons.
const courses = new Map();
const FRESH_MS = 60_000;
/** A course with its outline, by id or slug. */
export function course(name, options) {
  const found = courses.get(name);
  if (found && Date.now() - found.at < FRESH_MS) return found.course;
  const asked = get(`/courses/${encodeURIComponent(name)}`, {}, options).then((course) => {
    for (const each of [course.courseId, course.slug]) courses.set(each, { at: Date.now(), course: asked });
    return course;
  });
  return asked;
}

/** The course of a lesson, where one that was seen has it. */
export async function courseOfLesson(lessonId) {
  for (const { course } of courses.values()) {
    const found = await course;
    if (found.sections.some((section) => section.lessons.some((lesson) => lesson.lessonId === lessonId))) return found;
  }
  return null;
}
