// Who is signed in. The access token lives in memory alone. The refresh token has to outlive a reload,
// and without cookies only web storage does: that of this tab, unless the person asked to stay signed
// in on this device. What could read it there is a script of this origin; so the page lets none in but
// its own (its policy, and DOMPurify for all that authors write), and each use of the token changes it:
// a copy that somebody took ends the session at its first use.
const KEY = "stellr.session";
const LOCK = "stellr.refresh";
const EARLY_MS = 20_000;

const listeners = new Set();
let access = null;
let known = null;

function storages() {
  try { return [sessionStorage, localStorage]; } catch { return []; }
}

function load() {
  for (const storage of storages()) {
    const text = storage.getItem(KEY);
    if (text) try { return { ...JSON.parse(text), kept: storage === localStorage }; } catch { storage.removeItem(KEY); }
  }
  return known && !storages().length ? known : null;
}

function save(session, kept) {
  known = { refreshToken: session.refreshToken, user: session.user, kept };
  access = { token: session.accessToken, until: Date.now() + session.expiresIn * 1000 };
  const [tab, device] = storages();
  if (!tab) return;
  const [chosen, other] = kept ? [device, tab] : [tab, device];
  other.removeItem(KEY);
  chosen.setItem(KEY, JSON.stringify({ refreshToken: session.refreshToken, user: session.user }));
}

const tell = () => listeners.forEach((listener) => listener(known?.user ?? null));

/** Called with the user, or null, whenever that changes. */
export const onChange = (listener) => listeners.add(listener);
export const user = () => known?.user ?? null;

/** Take a session that the academy answered with. */
export function begin(session, { keep = known?.kept ?? false } = {}) {
  save(session, keep);
  tell();
}

/** Forget the session. */
export function end() {
  access = known = null;
  for (const storage of storages()) storage.removeItem(KEY);
  tell();
}

/** A name that changed. */
export function rename(displayName) {
  if (!known) return;
  known = { ...known, user: { ...known.user, displayName } };
  const storage = known.kept ? localStorage : sessionStorage;
  storage.setItem(KEY, JSON.stringify({ refreshToken: known.refreshToken, user: known.user }));
  tell();
}

// A tab that was duplicated has the same token, and whoever uses it second would look like a thief.
async function leaveToOriginal() {
  if (!navigator.locks || !known || known.kept) return;
  let id = sessionStorage.getItem("stellr.tab");
  if (!id) sessionStorage.setItem("stellr.tab", (id = String(Math.random())));
  const mine = await new Promise((answer) => {
    navigator.locks.request(`stellr.tab.${id}`, { ifAvailable: true }, (lock) => {
      answer(Boolean(lock));
      return lock && new Promise(() => {});
    });
  });
  if (!mine) { sessionStorage.removeItem("stellr.tab"); sessionStorage.removeItem(KEY); known = load(); }
}

/** Find the session of an earlier visit. */
export async function resume() {
  known = load();
  await leaveToOriginal();
  addEventListener("storage", (event) => {
    if (event.key !== KEY && event.key !== null) return;
    // Another tab signed in or out; what it refreshed is read where it is needed.
    const before = known?.user.userId;
    known = load();
    if (known?.user.userId !== before) { access = null; tell(); }
  });
}

const alone = (work) => (navigator.locks ? navigator.locks.request(LOCK, work) : work());

let refreshing = null;
/** A token that is good now; null where nobody is signed in. `renew(refreshToken)` asks for a session. */
export function token(renew, { stale = "" } = {}) {
  if (access && access.token !== stale && access.until - EARLY_MS > Date.now()) return access.token;
  if (!known) return null;
  refreshing ??= alone(async () => {
    // What is stored may be newer than what this tab knows.
    const stored = load();
    if (!stored) { end(); return null; }
    const session = await renew(stored.refreshToken);
    if (!session) { end(); return null; }
    save(session, stored.kept);
    return session.accessToken;
  }).finally(() => { refreshing = null; });
  return refreshing;
}
