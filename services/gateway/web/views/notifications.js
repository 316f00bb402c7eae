// What the academy has told, the newest first.
import * as api from "../api.js";
import { fill, h, moment, say } from "../dom.js";
import { wayTo } from "../notices.js";
import { showUnread } from "../shell.js";

export default async function notifications({ signal }) {
  let page;
  try {
    page = await api.get("/notifications", {}, { signal });
  } catch (error) {
    if (![404, 405, 501].includes(error.status)) throw error;
    return h("section", { class: "narrow" }, h("h1", {}, "Notifications"), h("p", {}, "This academy keeps none yet."));
  }
  const list = h("ul", { class: "notices" });
  const more = h("p", { class: "more" });
  const all = h("button", { class: "second", hidden: !page.unreadCount, onclick: () => readAll() }, "Mark all as read");
  const readAll = async () => {
    try {
      const newest = page.notifications[0]?.createTime;
      const { unreadCount } = await api.post("/notifications:readAll", newest ? { untilTime: newest } : {});
      for (const item of list.children) item.classList.remove("unread");
      all.hidden = true;
      showUnread(unreadCount);
    } catch (error) { say(error.message, "bad"); }
  };
  const show = (next) => {
    list.append(...next.notifications.map(notice));
    fill(more, next.nextPageToken && h("button", { class: "second", onclick: () => api.get("/notifications", { pageToken: next.nextPageToken }, { signal }).then(show, (error) => say(error.message, "bad")) }, "Show more"));
  };
  show(page);
  if (!page.notifications.length) fill(more, "Nothing yet. When something happens, it is told here.");
  addEventListener("stellr:notice", (event) => { list.prepend(notice(event.detail)); all.hidden = false; }, { signal });
  return h("section", { class: "narrow" }, h("div", { class: "between" }, h("h1", {}, "Notifications"), all), list, more);
}

function notice(item) {
  const way = wayTo(item.link);
  const read = () => { if (!item.readTime) api.post(`/notifications/${item.notificationId}:read`).catch(() => {}); };
  return h("li", { class: item.readTime ? "" : "unread" },
    h("p", { class: "title", dir: "auto" }, way ? h("a", { href: way, onclick: read }, item.title) : item.title, !item.readTime && h("span", { class: "unseen" }, " (unread)")),
    h("p", { dir: "auto" }, item.body),
    h("p", { class: "hint" }, h("time", { datetime: item.createTime }, moment(item.createTime))));
}
