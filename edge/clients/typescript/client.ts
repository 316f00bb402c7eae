// A typed client of the REST API: the paths, bodies and answers of api.ts, which `make clients` makes
// from the contracts. It carries the access token, and renews it when it has expired.
import createClient, { type Client, type Middleware } from "openapi-fetch";
import type { components, paths } from "./api.js";

export type Schemas = components["schemas"];
export type Session = Schemas["SignedIn"];

/** A refusal, with the reason for programs; thrown by `orThrow`. */
export class Refused extends Error {
  constructor(readonly status: number, readonly error: Schemas["Error"]) {
    super(error.message);
  }
  get reason(): string | undefined {
    return this.error.details.find((detail) => detail.reason)?.reason;
  }
}

export class Stellr {
  readonly api: Client<paths>;
  #session: Session | undefined;

  constructor(baseUrl: string, session?: Session) {
    this.#session = session;
    this.api = createClient<paths>({ baseUrl });
    this.api.use(this.#bearer());
  }

  get session(): Session | undefined {
    return this.#session;
  }

  /** Sign in, or be signed in by what `POST /verify-email` answered. */
  take(session: Session | undefined): void {
    this.#session = session;
  }

  /** Renew the session: after TOKEN_EXPIRED or TOKEN_STALE. */
  async refresh(): Promise<Session> {
    const refreshToken = this.#session?.refreshToken ?? "";
    const session = orThrow(await this.api.POST("/token/refresh", { body: { refreshToken } }));
    this.#session = session;
    return session;
  }

  #bearer(): Middleware {
    return {
      onRequest: ({ request }) => {
        if (this.#session) request.headers.set("authorization", `Bearer ${this.#session.accessToken}`);
        return request;
      },
    };
  }
}

/** What was answered; Refused where it was an error. */
export function orThrow<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.error !== undefined) throw new Refused(answer.response.status, answer.error as Schemas["Error"]);
  return answer.data as T;
}
