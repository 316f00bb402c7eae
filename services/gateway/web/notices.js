// The feed of notifications as it comes: server-sent events, read with fetch since they need the token.
import { call, get } from "./api.js";
import { say } from "./dom.js";

const LONGEST_PAUSE_MS = 60_000;

/** Tell `unread` how many are not read, now and whenever that changes, until the signal. */
export async function follow(signal, unread) {
  let position;
  try {
    const page = await get("/notifications", { pageSize: 1 }, { signal });
    unread(page.unreadCount);
    position = page.position;
  } catch { return; /* This academy has no feed. */ }
  for (let pause = 1000; !signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      const since = position ? `?since=${position}` : "";
      const response = await call("GET", `/notifications/stream${since}`, { signal, headers: { accept: "text/event-stream" } });
      for await (const told of events(response.body)) {
        pause = 1000;
        position = told.position ?? position;
        unread(told.unreadCount);
        if (told.notification) {
          say(told.notification.title);
          dispatchEvent(new CustomEvent("stellr:notice", { detail: told.notification }));
        }
      }
    } catch (error) {
      if (signal.aborted || [401, 404, 405, 501].includes(error.status)) return;
    }
    await new Promise((done) => setTimeout(done, pause));
  }
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const parts = text.split(/\r?\n\r?\n/);
    text = parts.pop();
    for (const part of parts) {
      const data = part.split(/\r?\n/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim()).join("\n");
      if (data) yield JSON.parse(data);
    }
  }
}

/** Where a notification leads on this page; addresses of the API have their view here. */
export function wayTo(link) {
  if (!link) return null;
  const url = new URL(link, location.href);
  if (url.origin !== location.origin) return url.href;
  if (url.pathname === "/") return url.hash.startsWith("#/") ? url.hash : "#/learning";
  return /^\/(courses|lessons)\/[^/]+(\/quiz)?$/.test(url.pathname) ? `#${url.pathname}` : url.pathname + url.search;
}
