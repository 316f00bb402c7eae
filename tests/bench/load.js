// The load: one scenario a run, a fixed number of iterations shared by a few connections.
import { check } from "k6";
import encoding from "k6/encoding";
import exec from "k6/execution";
import http from "k6/http";
import grpc from "k6/net/grpc";

const plan = JSON.parse(open(__ENV.PLAN));
const client = new grpc.Client();
client.load([plan.folder], "echo.proto");
const payload = encoding.b64encode(new Uint8Array(plan.bytes || 0).fill(97).buffer);
let connected = false;

export const options = {
  scenarios: {
    load: {
      executor: "shared-iterations",
      vus: plan.connections,
      iterations: plan.iterations,
      maxDuration: "120s",
      exec: plan.scenario,
    },
  },
  thresholds: { checks: ["rate==1"] },
  summaryTrendStats: ["med", "p(99)"],
};

export function echo() {
  if (!connected) {
    client.connect(plan.address, { plaintext: true });
    connected = true;
  }
  const answer = client.invoke("stellr.bench.v1.EchoService/Echo", { body: payload });
  check(answer, { OK: (a) => a.status === grpc.StatusOK });
}

export function read() {
  check(http.get(plan.url), { OK: (a) => a.status === 200 });
}

export function write() {
  const mark = plan.marks[exec.scenario.iterationInTest];
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${mark.token}` };
  const answer = http.post(plan.url, JSON.stringify({ lessonId: mark.lessonId }), { headers });
  check(answer, { OK: (a) => a.status === 200 });
}

export function each() {
  const asked = plan.requests[exec.scenario.iterationInTest];
  const headers = asked.token ? { Authorization: `Bearer ${asked.token}` } : {};
  if (asked.body) headers["Content-Type"] = "application/json";
  const url = plan.url + asked.path;
  const answer = asked.body
    ? http.post(url, JSON.stringify(asked.body), { headers })
    : http.get(url, { headers });
  check(answer, { OK: (a) => a.status === 200 });
}
